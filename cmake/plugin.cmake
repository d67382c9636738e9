# SPDX-License-Identifier: Apache-2.0
# Our own plugins, on top of what others use.
include(GNUInstallDirs)
include(${CMAKE_CURRENT_LIST_DIR}/weft-plugin.cmake)

# Where an installed weft looks for plugins by name: below its prefix, wherever
# that was moved to. A weft in a build tree looks beside itself: see weft_plugin.
set(WEFT_PLUGIN_SUBDIR ${CMAKE_INSTALL_LIBDIR}/weft/plugins)
set(WEFT_PLUGIN_DIR ${CMAKE_INSTALL_FULL_LIBDIR}/weft/plugins)

# weft_plugin_module(<target> SOURCES ... LINKS ... DEFINES ...)
function(weft_plugin_module target)
	cmake_parse_arguments(arg "" "" "SOURCES;LINKS;DEFINES" ${ARGN})
	weft_add_plugin(${target} ${arg_SOURCES})
	target_link_libraries(${target} PRIVATE ${arg_LINKS})
	target_compile_definitions(${target} PRIVATE ${arg_DEFINES})
	set_target_properties(${target} PROPERTIES SKIP_BUILD_RPATH ON)
endfunction()

# weft_plugin(<name> SOURCES ... LINKS ...): a plugin of ours, <name>.so, in
# the folder "plugins" beside the program that is built, and installed.
function(weft_plugin name)
	weft_plugin_module(plugin_${name} ${ARGN})
	set_target_properties(plugin_${name} PROPERTIES
		OUTPUT_NAME ${name}
		LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/cmd/weft/plugins)
	install(TARGETS plugin_${name}
		LIBRARY DESTINATION ${WEFT_PLUGIN_SUBDIR} COMPONENT command)
endfunction()

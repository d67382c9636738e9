# SPDX-License-Identifier: Apache-2.0
include(GNUInstallDirs)

# Where an installed weft looks for plugins by name. A weft in a build tree
# looks beside itself: see weft_plugin.
set(WEFT_PLUGIN_DIR ${CMAKE_INSTALL_FULL_LIBDIR}/weft/plugins)

# weft_plugin_module(<target> SOURCES ... LINKS ... DEFINES ...): a shared
# object that sees the plugins' headers and exports weft_plugin alone. Calls to
# its own functions are its own, whatever the host has of the same name.
function(weft_plugin_module target)
	cmake_parse_arguments(arg "" "" "SOURCES;LINKS;DEFINES" ${ARGN})
	set(map ${PROJECT_SOURCE_DIR}/plugins/plugin.map)
	add_library(${target} MODULE ${arg_SOURCES})
	target_link_libraries(${target} PRIVATE weft_abi ${arg_LINKS})
	target_compile_definitions(${target} PRIVATE ${arg_DEFINES})
	target_link_options(${target} PRIVATE -Wl,--version-script=${map})
	set_target_properties(${target} PROPERTIES
		PREFIX "" LINK_DEPENDS ${map} SKIP_BUILD_RPATH ON)
endfunction()

# weft_plugin(<name> SOURCES ... LINKS ...): a plugin of ours, <name>.so, in
# the folder "plugins" beside the program that is built, and installed.
function(weft_plugin name)
	weft_plugin_module(plugin_${name} ${ARGN})
	set_target_properties(plugin_${name} PROPERTIES
		OUTPUT_NAME ${name}
		LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/cmd/weft/plugins)
	install(TARGETS plugin_${name} LIBRARY DESTINATION ${WEFT_PLUGIN_DIR})
endfunction()

# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where: the command, its plugins (see plugin.cmake)
# and all that is needed to write others and to embed a node. It may be installed
# into any prefix, and moved there as a whole. Of its parts
# (`cmake --install build --component NAME`) "command" is what runs a node,
# "library" libweft for programs that embed one, and "development" all that
# builds plugins and such programs.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/weft)

install(TARGETS weft RUNTIME COMPONENT command)
install(TARGETS weft_shared LIBRARY COMPONENT library
	NAMELINK_COMPONENT development)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME development)
install(FILES $<TARGET_PROPERTY:weft_static,IMPORTED_LOCATION>
	DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY
	${PROJECT_SOURCE_DIR}/plugins/include/weft
	${PROJECT_BINARY_DIR}/plugins/include/weft
	DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
	FILES_MATCHING PATTERN "*.h")

# pkg-config's paths start from the file itself, and so do CMake's.
file(RELATIVE_PATH WEFT_PC_PREFIX
	${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" WEFT_PC_PREFIX ${WEFT_PC_PREFIX})
configure_file(${CMAKE_CURRENT_LIST_DIR}/weft.pc.in
	${PROJECT_BINARY_DIR}/cmake/weft.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/cmake/weft.pc
	DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

file(RELATIVE_PATH up ${CMAKE_INSTALL_FULL_LIBDIR}/cmake/weft
	${CMAKE_INSTALL_PREFIX})
string(CONCAT WEFT_CONFIG_PREFIX
	"get_filename_component(weft_PREFIX \"\${CMAKE_CURRENT_LIST_DIR}/${up}\""
	" ABSOLUTE)")
set(WEFT_CONFIG_COMMAND "\${weft_PREFIX}/${CMAKE_INSTALL_BINDIR}/weft")
set(WEFT_CONFIG_PLUGINS "\${weft_PREFIX}/${WEFT_PLUGIN_SUBDIR}")
set(WEFT_CONFIG_INCLUDES "\${weft_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}")
set(WEFT_CONFIG_LIBRARIES "\${weft_PREFIX}/${CMAKE_INSTALL_LIBDIR}")
set(WEFT_CONFIG_CMAKE "\${CMAKE_CURRENT_LIST_DIR}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/weftConfig.cmake.in
	${PROJECT_BINARY_DIR}/cmake/installed/weftConfig.cmake @ONLY)
write_basic_package_version_file(
	${PROJECT_BINARY_DIR}/cmake/weft/weftConfigVersion.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES
	${PROJECT_BINARY_DIR}/cmake/installed/weftConfig.cmake
	${PROJECT_BINARY_DIR}/cmake/weft/weftConfigVersion.cmake
	${CMAKE_CURRENT_LIST_DIR}/weft-plugin.cmake
	${CMAKE_CURRENT_LIST_DIR}/weft-plugin.map
	DESTINATION ${package_dir})

# The same for plugins that are written against this build.
set(WEFT_CONFIG_PREFIX)
set(WEFT_CONFIG_COMMAND ${PROJECT_BINARY_DIR}/cmd/weft/weft)
set(WEFT_CONFIG_PLUGINS ${PROJECT_BINARY_DIR}/cmd/weft/plugins)
set(WEFT_CONFIG_INCLUDES
	"${PROJECT_SOURCE_DIR}/plugins/include;${PROJECT_BINARY_DIR}/plugins/include")
set(WEFT_CONFIG_LIBRARIES ${PROJECT_BINARY_DIR}/node/embed)
set(WEFT_CONFIG_CMAKE ${CMAKE_CURRENT_LIST_DIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/weftConfig.cmake.in
	${PROJECT_BINARY_DIR}/cmake/weft/weftConfig.cmake @ONLY)

# SPDX-License-Identifier: Apache-2.0
# Debian packages, by CPack: `cmake --build build/package --target package` puts
# them into build/package/packages. Three of them, since who runs a node needs
# no compiler, and a program with libweft in it no command:
#
#     weft          the command, its plugins, manual pages, the service
#     libweft0      the shared library; 0 is its SONAME's version
#     libweft-dev   headers, the static library, weft.pc, the CMake package
set(WEFT_MAINTAINER "weft maintainers <maintainers@weft.invalid>" CACHE STRING
	"Who answers for the Debian packages: name <address>")
set(WEFT_DEBIAN_REVISION 1 CACHE STRING
	"Counts the packages made of one version of weft")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weft)
set(CPACK_PACKAGE_CONTACT ${WEFT_MAINTAINER})
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each has its own
set(CPACK_OUTPUT_FILE_PREFIX ${PROJECT_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL command library development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
	OWNER_READ OWNER_WRITE OWNER_EXECUTE
	GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${WEFT_DEBIAN_REVISION})
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(made ${PROJECT_BINARY_DIR}/packaging/debian)
set(version ${PROJECT_VERSION}-${WEFT_DEBIAN_REVISION})
set(about "weft speaks the wire protocol of Ethereum's peer-to-peer layer: the RLPx\n\
handshake and frames, and the base protocol. Sub-protocols are plugins.")

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME weft)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMMAND_PACKAGE_SUGGESTS "libweft-dev (= ${version})")
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "devp2p node\n${about}\n\
This package holds the command weft, its plugins and a systemd service, which\n\
starts when it is enabled.")
set(CPACK_DEBIAN_COMMAND_PACKAGE_CONTROL_EXTRA
	${CMAKE_CURRENT_LIST_DIR}/postinst
	${CMAKE_CURRENT_LIST_DIR}/prerm
	${CMAKE_CURRENT_LIST_DIR}/postrm)

set(libweft libweft${PROJECT_VERSION_MAJOR})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME ${libweft})
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${made}/shlibs ${made}/triggers)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "devp2p node as a library\n${about}\n\
This package holds the library for programs that are nodes themselves.")

# The interface may change with every version while the SONAME's is 0.
file(WRITE ${made}/shlibs "libweft ${PROJECT_VERSION_MAJOR} ${libweft} (= ${version})\n")
file(WRITE ${made}/triggers "activate-noawait ldconfig\n")

# What pkg-config wants to see, and the static library needs.
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libweft-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "${libweft} (= ${version}), \
libuv1-dev, libsecp256k1-dev, libsodium-dev, libssl-dev, libsnappy-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "weft (= ${version})")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"devp2p node, to build plugins and programs\n${about}\n\
This package holds the headers of plugins and of libweft, the static library,\n\
and what CMake and pkg-config need to find them.")

# Every package says what it is under, and what changed.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in
	${made}/changelog.Debian @ONLY)
set(changes ${PROJECT_SOURCE_DIR}/CHANGELOG.md)
add_custom_command(OUTPUT ${made}/changelog.gz ${made}/changelog.Debian.gz
	COMMAND sh -c "gzip -9n <${changes} >changelog.gz && \
gzip -9n <changelog.Debian >changelog.Debian.gz"
	DEPENDS ${changes} ${made}/changelog.Debian
	WORKING_DIRECTORY ${made}
	VERBATIM)
add_custom_target(weft_changelog ALL DEPENDS ${made}/changelog.gz)
foreach(component IN LISTS CPACK_COMPONENTS_ALL)
	string(TOUPPER ${component} upper)
	set(package ${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
	install(FILES
		${CMAKE_CURRENT_LIST_DIR}/copyright
		${made}/changelog.gz ${made}/changelog.Debian.gz
		DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
		COMPONENT ${component})
endforeach()
include(CPack)

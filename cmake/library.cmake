# SPDX-License-Identifier: Apache-2.0
# weft_library(<name> SOURCES ... LINKS ...): one folder, one static library,
# which names all that it may link. Includes are written from the root:
# "p2p/base/err.h".
function(weft_library name)
	cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
	add_library(${name} STATIC ${arg_SOURCES})
	target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
	target_link_libraries(${name} PUBLIC ${arg_LINKS})
endfunction()

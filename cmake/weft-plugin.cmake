# SPDX-License-Identifier: Apache-2.0
# weft_add_plugin(<name> <source>...) - <name>.so, a plugin for weft, as target
# <name>; add what it needs with target_link_libraries.
#
# It sees <weft/plugin.h> and exports weft_plugin alone: calls to its own
# functions are its own, whatever the host has of the same name. Its functions
# touch their stack page by page, so that one with large locals meets the guard
# of its fiber and is named, instead of jumping over it.
#
# This file is part of weft's own build, and is installed for others.
function(weft_add_plugin name)
	set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/weft-plugin.map)
	add_library(${name} MODULE ${ARGN})
	target_link_libraries(${name} PRIVATE weft::plugin)
	target_compile_options(${name} PRIVATE -fstack-clash-protection)
	target_link_options(${name} PRIVATE -Wl,--version-script=${map})
	set_target_properties(${name} PROPERTIES
		PREFIX ""
		SUFFIX .so
		C_VISIBILITY_PRESET hidden
		CXX_VISIBILITY_PRESET hidden
		VISIBILITY_INLINES_HIDDEN ON
		LINK_DEPENDS ${map})
endfunction()

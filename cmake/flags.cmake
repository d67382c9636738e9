# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags for everything that is ours.
include(CheckPIESupported)
check_pie_supported()

add_compile_options(
	-Wall -Wextra -Wshadow -Wvla -Wundef -Wconversion -Wno-sign-conversion
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
	-Wwrite-strings -Wpointer-arith -Wformat=2
	-fno-common -fno-strict-aliasing -fstack-protector-strong
	-fstack-clash-protection)
add_compile_definitions(_GNU_SOURCE)
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
if(WEFT_WERROR)
	add_compile_options(-Werror)
endif()

if(WEFT_SANITIZE STREQUAL "address")
	add_compile_options(-fsanitize=address,undefined
		-fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
elseif(WEFT_SANITIZE STREQUAL "thread")
	add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
	add_link_options(-fsanitize=thread)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
	add_compile_definitions(_FORTIFY_SOURCE=2)
endif()
if(WEFT_FUZZ)
	add_compile_options(-fsanitize=fuzzer-no-link)
endif()

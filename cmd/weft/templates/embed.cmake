# SPDX-License-Identifier: Apache-2.0
# cmake -DOUT=<file.c> -P embed.cmake - the templates beside this file as C.
set(source "#include \"cmd/weft/templates.h\"\n\n")
set(table "const struct template templates[] = {\n")
foreach(pair IN ITEMS
	plugin.c=@NAME@.c test.c=@NAME@_test.c
	CMakeLists.txt=CMakeLists.txt README.md=README.md)
	string(REGEX REPLACE "=.*" "" template ${pair})
	string(REGEX REPLACE ".*=" "" file ${pair})
	string(MAKE_C_IDENTIFIER ${template} id)
	file(READ ${CMAKE_CURRENT_LIST_DIR}/${template}.in bytes HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes ${bytes})
	string(APPEND source "static const char ${id}[] = { ${bytes} 0 };\n")
	string(APPEND table "\t{ \"${file}\", ${id} },\n")
endforeach()
file(WRITE ${OUT} "${source}\n${table}\t{ 0 },\n};\n")

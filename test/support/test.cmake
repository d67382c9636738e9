# SPDX-License-Identifier: Apache-2.0

# weft_unit_test(<name> SOURCES ... LINKS ...): one program per source folder.
function(weft_unit_test name)
	cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
	add_executable(${name} ${arg_SOURCES})
	target_link_libraries(${name} PRIVATE test_support ${arg_LINKS})
	add_test(NAME ${name} COMMAND ${name})
	set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

# weft_fuzz_target(<name> SOURCES ... LINKS ...): LLVMFuzzerTestOneInput in
# SOURCES; the corpus is test/fuzz/corpus/<name>/. Built with libFuzzer where
# WEFT_FUZZ is on, with a replay main() elsewhere; the test replays the corpus
# in both.
function(weft_fuzz_target name)
	cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
	add_executable(${name} ${arg_SOURCES})
	target_link_libraries(${name} PRIVATE ${arg_LINKS})
	set(corpus ${PROJECT_SOURCE_DIR}/test/fuzz/corpus/${name})
	if(WEFT_FUZZ)
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
		add_test(NAME ${name} COMMAND ${name} -runs=0 ${corpus})
	else()
		target_sources(${name} PRIVATE
			${PROJECT_SOURCE_DIR}/test/support/fuzz_replay.c)
		add_test(NAME ${name} COMMAND ${name} ${corpus})
	endif()
	set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
endfunction()

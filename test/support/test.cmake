# SPDX-License-Identifier: Apache-2.0
find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)

# What stands before and around every test program.
set(WEFT_TEST_LAUNCHER)
set(WEFT_TEST_ENVIRONMENT
	"ASAN_OPTIONS=strict_string_checks=1:detect_stack_use_after_return=1"
	"UBSAN_OPTIONS=print_stacktrace=1"
	"TSAN_OPTIONS=second_deadlock_stack=1:suppressions=${PROJECT_SOURCE_DIR}/test/support/tsan.supp")
if(WEFT_VALGRIND)
	find_program(VALGRIND valgrind)
	if(NOT VALGRIND)
		message(FATAL_ERROR "valgrind is missing: apt-get install "
			"valgrind (or run scripts/setup)")
	endif()
	# Threads take turns: one that computes would keep others waiting for long.
	set(WEFT_TEST_LAUNCHER ${VALGRIND} --quiet --error-exitcode=9 --fair-sched=yes
		--leak-check=full --show-leak-kinds=definite
		--errors-for-leak-kinds=definite --num-callers=25
		--suppressions=${PROJECT_SOURCE_DIR}/test/support/valgrind.supp)
endif()

# weft_unit_test(<name> [REAL_TIME] [SECONDS n] SOURCES ... LINKS ...): one
# program per source folder. A test hangs that takes so many seconds: 120, or
# what it takes where a test computes for minutes. REAL_TIME is for tests with
# real sockets and deadlines: under valgrind these take most of a minute for a
# second of work and would fail for that alone, so there the interop tests run
# the same code instead.
function(weft_unit_test name)
	cmake_parse_arguments(arg "REAL_TIME" "SECONDS" "SOURCES;LINKS" ${ARGN})
	if(NOT arg_SECONDS)
		set(arg_SECONDS 120)
	endif()
	math(EXPR seconds "${arg_SECONDS} * 5")
	if(arg_REAL_TIME AND WEFT_VALGRIND)
		return()
	endif()
	add_executable(${name} ${arg_SOURCES})
	target_link_libraries(${name} PRIVATE test_support ${arg_LINKS})
	if(WEFT_VALGRIND)
		target_link_libraries(${name} PRIVATE test_warm)
	endif()
	if(WEFT_TEST_FRAMEWORK STREQUAL "criterion")
		# Check's limit per test is in criterion_on_check.h.
		set(options --timeout ${arg_SECONDS})
	endif()
	add_test(NAME ${name} COMMAND
		${WEFT_TEST_LAUNCHER} $<TARGET_FILE:${name}> ${options})
	set_tests_properties(${name} PROPERTIES
		TIMEOUT ${seconds} LABELS unit ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
endfunction()

# weft_test_program(<target>) - build/<preset>/programs/<target> starts it as
# the tests of this build do, under valgrind for one.
function(weft_test_program target)
	string(JOIN " " launcher ${WEFT_TEST_LAUNCHER})
	file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/programs/${target}
		CONTENT "#!/bin/sh\nexec ${launcher} $<TARGET_FILE:${target}> \"$@\"\n"
		FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
			GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endfunction()

# weft_fuzz_target(<name> SOURCES ... LINKS ...): LLVMFuzzerTestOneInput in
# SOURCES; the corpus is test/fuzz/corpus/<name>/, and fuzz_replay.c runs it as
# a test in every build. Where WEFT_FUZZ is on, <name> itself is a libFuzzer
# program and the replay is <name>_replay.
function(weft_fuzz_target name)
	cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
	set(corpus ${PROJECT_SOURCE_DIR}/test/fuzz/corpus/${name})
	set(replay ${name})
	if(WEFT_FUZZ)
		set(replay ${name}_replay)
		add_executable(${name} ${arg_SOURCES})
		target_link_libraries(${name} PRIVATE ${arg_LINKS})
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
		set_property(GLOBAL APPEND PROPERTY WEFT_FUZZ_TARGETS ${name})
	endif()
	add_executable(${replay} ${arg_SOURCES}
		${PROJECT_SOURCE_DIR}/test/support/fuzz_replay.c)
	target_link_libraries(${replay} PRIVATE ${arg_LINKS})
	add_test(NAME ${name} COMMAND
		${WEFT_TEST_LAUNCHER} $<TARGET_FILE:${replay}> ${corpus})
	set_tests_properties(${name} PROPERTIES
		TIMEOUT 600 LABELS fuzz ENVIRONMENT "${WEFT_TEST_ENVIRONMENT}")
endfunction()

# weft_folders(<out> <target>...) - the folders of these libraries of ours and
# of all that they link.
function(weft_folders out)
	set(queue ${ARGN})
	set(seen)
	set(folders)
	while(queue)
		list(POP_FRONT queue target)
		if(NOT TARGET ${target} OR target IN_LIST seen)
			continue()
		endif()
		list(APPEND seen ${target})
		get_target_property(imported ${target} IMPORTED)
		if(imported)
			continue()
		endif()
		get_target_property(folder ${target} SOURCE_DIR)
		cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
		list(APPEND folders ${folder})
		get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
		if(links)
			list(APPEND queue ${links})
		endif()
	endwhile()
	list(REMOVE_DUPLICATES folders)
	set(${out} ${folders} PARENT_SCOPE)
endfunction()

# weft_list_fuzz_targets() - after the last target: what to fuzz, as lines of
# build/<preset>/fuzz-targets.txt for test/fuzz/plan.py.
function(weft_list_fuzz_targets)
	get_property(targets GLOBAL PROPERTY WEFT_FUZZ_TARGETS)
	set(lines)
	foreach(name IN LISTS targets)
		get_target_property(links ${name} LINK_LIBRARIES)
		get_target_property(sources ${name} SOURCES)
		weft_folders(places ${links})
		list(APPEND places test/fuzz/corpus/${name})
		foreach(source IN LISTS sources)
			list(APPEND places test/fuzz/${source})
		endforeach()
		list(JOIN places " " places)
		string(APPEND lines "$<TARGET_FILE:${name}> "
			"${PROJECT_SOURCE_DIR}/test/fuzz/corpus/${name} ${places}\n")
	endforeach()
	file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/fuzz-targets.txt
		CONTENT "${lines}")
endfunction()

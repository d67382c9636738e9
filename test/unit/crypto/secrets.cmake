# SPDX-License-Identifier: Apache-2.0
# secrets.cmake - test_secrets.c under valgrind. CASE checked: not one report.
# CASE canary: a report of the one comparison that branches on a secret, by
# name; any other death proves nothing.
if(CASE STREQUAL "canary")
	set(option --canary)
endif()
execute_process(
	COMMAND ${VALGRIND} --quiet --error-exitcode=9
		--suppressions=${SUPPRESSIONS} ${PROGRAM} ${option}
	RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(CASE STREQUAL "canary")
	if(NOT status EQUAL 9)
		message(FATAL_ERROR "the canary lives: exit status ${status}")
	endif()
	if(NOT output MATCHES "depends on uninitialised value.*leaky_equal")
		message(FATAL_ERROR "reported, but not the canary")
	endif()
elseif(NOT status EQUAL 0)
	message(FATAL_ERROR "exit status ${status}")
elseif(NOT output MATCHES "under valgrind")
	message(FATAL_ERROR "the program did not notice valgrind")
endif()

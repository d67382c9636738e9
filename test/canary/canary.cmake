# SPDX-License-Identifier: Apache-2.0
# canary.cmake - cmake -DEXPECT=<regex> -DSUMMARY=<regex> -P canary.cmake --
# <command ...>: passes when the command fails, says EXPECT, and its summary
# blames exactly the one wrong test.
set(command)
set(found FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
	if(found)
		list(APPEND command "${CMAKE_ARGV${i}}")
	elseif("${CMAKE_ARGV${i}}" STREQUAL "--")
		set(found TRUE)
	endif()
endforeach()
execute_process(COMMAND ${command}
	RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
message("${output}")
if(status EQUAL 0)
	message(FATAL_ERROR "the canary lives: exit status 0")
endif()
foreach(want IN ITEMS "${EXPECT}" "${SUMMARY}")
	if(NOT output MATCHES "${want}")
		message(FATAL_ERROR "died, but without saying \"${want}\"")
	endif()
endforeach()

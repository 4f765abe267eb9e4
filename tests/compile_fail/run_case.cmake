# SPDX-License-Identifier: MIT
# cmake -D COMPILER=... -D INCLUDES=... -D FILE=... -D CASE=... -P run_case.cmake
#
# Compiles FILE with the macro CASE defined, which must fail with the message that FILE states for it; CASE `plain` defines
# nothing and must compile.
cmake_minimum_required(VERSION 3.25)

set(ENV{LC_ALL} C)
set(command ${COMPILER} -std=c++20 -fsyntax-only)
foreach(folder IN LISTS INCLUDES)
  # As -isystem, /usr/include would come before the compiler's own folders and break them.
  list(APPEND command -I${folder})
endforeach()
if(NOT CASE STREQUAL "plain")
  list(APPEND command -D${CASE})
endif()
execute_process(COMMAND ${command} ${FILE} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)

if(CASE STREQUAL "plain")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "expected ${FILE} without a case to compile, got:\n${output}")
  endif()
  return()
endif()

file(STRINGS ${FILE} line REGEX "^// ${CASE}: ")
string(REGEX REPLACE "^// ${CASE}: " "" expected "${line}")
if(expected STREQUAL "")
  message(FATAL_ERROR "expected a line '// ${CASE}: message' in ${FILE}, found none")
endif()
file(READ ${FILE} text)
if(NOT text MATCHES "defined\\(${CASE}\\)")
  message(FATAL_ERROR "expected ${FILE} to ask for defined(${CASE})")
endif()
if(result EQUAL 0)
  message(FATAL_ERROR "expected ${FILE} not to compile with ${CASE}, but it does")
endif()
# The message counts where the compiler gives its reason, not where it quotes the comment that states the expectation.
string(REGEX MATCHALL "[^\n]*error:[^\n]*" errors "${output}")
if(NOT "${errors}" MATCHES "${expected}")
  message(FATAL_ERROR "expected an error that matches \"${expected}\", got:\n${output}")
endif()

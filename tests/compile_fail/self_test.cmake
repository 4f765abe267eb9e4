# SPDX-License-Identifier: MIT
# cmake -D COMPILER=... -P self_test.cmake: proves that run_case.cmake fails where it should.
cmake_minimum_required(VERSION 3.25)

string(RANDOM LENGTH 12 suffix)
set(scratch $ENV{TMPDIR})
if(NOT scratch)
  set(scratch /tmp)
endif()
set(file ${scratch}/parsae_compile_fail_${suffix}.cpp)

# expect_run(CASE STATUS TEXT): run_case.cmake ends well or badly, as STATUS says, and its report has TEXT in it.
function(expect_run case status text)
  execute_process(COMMAND ${CMAKE_COMMAND} -D COMPILER=${COMPILER} -D FILE=${file} -D CASE=${case} -P
                          ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/run_case.cmake
                  RESULT_VARIABLE result ERROR_VARIABLE report)
  set(got good)
  if(NOT result EQUAL 0)
    set(got bad)
  endif()
  string(REGEX REPLACE "[ \n]+" " " report "${report}")
  string(FIND "${report}" "${text}" position)
  if(NOT got STREQUAL status OR position EQUAL -1)
    file(REMOVE ${file})
    message(FATAL_ERROR "${case}: expected a ${status} end and \"${text}\", got a ${got} one and: ${report}")
  endif()
endfunction()

file(WRITE ${file} [[
// CASE_RIGHT: small int
// CASE_OTHER_REASON: small int
// CASE_COMPILES: small int
// CASE_IGNORED: small int
template <int size> void f() { static_assert(size > 8, "small int"); }
#if defined(CASE_RIGHT)
int main() { f<4>(); }
#elif defined(CASE_OTHER_REASON)
int main() { return undeclared; } // small int
#elif defined(CASE_COMPILES)
int main() { f<16>(); }
#else
int main() { f<9>(); }
#endif
]])
expect_run(plain good "")
expect_run(CASE_RIGHT good "")
expect_run(CASE_OTHER_REASON bad "expected an error that matches \"small int\"")
expect_run(CASE_COMPILES bad "not to compile with CASE_COMPILES, but it does")
expect_run(CASE_IGNORED bad "to ask for defined(CASE_IGNORED)")
expect_run(CASE_UNKNOWN bad "expected a line '// CASE_UNKNOWN: message'")

file(WRITE ${file} "int main() { return typo; }\n")
expect_run(plain bad "without a case to compile")
file(REMOVE ${file})

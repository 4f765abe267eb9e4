# SPDX-License-Identifier: MIT
# Examples and benchmarks: a folder with a main.cpp is a program, and no folder needs a CMake file of its own.

# parsae_program_names(<variable>): the folders of this directory that hold a main.cpp.
function(parsae_program_names variable)
  file(GLOB mains CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} */main.cpp)
  list(TRANSFORM mains REPLACE "/main.cpp$" "")
  set(${variable} ${mains} PARENT_SCOPE)
endfunction()

# parsae_add_program(<target> <name>): builds <name>/*.cpp to <build>/<this directory>/bin/<name>, or to bin/<command> where
# the name is <command>_cli: a command that is installed. The program may include
# <support/...> from examples/ and what lies in folders of this directory (<measure/...> in benchmarks/), and finds its own
# source folder in PARSAE_PROGRAM_DIR.
function(parsae_add_program target name)
  file(GLOB sources CONFIGURE_DEPENDS ${name}/*.cpp)
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE parsae::parsae CLI11::CLI11)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/examples)
  target_compile_definitions(${target} PRIVATE PARSAE_PROGRAM_DIR="${CMAKE_CURRENT_SOURCE_DIR}/${name}")
  string(REGEX REPLACE "_cli$" "" command ${name})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${command} RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/bin)
  if(PARSAE_QUICK_BUILD)
    target_compile_options(${target} PRIVATE -O1)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  endif()
  if(PARSAE_NATIVE)
    parsae_enable_native(${target})
    # g++ 12 takes the deliberately undefined operands of its own AVX-512 intrinsics for mistakes, hundreds of times in Eigen.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
                           $<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized>)
  endif()
endfunction()

# parsae_add_smoke_test(<test> <target> <name>): a ctest with label "examples" from <name>/smoke_test.txt, where there is
# one. That file holds one line: the arguments of a run that ends within seconds. @OUT@ stands for a fresh folder, in which
# the run must leave its results.json.
function(parsae_add_smoke_test test target name)
  set(smoke_test ${CMAKE_CURRENT_SOURCE_DIR}/${name}/smoke_test.txt)
  if(NOT PARSAE_BUILD_TESTS OR NOT EXISTS ${smoke_test})
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${smoke_test})
  file(STRINGS ${smoke_test} line LIMIT_COUNT 1)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/smoke/${name})
  string(REPLACE "@OUT@" "${out}" line "${line}")
  separate_arguments(arguments UNIX_COMMAND "${line}")
  add_test(NAME ${test} COMMAND ${PROJECT_SOURCE_DIR}/tests/support/smoke_test.sh ${out} $<TARGET_FILE:${target}> ${arguments})
  # Programs that spin for work on the same cores starve each other.
  set_tests_properties(${test} PROPERTIES LABELS examples TIMEOUT 300 ENVIRONMENT OMP_WAIT_POLICY=passive)
endfunction()

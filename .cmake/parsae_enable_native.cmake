# SPDX-License-Identifier: MIT
include_guard(GLOBAL)
include(CheckCXXCompilerFlag)

# parsae_enable_native(<target>)
#
# Compiles <target> for the processor of this machine. Without it the kernels run at the speed of the oldest processor the
# compiler supports (SSE2 on x86-64).
#
# A program is only correct if all of its translation units that include parsae or Eigen are built alike: headers become
# code in each of them, the linker keeps one copy, and Eigen aligns memory by the instruction set. So call this on the
# executable and on every library of yours that is linked into it, or on none. The flag is PRIVATE for the same reason: it
# must not reach some of the users of a library. The result does not run on older processors.
function(parsae_enable_native target)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "parsae_enable_native: '${target}' is not a target")
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    message(FATAL_ERROR "parsae_enable_native: expected a target with sources, '${target}' is an INTERFACE library")
  endif()

  # On ARM, -mcpu=native is the flag that picks the instruction set; on x86, -march=native.
  check_cxx_compiler_flag(-march=native PARSAE_COMPILER_HAS_MARCH_NATIVE)
  check_cxx_compiler_flag(-mcpu=native PARSAE_COMPILER_HAS_MCPU_NATIVE)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(arm|aarch64)" AND PARSAE_COMPILER_HAS_MCPU_NATIVE)
    target_compile_options(${target} PRIVATE -mcpu=native)
  elseif(PARSAE_COMPILER_HAS_MARCH_NATIVE)
    target_compile_options(${target} PRIVATE -march=native)
  else()
    message(WARNING "parsae_enable_native: ${CMAKE_CXX_COMPILER_ID} has no flag for the processor of this machine; "
                    "choose an instruction set for '${target}' yourself")
  endif()
endfunction()

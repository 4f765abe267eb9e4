# SPDX-License-Identifier: MIT
# Sourced by the entry points: one job per core, and a compiler cache if the machine has one.
cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$cores}
CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$cores}
export CMAKE_BUILD_PARALLEL_LEVEL CTEST_PARALLEL_LEVEL
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER:-ccache}
  # Without these a precompiled header makes every file that uses it uncacheable.
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime}
fi

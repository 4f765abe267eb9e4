# SPDX-License-Identifier: MIT
# What parsae stands on. A parent project that brings a target of its own (FetchContent) is left alone.

# A parent that adds parsae with add_subdirectory must see the targets that parsae's interface names.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

if(NOT TARGET Eigen3::Eigen)
  find_package(Eigen3 3.4 REQUIRED NO_MODULE)
endif()

if(NOT TARGET OpenMP::OpenMP_CXX)
  find_package(OpenMP QUIET COMPONENTS CXX)
endif()

if(PARSAE_WITH_IO)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json 3.9 REQUIRED)
  endif()
  if(NOT TARGET ZLIB::ZLIB)
    find_package(ZLIB REQUIRED)
  endif()
  if(NOT TARGET Threads::Threads)
    find_package(Threads REQUIRED)
  endif()
endif()

if(PROJECT_IS_TOP_LEVEL)
  if(TARGET OpenMP::OpenMP_CXX)
    message(STATUS "parsae ${PROJECT_VERSION}: OpenMP found, kernels use all cores")
  else()
    message(STATUS "parsae ${PROJECT_VERSION}: OpenMP not found, kernels run on one core")
  endif()
endif()

# SPDX-License-Identifier: MIT
# Install rules and the package that find_package(parsae CONFIG [COMPONENTS core|parsae|hdf5]) finds.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Headers only, hence nothing that depends on the architecture: share, not lib.
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/parsae)

set(parts core)
if(PARSAE_WITH_IO)
  list(APPEND parts parsae)
endif()
if(PARSAE_WITH_HDF5)
  list(APPEND parts hdf5)
endif()
foreach(part IN LISTS parts)
  install(TARGETS parsae_${part} EXPORT parsae_${part} FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT parsae_${part} NAMESPACE parsae:: DESTINATION ${package_dir})
endforeach()

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/parsaeConfig.cmake.in ${PROJECT_BINARY_DIR}/parsaeConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/parsaeConfigVersion.cmake COMPATIBILITY SameMajorVersion
                                 ARCH_INDEPENDENT)
install(
  FILES ${PROJECT_BINARY_DIR}/parsaeConfig.cmake ${PROJECT_BINARY_DIR}/parsaeConfigVersion.cmake
        ${CMAKE_CURRENT_LIST_DIR}/parsae_enable_native.cmake
  DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/parsae)

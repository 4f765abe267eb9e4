// SPDX-License-Identifier: MIT
#include <parsae/hdf5/open_h5_rows.hpp>

#include <hdf5.h>

#include <cstdlib>

// A user's program that reads a matrix of an HDF5 file.
int main() {
  const char* const path = "consumer.h5";
  const float numbers[2][2] = {{1, 2}, {3, 4}};
  const hsize_t extent[2] = {2, 2};
  {
    const parsae::H5Handle file(H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
    const parsae::H5Handle space(H5Screate_simple(2, extent, nullptr));
    const parsae::H5Handle dataset(
        H5Dcreate2(file.id(), "x", H5T_IEEE_F32LE, space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Dwrite(dataset.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers);
  }
  float row[2] = {};
  parsae::open_row_file_or_h5(path)->read(1, {row, 2});
  return row[0] == 3 && row[1] == 4 ? EXIT_SUCCESS : EXIT_FAILURE;
}

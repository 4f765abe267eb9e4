// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/hdf5/h5_dataset.hpp>
#include <parsae/hdf5/h5_handle.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/shape.hpp>

#include <array>
#include <filesystem>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// The rows of a dataset [n_rows, n_inputs] of an HDF5 file.
class H5DenseRows final : public RowFile {
 public:
  H5DenseRows(const std::filesystem::path& path, const H5Handle& file, const std::string& name)
      : name_(name), dataset_(path, file, name, 2) {
    if (n_inputs() == 0) dataset_.fail("expected at least one input a row, got none");
  }

  [[nodiscard]] const std::filesystem::path& path() const override { return dataset_.path(); }
  [[nodiscard]] Index n_rows() const override { return dataset_.n_rows(); }
  [[nodiscard]] Index n_inputs() const override { return dataset_.row_size(); }
  [[nodiscard]] std::string description() const override {
    const std::array<Index, 2> shape{n_rows(), n_inputs()};
    return "hdf5 " + name_ + " " + dataset_.type_name() + " " + detail::shape_text({shape.data(), 2}) + ", dense";
  }

  void read(Index first_row, Slice<float> out) override {
    if (require_rows(first_row, out) > 0) dataset_.read(first_row, out);
  }

 private:
  std::string name_;
  H5Dataset dataset_;
};

}  // namespace parsae::inline PARSAE_ABI

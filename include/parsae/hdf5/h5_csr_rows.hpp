// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/file_error.hpp>
#include <parsae/hdf5/h5_dataset.hpp>
#include <parsae/hdf5/h5_handle.hpp>
#include <parsae/hdf5/h5_sparse_encoding.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/shape.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// The rows of a sparse matrix of an HDF5 file: a group with `indptr` (n_rows + 1 places, ascending from 0), and in
/// `indices` and `data` a column and a value for each stored entry; row i has the entries from indptr[i] to
/// indptr[i + 1]. Columns of a row need no order, and an entry that is stored twice counts twice, as in SciPy.
///
/// A block of rows reads its part of indptr, then its entries, a fixed number of them at a time. What it reads is
/// checked then; the sizes of the datasets and the ends of indptr are checked when the matrix is opened.
class H5CsrRows final : public RowFile {
 public:
  H5CsrRows(const std::filesystem::path& path, const H5Handle& file, const std::string& name,
            const H5SparseEncoding& encoding)
      : name_(name),
        indptr_(path, file, name + "/indptr", 1),
        indices_(path, file, name + "/indices", 1),
        data_(path, file, name + "/data", 1),
        shape_{encoding.shape[0], encoding.shape[1]} {
    constexpr Index widest = Index{1} << 31;
    const std::string claimed = detail::shape_text({shape_.data(), 2});
    if (shape_[1] < 1 || shape_[1] >= widest) fail("expected a shape with 1 to 2^31 - 1 inputs, got " + claimed);
    if (shape_[0] < 0 || indptr_.n_rows() - 1 != shape_[0]) {
      indptr_.fail("expected one place more than the rows of the shape " + claimed + ", got " +
                   std::to_string(indptr_.n_rows()));
    }
    if (!indptr_.is_integer()) indptr_.fail("expected integers, got " + indptr_.type_name());
    if (!indices_.is_integer()) indices_.fail("expected integers, got " + indices_.type_name());
    if (indices_.n_rows() != data_.n_rows()) {
      indices_.fail("expected as many columns as there are values, " + std::to_string(data_.n_rows()) + ", got " +
                    std::to_string(indices_.n_rows()));
    }
    check_ends();
  }

  [[nodiscard]] const std::filesystem::path& path() const override { return data_.path(); }
  [[nodiscard]] Index n_rows() const override { return shape_[0]; }
  [[nodiscard]] Index n_inputs() const override { return shape_[1]; }
  [[nodiscard]] std::string description() const override {
    return "hdf5 " + name_ + " " + data_.type_name() + " " + detail::shape_text({shape_.data(), 2}) + ", CSR with " +
           std::to_string(data_.n_rows()) + " entries";
  }

  void read(Index first_row, Slice<float> out) override {
    const Index count = require_rows(first_row, out);
    if (count == 0) return;
    std::fill(out.begin(), out.end(), 0.0f);
    read_places(first_row, count);
    Index row = 0;
    for (Index begin = places_[0]; begin < places_[count]; begin += entries_at_once) {
      const Index n = std::min(entries_at_once, places_[count] - begin);
      columns_.resize(n);
      values_.resize(n);
      indices_.read(begin, columns_.slice());
      data_.read(begin, values_.slice());
      for (Index e = 0; e < n; ++e) {
        while (begin + e >= places_[row + 1]) ++row;
        if (columns_[e] < 0 || columns_[e] >= n_inputs()) refuse_column(begin + e, columns_[e]);
        out[row * n_inputs() + columns_[e]] += values_[e];
      }
    }
  }

 private:
  static constexpr Index entries_at_once = Index{1} << 18;

  void check_ends() {
    std::array<std::int64_t, 2> ends{};
    indptr_.read(0, Slice<std::int64_t>(&ends[0], 1));
    indptr_.read(n_rows(), Slice<std::int64_t>(&ends[1], 1));
    if (ends[0] == 0 && ends[1] == data_.n_rows()) return;
    indptr_.fail("expected to go from 0 to the number of values, " + std::to_string(data_.n_rows()) + ", got " +
                 std::to_string(ends[0]) + " to " + std::to_string(ends[1]));
  }

  /// The count + 1 places between which the rows lie.
  void read_places(Index first_row, Index count) {
    places_.resize(count + 1);
    indptr_.read(first_row, places_.slice());
    for (Index i = 0; i <= count; ++i) {
      const std::int64_t low = i == 0 ? 0 : places_[i - 1];
      if (places_[i] >= low && places_[i] <= data_.n_rows()) continue;
      indptr_.fail("place " + std::to_string(first_row + i) + ": expected a value from " + std::to_string(low) +
                   " to " + std::to_string(data_.n_rows()) + ", got " + std::to_string(places_[i]));
    }
  }

  [[noreturn]] void refuse_column(Index entry, std::int64_t column) const {
    indices_.fail("entry " + std::to_string(entry) + ": expected a column from 0 to " + std::to_string(n_inputs() - 1) +
                  ", got " + std::to_string(column));
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError(path(), "sparse matrix '" + name_ + "': " + reason);
  }

  std::string name_;
  H5Dataset indptr_;
  H5Dataset indices_;
  H5Dataset data_;
  std::array<Index, 2> shape_;
  Buffer<std::int64_t> places_;
  Buffer<std::int64_t> columns_;
  Buffer<float> values_;
};

}  // namespace parsae::inline PARSAE_ABI

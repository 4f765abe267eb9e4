// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/array_layout.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/row_file.hpp>

#include <filesystem>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Rows of an array that lies somewhere in a mapped file. Pages are given back after every read, so that a file larger
/// than the memory can be read from front to back.
class MappedRows final : public RowFile {
 public:
  /// \param data_begin   offset of the array's first element; the file holds the whole array
  /// \param description  "<format>"; the layout's own description follows it
  MappedRows(MappedFile file, const ArrayLayout& layout, Index data_begin, const std::string& description)
      : file_(std::move(file)),
        layout_(layout),
        data_begin_(data_begin),
        description_(description + " " + layout.description()) {
    if (layout.n_inputs() == 0) throw FileError(file_.path(), "expected at least one input a row, got none");
  }

  [[nodiscard]] const std::filesystem::path& path() const override { return file_.path(); }
  [[nodiscard]] Index n_rows() const override { return layout_.n_rows(); }
  [[nodiscard]] Index n_inputs() const override { return layout_.n_inputs(); }
  [[nodiscard]] std::string description() const override { return description_; }

  void read(Index first_row, Slice<float> out) override {
    const Index count = require_rows(first_row, out);
    if (count == 0) return;
    layout_.read_rows(file_.bytes().data() + data_begin_, first_row, out);
    const ArrayLayout::Extent extent = layout_.extent(first_row, count);
    file_.drop_pages(data_begin_ + extent.begin, extent.size);
  }

 private:
  MappedFile file_;
  ArrayLayout layout_;
  Index data_begin_;
  std::string description_;
};

}  // namespace parsae::inline PARSAE_ABI

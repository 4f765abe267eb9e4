// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/array_layout.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/row_file.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// Reads rows of the array that begins at byte `data_begin` of the file, and gives the pages back.
inline void read_and_drop(const MappedFile& file, const ArrayLayout& layout, Index data_begin, Index first_row,
                          Slice<float> out) {
  const std::byte* const data = file.bytes().data() + data_begin;
  const ArrayLayout::Extent extent = layout.extent(first_row, out.size() / layout.n_inputs());
  if (layout.order() == ArrayLayout::Order::C) {
    layout.read_rows(data, first_row, out);
    file.drop_pages(data_begin + extent.begin, extent.size);
    return;
  }
  // Each input is in another place, and the system maps the neighbors of a page along with it: 64 KiB and more.
  constexpr Index inputs_at_once = 256;
  for (Index input = 0; input < layout.n_inputs(); input += inputs_at_once) {
    layout.read_inputs(data, first_row, input, std::min(inputs_at_once, layout.n_inputs() - input), out);
    file.drop_pages(data_begin + extent.begin, extent.size);
  }
}

}  // namespace detail

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
    if (require_rows(first_row, out) > 0) detail::read_and_drop(file_, layout_, data_begin_, first_row, out);
  }

 private:
  MappedFile file_;
  ArrayLayout layout_;
  Index data_begin_;
  std::string description_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/array_choice.hpp>
#include <parsae/io/mapped_rows.hpp>
#include <parsae/io/npy_layout.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/row_file_settings.hpp>
#include <parsae/io/zip_file.hpp>
#include <parsae/io/zip_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The rows of one array of an .npz file, stored (numpy.savez) or compressed (numpy.savez_compressed).
///
/// A stored array is mapped; its checksum is verified before the first row is handed out. A compressed one is
/// decompressed from front to back: reading backwards begins again at the front, and the checksum is verified with the
/// last row. A compressed array in Fortran order is refused, for each of its rows lies all over it.
class NpzRows final : public RowFile {
 public:
  NpzRows(const std::filesystem::path& path, const RowFileSettings& settings)
      : zip_(path), entry_(choose_entry(zip_, settings.array)), layout_(read_layout()) {
    if (layout_.n_inputs() == 0) fail("expected at least one input a row, got none");
    if (!entry_.is_stored() && layout_.order() == ArrayLayout::Order::Fortran) {
      fail("is compressed and in Fortran order; save it in C order (numpy.ascontiguousarray) or without compression");
    }
  }

  [[nodiscard]] const std::filesystem::path& path() const override { return zip_.path(); }
  [[nodiscard]] Index n_rows() const override { return layout_.n_rows(); }
  [[nodiscard]] Index n_inputs() const override { return layout_.n_inputs(); }
  [[nodiscard]] std::string description() const override {
    return "npz " + array_name(entry_) + " " + layout_.description() + (entry_.is_stored() ? ", stored" : ", deflate");
  }

  void read(Index first_row, Slice<float> out) override {
    const Index count = require_rows(first_row, out);
    if (count == 0) return;
    if (entry_.is_stored()) {
      read_stored(first_row, out);
    } else {
      read_compressed(first_row, count, out);
    }
  }

 private:
  static constexpr std::string_view extension = ".npy";
  static constexpr Index piece_bytes = Index{1} << 20;

  [[nodiscard]] static std::string array_name(const ZipEntry& entry) {
    return entry.name.substr(0, entry.name.size() - extension.size());
  }

  [[nodiscard]] static const ZipEntry& choose_entry(const ZipFile& zip, const std::string& wanted) {
    std::vector<std::string> names;
    for (const ZipEntry& entry : zip.entries()) {
      if (entry.name.ends_with(extension)) names.push_back(array_name(entry));
    }
    const std::string name = choose_array(zip.path(), names, wanted) + std::string(extension);
    return *std::find_if(zip.entries().begin(), zip.entries().end(),
                         [&](const ZipEntry& entry) { return entry.name == name; });
  }

  [[nodiscard]] ArrayLayout read_layout() {
    constexpr Index longest_header = 12 + detail::longest_npy_dict;
    ZipStream stream(zip_, entry_);
    const auto size = static_cast<Index>(entry_.size);
    Buffer<std::byte> head(std::min(size, longest_header));
    static_cast<void>(stream.read(head.slice()));
    try {
      const NpyHeader header = read_npy_header(path(), head.slice());
      data_begin_ = header.data_begin;
      return npy_layout(path(), header, size - data_begin_);
    } catch (const FileError& error) {
      const std::string place = error.offset() ? " (at byte " + std::to_string(*error.offset()) + " of the array)" : "";
      fail(error.reason() + place);
    }
  }

  void read_stored(Index first_row, Slice<float> out) {
    if (!is_verified_) verify();
    const Index entry_begin = zip_.data(entry_).data() - zip_.file().bytes().data();
    detail::read_and_drop(zip_.file(), layout_, entry_begin + data_begin_, first_row, out);
  }

  void verify() {
    ZipStream stream(zip_, entry_);
    Buffer<std::byte> piece(piece_bytes);
    while (stream.read(piece.slice()) == piece.size()) {
    }
    is_verified_ = true;
  }

  void read_compressed(Index first_row, Index count, Slice<float> out) {
    const Index row_bytes = n_inputs() * layout_.type().size();
    const Index rows_at_once = std::max<Index>(piece_bytes / row_bytes, 1);
    try {
      skip_to(data_begin_ + first_row * row_bytes);
      for (Index done = 0; done < count; done += rows_at_once) {
        const Index n = std::min(rows_at_once, count - done);
        piece_.resize(n * row_bytes);
        static_cast<void>(stream_->read(piece_.slice()));
        convert_elements(layout_.type(), piece_.data(), n * n_inputs(), out.data() + done * n_inputs());
      }
    } catch (const FileError&) {
      stream_.reset();  // zlib cannot go on after an error
      throw;
    }
  }

  /// Brings the stream to this byte of the entry.
  void skip_to(Index position) {
    if (!stream_ || stream_->position() > position) stream_ = std::make_unique<ZipStream>(zip_, entry_);
    while (stream_->position() < position) {
      piece_.resize(std::min(piece_bytes, position - stream_->position()));
      static_cast<void>(stream_->read(piece_.slice()));
    }
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError(path(), "array '" + array_name(entry_) + "': " + reason);
  }

  ZipFile zip_;
  const ZipEntry& entry_;
  Index data_begin_ = 0;  // of the array's first element, in the entry
  ArrayLayout layout_;
  bool is_verified_ = false;
  std::unique_ptr<ZipStream> stream_;
  Buffer<std::byte> piece_;
};

}  // namespace parsae::inline PARSAE_ABI

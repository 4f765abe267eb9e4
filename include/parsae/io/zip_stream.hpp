// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/bytes.hpp>
#include <parsae/io/inflater.hpp>
#include <parsae/io/zip_file.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// The uncompressed content of one entry of a zip file, front to back. Its length and checksum are verified when the
/// last byte is read. Throws FileError with the offset in the zip file. Zip file and entry outlive the stream.
class ZipStream {
 public:
  ZipStream(const ZipFile& zip, const ZipEntry& entry) : zip_(zip), entry_(entry), data_(zip.data(entry)) {
    begin_ = data_.data() - zip.file().bytes().data();
    if (!entry.is_stored()) inflater_.emplace(zip.path(), data_, begin_, detail::Inflater::Format::Deflate);
    if (entry.size == 0) verify_end();
  }

  /// Bytes that have been read.
  [[nodiscard]] Index position() const { return position_; }

  /// Fills `into` from the front and returns how many bytes it got: less than into.size() only at the end. Pages of the
  /// zip file that are done with are given back.
  [[nodiscard]] Index read(Slice<std::byte> into) {
    const Index wanted = std::min(into.size(), static_cast<Index>(entry_.size) - position_);
    Index filled = 0;
    while (filled < wanted) {
      const Index got = read_some(into.part(filled, std::min(wanted - filled, largest_piece)));
      if (got == 0 && inflater_ && inflater_->is_ended()) fail_size("fewer");
      const Slice<const std::byte> bytes = into.part(filled, got);
      crc_ = crc32(crc_, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(got));
      filled += got;
      position_ += got;
    }
    if (wanted > 0 && position_ == static_cast<Index>(entry_.size)) verify_end();
    return filled;
  }

 private:
  static constexpr Index largest_piece = Index{1} << 20;

  [[nodiscard]] Index read_some(Slice<std::byte> into) {
    const Index before = inflater_ ? inflater_->position() : position_;
    Index got = into.size();
    if (!inflater_) {
      detail::copy_bytes(data_.part(position_, got), into.data());
    } else if (inflater_->is_ended()) {
      got = 0;
    } else {
      got = inflater_->read_some(into);
    }
    const Index after = inflater_ ? inflater_->position() : position_ + got;
    zip_.file().drop_pages(begin_ + before, after - before);
    return got;
  }

  void verify_end() {
    if (inflater_) {
      std::byte extra{};
      while (!inflater_->is_ended()) {
        if (inflater_->read_some({&extra, 1}) > 0) fail_size("more");
      }
      if (inflater_->position() != data_.size()) inflater_->fail(what() + "bytes after the compressed data");
    }
    if (static_cast<std::uint32_t>(crc_) == entry_.crc) return;
    throw FileError(zip_.path(), what() + "its checksum (CRC-32) is wrong: the data is damaged",
                    static_cast<std::uint64_t>(begin_));
  }

  [[noreturn]] void fail_size(const std::string& got) const {
    inflater_->fail(what() + "expected " + std::to_string(entry_.size) + " bytes of uncompressed data, got " + got);
  }

  [[nodiscard]] std::string what() const { return "entry '" + entry_.name + "': "; }

  const ZipFile& zip_;
  const ZipEntry& entry_;
  Slice<const std::byte> data_;
  Index begin_ = 0;  // of the data in the zip file
  std::optional<detail::Inflater> inflater_;
  Index position_ = 0;
  uLong crc_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/mapped_file.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// The decompressed content of a .gz file, front to back; several gzip members in a row read as one.
///
/// Lengths and checksums are verified and bytes after the last member are refused, both when the end is reached: read()
/// until it returns less than was asked for. Throws FileError with the offset in the compressed file.
/// `file` outlives the stream.
class GzipStream {
 public:
  /// Whether `file` begins as gzip does, whatever its name says.
  [[nodiscard]] static bool recognizes(const MappedFile& file) {
    return file.size() >= 2 && file.bytes()[0] == std::byte{0x1f} && file.bytes()[1] == std::byte{0x8b};
  }

  explicit GzipStream(const MappedFile& file) : file_(file) {
    constexpr int gzip_with_largest_window = 15 + 16;
    if (inflateInit2(&inflater_, gzip_with_largest_window) != Z_OK) {
      throw FileError(file.path(), "zlib cannot start to decompress");
    }
  }

  GzipStream(const GzipStream&) = delete;
  GzipStream& operator=(const GzipStream&) = delete;
  ~GzipStream() { inflateEnd(&inflater_); }

  /// Fills `into` from the front and returns how many bytes it got: less than into.size() only at the end.
  [[nodiscard]] Index read(Slice<std::byte> into) {
    Index filled = 0;
    while (filled < into.size() && !ended_) filled += inflate_some(into.part(filled, into.size() - filled));
    return filled;
  }

 private:
  static constexpr Index largest_piece = Index{1} << 30;  // zlib counts in 32 bits

  Index inflate_some(Slice<std::byte> into) {
    const Slice<const std::byte> bytes = file_.bytes();
    const Index available = std::min(bytes.size() - position_, largest_piece);
    const Index wanted = std::min(into.size(), largest_piece);
    // zlib takes its input without const and does not write to it.
    inflater_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data() + position_));
    inflater_.avail_in = static_cast<uInt>(available);
    inflater_.next_out = reinterpret_cast<Bytef*>(into.data());
    inflater_.avail_out = static_cast<uInt>(wanted);
    const int status = inflate(&inflater_, Z_NO_FLUSH);
    position_ += available - static_cast<Index>(inflater_.avail_in);
    const Index got = wanted - static_cast<Index>(inflater_.avail_out);
    check(status, got);
    if (status == Z_STREAM_END) end_member();
    return got;
  }

  void check(int status, Index got) const {
    if (status == Z_OK || status == Z_STREAM_END) return;
    if (status == Z_BUF_ERROR && got == 0 && position_ == file_.size()) fail("truncated: the gzip data has no end");
    if (status == Z_MEM_ERROR) fail("zlib has no memory to decompress");
    fail(std::string("damaged gzip data: ") + (inflater_.msg != nullptr ? inflater_.msg : "zlib cannot continue"));
  }

  void end_member() {
    ended_ = position_ == file_.size();
    if (ended_) return;
    if (file_.bytes()[position_] != std::byte{0x1f}) fail("expected the end of the file after the gzip data, got more");
    inflateReset(&inflater_);
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError(file_.path(), reason, static_cast<std::uint64_t>(position_));
  }

  const MappedFile& file_;
  z_stream inflater_{};
  Index position_ = 0;
  bool ended_ = false;
};

}  // namespace parsae::inline PARSAE_ABI

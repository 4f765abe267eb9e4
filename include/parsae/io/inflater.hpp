// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/slice.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// Decompresses a part of a mapped file. Throws FileError with the offset in the file.
class Inflater {
 public:
  enum class Format { Gzip, Deflate };

  /// \param path   for messages; outlives this object, as `input` does
  /// \param begin  offset of `input` in the file
  Inflater(const std::filesystem::path& path, Slice<const std::byte> input, Index begin, Format format)
      : path_(path), input_(input), begin_(begin), format_(format) {
    constexpr int largest_window = 15;
    const int window = format == Format::Gzip ? largest_window + 16 : -largest_window;  // as zlib tells them apart
    if (inflateInit2(&stream_, window) != Z_OK) throw FileError(path, "zlib cannot start to decompress");
  }

  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Bytes of the input that have been used.
  [[nodiscard]] Index position() const { return position_; }

  /// Whether the compressed data has come to its own end.
  [[nodiscard]] bool is_ended() const { return is_ended_; }

  /// Begins with new compressed data at position().
  void restart() {
    inflateReset(&stream_);
    is_ended_ = false;
  }

  /// Fills some of `into` from the front and returns how much; not when is_ended().
  Index read_some(Slice<std::byte> into) {
    const Index available = std::min(input_.size() - position_, largest_piece);
    const Index wanted = std::min(into.size(), largest_piece);
    // zlib takes its input without const and does not write to it.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(input_.data() + position_));
    stream_.avail_in = static_cast<uInt>(available);
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(wanted);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    position_ += available - static_cast<Index>(stream_.avail_in);
    const Index got = wanted - static_cast<Index>(stream_.avail_out);
    check(status, got);
    is_ended_ = status == Z_STREAM_END;
    return got;
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError(path_, reason, static_cast<std::uint64_t>(begin_ + position_));
  }

 private:
  static constexpr Index largest_piece = Index{1} << 30;  // zlib counts in 32 bits

  void check(int status, Index got) const {
    if (status == Z_OK || status == Z_STREAM_END) return;
    const std::string data = format_ == Format::Gzip ? "gzip data" : "compressed data";
    if (status == Z_BUF_ERROR && got == 0 && position_ == input_.size()) fail("truncated: the " + data + " has no end");
    if (status == Z_MEM_ERROR) fail("zlib has no memory to decompress");
    fail("damaged " + data + ": " + (stream_.msg != nullptr ? stream_.msg : "zlib cannot continue"));
  }

  const std::filesystem::path& path_;
  Slice<const std::byte> input_;
  Index begin_;
  Format format_;
  z_stream stream_{};
  Index position_ = 0;
  bool is_ended_ = false;
};

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

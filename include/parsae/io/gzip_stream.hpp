// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/inflater.hpp>
#include <parsae/io/mapped_file.hpp>

#include <cstddef>

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

  explicit GzipStream(const MappedFile& file)
      : file_(file), inflater_(file.path(), file.bytes(), 0, detail::Inflater::Format::Gzip) {}

  /// Fills `into` from the front and returns how many bytes it got: less than into.size() only at the end.
  [[nodiscard]] Index read(Slice<std::byte> into) {
    Index filled = 0;
    while (filled < into.size() && !inflater_.is_ended()) {
      filled += inflater_.read_some(into.part(filled, into.size() - filled));
      if (inflater_.is_ended()) end_member();
    }
    return filled;
  }

 private:
  void end_member() {
    const Index position = inflater_.position();
    if (position == file_.size()) return;
    if (file_.bytes()[position] != std::byte{0x1f}) {
      inflater_.fail("expected the end of the file after the gzip data, got more");
    }
    inflater_.restart();
  }

  const MappedFile& file_;
  detail::Inflater inflater_;
};

}  // namespace parsae::inline PARSAE_ABI

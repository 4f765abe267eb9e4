// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace parsae_examples {

using parsae::Index;

/// Reads little-endian values front to back; FileError instead of a step beyond the end.
class GgufCursor {
 public:
  /// Reads what `file` has mapped, which must stay mapped.
  explicit GgufCursor(const parsae::MappedFile& file) : path_(file.path()), bytes_(file.bytes()) {}

  [[nodiscard]] std::uint64_t position() const { return position_; }

  template <class T>
  [[nodiscard]] T number() {
    return parsae::detail::load_little_endian<T>(take(sizeof(T)).data());
  }

  /// The next `size` bytes.
  [[nodiscard]] std::string_view text(std::uint64_t size) { return parsae::as_text(take(size)); }

  [[noreturn]] void fail(const std::string& reason, std::uint64_t offset) const {
    throw parsae::FileError(path_, reason, offset);
  }

 private:
  [[nodiscard]] parsae::Slice<const std::byte> take(std::uint64_t size) {
    const std::uint64_t left = static_cast<std::uint64_t>(bytes_.size()) - position_;
    if (size > left)
      fail("truncated: expected " + std::to_string(size) + " more bytes, got " + std::to_string(left), position_);
    const parsae::Slice<const std::byte> taken = bytes_.part(static_cast<Index>(position_), static_cast<Index>(size));
    position_ += size;
    return taken;
  }

  std::filesystem::path path_;
  parsae::Slice<const std::byte> bytes_;
  std::uint64_t position_ = 0;
};

}  // namespace parsae_examples

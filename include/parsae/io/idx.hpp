// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/gzip_stream.hpp>
#include <parsae/io/idx_array.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/shape.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string>
#include <type_traits>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// The bytes of a mapped file, front to back, read as GzipStream reads.
class PlainStream {
 public:
  explicit PlainStream(const MappedFile& file) : rest_(file.bytes()) {}

  [[nodiscard]] Index read(Slice<std::byte> into) {
    const Index count = std::min(into.size(), rest_.size());
    copy_bytes(rest_.part(0, count), into.data());
    rest_ = rest_.part(count, rest_.size() - count);
    return count;
  }

 private:
  Slice<const std::byte> rest_;
};

/// Reads one IDX array. Offsets in its errors count in the uncompressed data, and the message says so when that is not
/// the file itself.
template <class Stream>
class IdxParser {
 public:
  IdxParser(const MappedFile& file, bool is_compressed) : file_(file), stream_(file), is_compressed_(is_compressed) {}

  [[nodiscard]] IdxArray parse() {
    IdxArray array;
    array.type = read_type();
    read_shape(array.shape);
    read_values(array);
    check_finite(array);
    return array;
  }

 private:
  static constexpr Index first_growth = Index{1} << 20;

  IdxType read_type() {
    std::array<std::byte, 4> magic{};
    read_header(magic.data(), 4);
    if (magic[0] != std::byte{0} || magic[1] != std::byte{0}) fail("not an IDX file: expected two zero bytes", 0);
    n_dimensions_ = std::to_integer<Index>(magic[3]);
    if (n_dimensions_ == 0) fail("expected at least one dimension, got none", 3);
    const int code = std::to_integer<int>(magic[2]);
    for (const IdxType type : {IdxType::U8, IdxType::I8, IdxType::I16, IdxType::I32, IdxType::F32, IdxType::F64}) {
      if (code == static_cast<int>(type)) return type;
    }
    std::ostringstream reason;
    reason << "unknown element type 0x" << std::hex << std::uppercase << (code < 16 ? "0" : "") << code
           << "; known: 0x08 (u8), 0x09 (i8), 0x0B (i16), 0x0C (i32), 0x0D (f32), 0x0E (f64)";
    fail(reason.str(), 2);
  }

  void read_shape(Buffer<Index>& shape) {
    for (Index axis = 0; axis < n_dimensions_; ++axis) {
      std::array<std::byte, 4> dimension{};
      read_header(dimension.data(), 4);
      shape.push_back(static_cast<Index>(load_big_endian<std::uint32_t>(dimension.data())));
    }
  }

  void read_values(IdxArray& array) {
    const Index width = with_idx_type(array.type, [](auto zero) { return static_cast<Index>(sizeof(zero)); });
    const std::optional<Index> n_bytes = count_bytes(array.shape, width);
    if (!n_bytes) fail("the shape " + shape_text(array.shape.slice()) + " has more elements than can be counted", 4);
    const Index left = file_.size() - position_;
    if (!is_compressed_ && left < *n_bytes) {
      position_ = file_.size();
      fail_size("truncated", array.shape, *n_bytes, left);
    }
    // The header is only a claim, and a .gz file does not tell how much it holds: grow with what really comes.
    Index growth = is_compressed_ ? first_growth : *n_bytes;
    for (Index begin = 0; begin < *n_bytes; begin = array.values.size(), growth = begin) {
      const Index wanted = std::min(growth, *n_bytes - begin);
      array.values.resize(begin + wanted);
      const Index got = stream_.read({reinterpret_cast<std::byte*>(array.values.data() + begin), wanted});
      position_ += got;
      if (got < wanted) fail_size("truncated", array.shape, *n_bytes, begin + got);
    }
    std::byte extra{};
    if (stream_.read({&extra, 1}) != 0) fail_size("bytes after the data", array.shape, *n_bytes, std::nullopt);
  }

  /// The size in bytes, unless it leaves no room for the header in an Index.
  [[nodiscard]] static std::optional<Index> count_bytes(const Buffer<Index>& shape, Index width) {
    Buffer<Index> with_width = shape;
    with_width.push_back(width);
    return count_elements(with_width.slice());
  }

  void check_finite(const IdxArray& array) const {
    with_idx_type(array.type, [&]<class T>(T) {
      if constexpr (std::is_floating_point_v<T>) {
        const auto* const bytes = reinterpret_cast<const std::byte*>(array.values.data());
        const Index count = array.values.size() / static_cast<Index>(sizeof(T));
        for (Index i = 0; i < count; ++i) {
          const Index offset = i * static_cast<Index>(sizeof(T));
          const T value = load_big_endian<T>(bytes + offset);
          if (std::isfinite(value)) continue;
          std::ostringstream reason;
          reason << "expected finite values, got " << value << " in item " << i / array.item_size() << ", element "
                 << i % array.item_size();
          fail(reason.str(), header_size() + offset);
        }
      }
    });
  }

  [[nodiscard]] Index header_size() const { return 4 + 4 * n_dimensions_; }

  void read_header(std::byte* into, Index size) {
    const Index got = stream_.read({into, size});
    position_ += got;
    if (got == size) return;
    const std::string expected = position_ < 4 ? "at least 8" : std::to_string(header_size());
    fail("truncated: expected a header of " + expected + " bytes, got " + std::to_string(position_), position_);
  }

  [[noreturn]] void fail_size(const std::string& what, const Buffer<Index>& shape, Index expected,
                              std::optional<Index> got) const {
    fail(what + ": the shape " + shape_text(shape.slice()) + " needs " + std::to_string(expected) +
             " bytes after the header, got " + (got ? std::to_string(*got) : "more"),
         position_);
  }

  [[noreturn]] void fail(const std::string& reason, Index offset) const {
    throw FileError(file_.path(), reason + (is_compressed_ ? " (offset in the decompressed data)" : ""),
                    static_cast<std::uint64_t>(offset));
  }

  const MappedFile& file_;
  Stream stream_;
  bool is_compressed_;
  Index n_dimensions_ = 0;
  Index position_ = 0;  // of the next byte, in the uncompressed data
};

}  // namespace detail

/// Reads an IDX file, plain or compressed by gzip; which of the two is seen from its content, not from its name.
/// Throws FileError with the byte offset for anything but one complete array of finite values, and allocates no more
/// than the data that the file really holds.
[[nodiscard]] inline IdxArray read_idx(const std::filesystem::path& path) {
  const MappedFile file(path);
  if (GzipStream::recognizes(file)) return detail::IdxParser<GzipStream>(file, true).parse();
  return detail::IdxParser<detail::PlainStream>(file, false).parse();
}

}  // namespace parsae::inline PARSAE_ABI

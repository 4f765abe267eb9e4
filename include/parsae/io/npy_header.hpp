// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// What the header of an .npy file says about its array.
struct NpyHeader {
  std::string descr;           ///< element type as NumPy writes it, such as "<f4"
  bool fortran_order = false;  ///< the first dimension varies fastest
  Buffer<Index> shape;         ///< empty for rank 0
  Index data_begin = 0;        ///< offset of the first element in the file
};

namespace detail {

/// All that version 1.0 can say; longer headers belong to structured arrays.
inline constexpr Index longest_npy_dict = 65'535;

/// Reads the one Python dictionary that an .npy header consists of, and nothing else that Python would accept.
class NpyDictParser {
 public:
  /// `dict` begins at byte `dict_begin` of the file.
  NpyDictParser(const std::filesystem::path& path, std::string_view dict, Index dict_begin)
      : path_(path), dict_(dict), dict_begin_(dict_begin) {}

  void parse(NpyHeader& header) {
    expect('{');
    while (!accept('}')) {
      read_entry(header);
      if (accept(',')) continue;
      expect('}');
      break;
    }
    skip_space();
    if (position_ < dict_.size()) fail("expected the end of the header, got " + next_text());
    if (!has_descr_) fail("the header has no key 'descr'");
    if (!has_order_) fail("the header has no key 'fortran_order'");
    if (!has_shape_) fail("the header has no key 'shape'");
  }

 private:
  void read_entry(NpyHeader& header) {
    const std::string key = read_quoted("a quoted key");
    if (key == "descr") {
      begin_value(key, has_descr_);
      if (peek() == '[') fail("structured arrays are not supported here");
      header.descr = read_quoted("a quoted type");
    } else if (key == "fortran_order") {
      begin_value(key, has_order_);
      header.fortran_order = read_bool();
    } else if (key == "shape") {
      begin_value(key, has_shape_);
      read_shape(header.shape);
    } else {
      fail("unknown key '" + key + "'; known: 'descr', 'fortran_order', 'shape'");
    }
  }

  void begin_value(const std::string& key, bool& seen) {
    if (seen) fail("the key '" + key + "' appears twice");
    seen = true;
    expect(':');
    skip_space();
  }

  std::string read_quoted(const std::string& what) {
    skip_space();
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("expected " + what + ", got " + next_text());
    ++position_;
    std::string text;
    for (; peek() != quote; ++position_) {
      if (peek() < ' ' || peek() > '~' || peek() == '\\') fail("unexpected " + next_text() + " in a quoted text");
      text += peek();
    }
    ++position_;
    return text;
  }

  bool read_bool() {
    for (const std::string_view word : {"False", "True"}) {
      if (!dict_.substr(position_).starts_with(word)) continue;
      position_ += word.size();
      return word == "True";
    }
    fail("expected True or False, got " + next_text());
  }

  /// "()", "(5,)", "(5, 3)", "(5, 3,)". Python reads "(5)" as a number: it is no shape.
  void read_shape(Buffer<Index>& shape) {
    expect('(');
    bool has_comma = false;
    while (!accept(')')) {
      shape.push_back(read_dimension());
      if (accept(',')) {
        has_comma = true;
        continue;
      }
      if (!has_comma) fail("expected ',' after the only dimension of the shape, got " + next_text());
      expect(')');
      break;
    }
  }

  Index read_dimension() {
    skip_space();
    const auto first = position_;
    Index value = 0;
    for (; is_digit(peek()); ++position_) {
      const Index digit = peek() - '0';
      if (value > (std::numeric_limits<Index>::max() - digit) / 10) fail("a dimension is too large to be counted");
      value = 10 * value + digit;
    }
    if (position_ == first) fail("expected a dimension of at least 0, got " + next_text());
    if (position_ - first > 1 && dict_[first] == '0') fail("a dimension begins with a superfluous 0");
    if (peek() == 'L') ++position_;  // Python 2 wrote long integers so
    return value;
  }

  [[nodiscard]] static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  /// The next character, or NUL at the end: no rule accepts a NUL.
  [[nodiscard]] char peek() const { return position_ < dict_.size() ? dict_[position_] : '\0'; }

  void skip_space() {
    while (peek() == ' ' || peek() == '\n') ++position_;
  }

  bool accept(char c) {
    skip_space();
    if (peek() != c) return false;
    ++position_;
    return true;
  }

  void expect(char c) {
    if (accept(c)) return;
    std::string reason = "expected '";  // in one sum, g++ 12 warns of bounds that hold
    reason += c;
    reason += "', got ";
    fail(reason + next_text());
  }

  [[nodiscard]] std::string next_text() const {
    if (position_ == dict_.size()) return "the end of the header";
    const auto code = static_cast<unsigned char>(dict_[position_]);
    if (code >= ' ' && code <= '~') return std::string("'") + dict_[position_] + "'";
    return "a byte of value " + std::to_string(code);
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError(path_, reason, static_cast<std::uint64_t>(dict_begin_) + position_);
  }

  const std::filesystem::path& path_;
  std::string_view dict_;
  Index dict_begin_;
  std::size_t position_ = 0;
  bool has_descr_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

}  // namespace detail

/// Reads the header of the .npy data that begins with `bytes`, which hold the whole header unless the data is
/// truncated. Throws FileError with the offset in `bytes` for versions other than 1.0, 2.0 and 3.0, a header longer
/// than 65,535 bytes, and a dictionary that is not exactly {descr, fortran_order, shape}.
[[nodiscard]] inline NpyHeader read_npy_header(const std::filesystem::path& path, Slice<const std::byte> bytes) {
  constexpr std::string_view magic = "\x93NUMPY";
  const std::string_view text = as_text(bytes);
  const Index size = bytes.size();
  const auto fail = [&](const std::string& reason, Index offset) {
    throw FileError(path, reason, static_cast<std::uint64_t>(offset));
  };
  if (size < 10) fail("truncated: expected at least 10 bytes of header, got " + std::to_string(size), size);
  if (!text.starts_with(magic)) fail("not an .npy file: it does not begin with \\x93NUMPY", 0);
  const int major = std::to_integer<int>(bytes[6]);
  const int minor = std::to_integer<int>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0) {
    fail("format version " + std::to_string(major) + "." + std::to_string(minor) +
             " is not supported here; supported: 1.0, 2.0, 3.0",
         6);
  }
  const Index dict_begin = major == 1 ? 10 : 12;
  if (size < dict_begin) fail("truncated: expected at least 12 bytes of header, got " + std::to_string(size), size);
  const std::byte* const length_at = bytes.data() + 8;
  const Index length = major == 1 ? Index{detail::load_little_endian<std::uint16_t>(length_at)}
                                  : Index{detail::load_little_endian<std::uint32_t>(length_at)};
  if (length > detail::longest_npy_dict) {
    fail("expected a header of at most 65535 bytes, got " + std::to_string(length), 8);
  }
  NpyHeader header;
  header.data_begin = dict_begin + length;
  if (header.data_begin > size) {
    fail("truncated: expected a header of " + std::to_string(header.data_begin) + " bytes, got " + std::to_string(size),
         size);
  }
  const std::string_view dict = as_text(bytes.part(dict_begin, length));
  detail::NpyDictParser(path, dict, dict_begin).parse(header);
  return header;
}

/// Reads the header of an .npy file.
[[nodiscard]] inline NpyHeader read_npy_header(const MappedFile& file) {
  return read_npy_header(file.path(), file.bytes());
}

}  // namespace parsae::inline PARSAE_ABI

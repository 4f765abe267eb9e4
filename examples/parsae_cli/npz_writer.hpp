// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/io/atomic_file.hpp>

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

namespace parsae_cli {

using parsae::Index;

/// Writes NumPy arrays as one .npz file: a ZIP archive with an .npy file for each, stored without compression. Every
/// entry carries the 64-bit sizes of ZIP64, so that arrays may have any size. The file is replaced as a whole by
/// finish(), or not at all. Throws parsae::FileError.
class NpzWriter {
 public:
  explicit NpzWriter(const std::filesystem::path& path) : out_(path) {}

  /// A one-dimensional array of float, double, std::int32_t or std::int64_t, read at once.
  template <class Value>
  void add(const std::string& name, parsae::Slice<const Value> values) {
    static_assert(std::is_floating_point_v<Value> || std::is_signed_v<Value>);
    const std::string type = (std::is_floating_point_v<Value> ? "<f" : "<i") + std::to_string(sizeof(Value));
    add_entry(name, npy_header(type, "(" + std::to_string(values.size()) + ",)"), parsae::as_bytes(values));
  }

  /// A matrix as the array [n_cols, n_rows], which has the same bytes.
  void add(const std::string& name, const parsae::Matrix<float>& matrix) {
    add_entry(name, npy_header("<f4", "(" + std::to_string(matrix.cols()) + ", " + std::to_string(matrix.rows()) + ")"),
              parsae::as_bytes(parsae::Slice<const float>(matrix.data(), matrix.size())));
  }

  /// A scalar of bytes.
  void add_word(const std::string& name, const std::string& word) {
    add_entry(name, npy_header("|S" + std::to_string(word.size()), "()"), parsae::as_bytes(word));
  }

  void finish() {
    const std::uint64_t directory = offset_;
    for (const Entry& entry : entries_) write(directory_entry(entry));
    const std::uint64_t size = offset_ - directory;
    const std::uint64_t end64 = offset_;
    std::string end = little(0x06064b50U, 4) + little(44, 8) + little(version, 2) + little(version, 2) + little(0, 4) +
                      little(0, 4) + little(entries_.size(), 8) + little(entries_.size(), 8) + little(size, 8) +
                      little(directory, 8);
    end += little(0x07064b50U, 4) + little(0, 4) + little(end64, 8) + little(1, 4);
    end += little(0x06054b50U, 4) + little(0, 2) + little(0, 2) + little(0xffff, 2) + little(0xffff, 2) +
           little(0xffffffffU, 4) + little(0xffffffffU, 4) + little(0, 2);
    write(end);
    out_.commit();
  }

 private:
  static constexpr std::uint64_t version = 45;  // of the format that knows ZIP64

  struct Entry {
    std::string name;
    std::uint64_t crc = 0;
    std::uint64_t size = 0;
    std::uint64_t offset = 0;
  };

  [[nodiscard]] static std::string little(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
  }

  /// Version 1.0, padded so that the data begins at a multiple of 64 of the inner file.
  [[nodiscard]] static std::string npy_header(const std::string& type, const std::string& shape) {
    std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
    text.append(63 - (10 + text.size()) % 64, ' ');
    text += '\n';
    return std::string("\x93NUMPY\x01\x00", 8) + little(text.size(), 2) + text;
  }

  /// January 1, 1980, the first day of ZIP: the same arrays give the same bytes.
  [[nodiscard]] static std::string shared_fields(const Entry& entry) {
    return little(version, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x21, 2) + little(entry.crc, 4) +
           little(0xffffffffU, 4) + little(0xffffffffU, 4) + little(entry.name.size(), 2);
  }

  [[nodiscard]] static std::string directory_entry(const Entry& entry) {
    return little(0x02014b50U, 4) + little(version, 2) + shared_fields(entry) + little(28, 2) + little(0, 2) +
           little(0, 2) + little(0, 2) + little(0, 4) + little(0xffffffffU, 4) + entry.name + little(1, 2) +
           little(24, 2) + little(entry.size, 8) + little(entry.size, 8) + little(entry.offset, 8);
  }

  void add_entry(const std::string& name, const std::string& header, parsae::Slice<const std::byte> bytes) {
    Entry entry{name + ".npy", 0, header.size() + static_cast<std::uint64_t>(bytes.size()), offset_};
    entry.crc = crc32_z(0, reinterpret_cast<const Bytef*>(header.data()), header.size());
    if (!bytes.empty())  // zlib takes a null pointer for a request to begin anew
      entry.crc = crc32_z(static_cast<uLong>(entry.crc), reinterpret_cast<const Bytef*>(bytes.data()),
                          static_cast<z_size_t>(bytes.size()));
    write(little(0x04034b50U, 4) + shared_fields(entry) + little(20, 2) + entry.name + little(1, 2) + little(16, 2) +
          little(entry.size, 8) + little(entry.size, 8));
    write(header);
    out_.write(bytes);
    offset_ += static_cast<std::uint64_t>(bytes.size());
    entries_.push_back(entry);
  }

  void write(const std::string& text) {
    out_.write(text);
    offset_ += text.size();
  }

  parsae::AtomicFile out_;
  std::uint64_t offset_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace parsae_cli

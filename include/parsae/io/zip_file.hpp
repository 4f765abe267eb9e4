// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// What the central directory of a zip file says about one of its files.
struct ZipEntry {
  std::string name;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;  ///< 0: stored, 8: deflate
  std::uint32_t crc = 0;     ///< CRC-32 of the uncompressed content
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t header_begin = 0;  ///< offset of the local header in the zip file

  [[nodiscard]] bool is_stored() const { return method == 0; }
};

/// A zip file (also ZIP64), mapped from the disk. Names, sizes and places come from the central directory at its end:
/// writers like NumPy leave dummies in the headers before the data.
///
/// Opening checks the whole directory; data() checks one entry. Throws FileError with the offset.
class ZipFile {
 public:
  explicit ZipFile(const std::filesystem::path& path) : file_(path) { read_directory(find_directory()); }

  [[nodiscard]] const MappedFile& file() const { return file_; }
  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

  /// In the order of the directory; no name appears twice.
  [[nodiscard]] const std::vector<ZipEntry>& entries() const { return entries_; }

  /// The compressed bytes of an entry of this file, which is stored or deflated, not encrypted, and claims no size that
  /// its bytes cannot have.
  [[nodiscard]] Slice<const std::byte> data(const ZipEntry& entry) const {
    constexpr Index header_size = 30;
    constexpr std::uint64_t largest_ratio = 1032;  // of deflate: 258 bytes in two bits
    constexpr std::uint16_t encrypted = 1;
    const std::string what = "entry '" + entry.name + "': ";
    if ((entry.flags & encrypted) != 0) fail(what + "is encrypted", entry.header_begin);
    if (entry.method != 0 && entry.method != 8) {
      fail(what + "compression method " + std::to_string(entry.method) +
               " is not supported here; supported: 0 (stored), 8 (deflate)",
           entry.header_begin);
    }
    const bool has_possible_size =
        entry.is_stored() ? entry.size == entry.compressed_size : entry.size / largest_ratio <= entry.compressed_size;
    if (!has_possible_size) {
      fail(what + std::to_string(entry.compressed_size) + " bytes cannot hold " + std::to_string(entry.size),
           entry.header_begin);
    }
    const std::byte* const header =
        record(entry.header_begin, header_size, directory_begin_, 0x04034b50, "local header");
    const auto name_size = detail::load_little_endian<std::uint16_t>(header + 26);
    const auto extra_size = detail::load_little_endian<std::uint16_t>(header + 28);
    const std::uint64_t begin = entry.header_begin + header_size + name_size + extra_size;
    if (begin > directory_begin_ || entry.compressed_size > directory_begin_ - begin) {
      fail(what + "its data reaches into the directory", begin);
    }
    if (text(entry.header_begin + header_size, name_size) != entry.name) {
      fail(what + "its local header has another name", entry.header_begin);
    }
    return file_.bytes().part(static_cast<Index>(begin), static_cast<Index>(entry.compressed_size));
  }

 private:
  struct Directory {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    std::uint64_t n_entries = 0;
  };

  [[nodiscard]] std::uint64_t file_size() const { return static_cast<std::uint64_t>(file_.size()); }
  [[nodiscard]] std::string_view text(std::uint64_t begin, std::uint64_t size) const {
    return as_text(file_.bytes().part(static_cast<Index>(begin), static_cast<Index>(size)));
  }

  /// The record at `begin` that ends before `limit` and begins with this signature.
  [[nodiscard]] const std::byte* record(std::uint64_t begin, std::uint64_t size, std::uint64_t limit,
                                        std::uint32_t signature, const std::string& name) const {
    if (begin > limit || size > limit - begin) fail("no room for a " + name + " of the zip file", begin);
    const std::byte* const at = file_.bytes().data() + begin;
    if (detail::load_little_endian<std::uint32_t>(at) != signature)
      fail("expected a " + name + " of the zip file", begin);
    return at;
  }

  /// The record at the very end says where the directory is; only a comment of up to 65,535 bytes may follow it.
  [[nodiscard]] Directory find_directory() {
    constexpr std::uint64_t size = 22;
    constexpr std::uint64_t longest_comment = 65'535;
    if (file_size() < size)
      fail("truncated: expected a zip file of at least 22 bytes, got " + std::to_string(file_size()), 0);
    for (std::uint64_t comment = 0; comment <= std::min(file_size() - size, longest_comment); ++comment) {
      const std::uint64_t begin = file_size() - size - comment;
      const std::byte* const at = file_.bytes().data() + begin;
      if (detail::load_little_endian<std::uint32_t>(at) != 0x06054b50) continue;
      if (detail::load_little_endian<std::uint16_t>(at + 20) != comment) continue;
      return read_end(at, begin);
    }
    fail("not a zip file, or truncated: no end record of a zip directory", file_size());
  }

  [[nodiscard]] Directory read_end(const std::byte* at, std::uint64_t begin) {
    Directory directory{.begin = detail::load_little_endian<std::uint32_t>(at + 16),
                        .size = detail::load_little_endian<std::uint32_t>(at + 12),
                        .n_entries = detail::load_little_endian<std::uint16_t>(at + 10)};
    bool is_one_disk = detail::load_little_endian<std::uint32_t>(at + 4) == 0 &&
                       detail::load_little_endian<std::uint16_t>(at + 8) == directory.n_entries;
    std::uint64_t end = begin;
    const bool is_zip64 =
        directory.begin == 0xffffffff || directory.size == 0xffffffff || directory.n_entries == 0xffff;
    if (is_zip64) {
      constexpr std::uint64_t locator_size = 20;
      if (begin < locator_size) fail("no room for a ZIP64 locator of the zip file", begin);
      const std::byte* const locator = record(begin - locator_size, locator_size, begin, 0x07064b50, "ZIP64 locator");
      end = detail::load_little_endian<std::uint64_t>(locator + 8);
      const std::byte* const large = record(end, 56, begin - locator_size, 0x06064b50, "ZIP64 end record");
      is_one_disk = detail::load_little_endian<std::uint64_t>(large + 16) == 0;
      directory = {.begin = detail::load_little_endian<std::uint64_t>(large + 48),
                   .size = detail::load_little_endian<std::uint64_t>(large + 40),
                   .n_entries = detail::load_little_endian<std::uint64_t>(large + 32)};
    }
    if (!is_one_disk) fail("zip files of several parts are not supported here", begin);
    if (directory.size > end || directory.begin != end - directory.size) {
      fail("the zip directory of " + std::to_string(directory.size) + " bytes at " + std::to_string(directory.begin) +
               " does not end where its end record begins",
           end);
    }
    return directory;
  }

  void read_directory(const Directory& directory) {
    directory_begin_ = directory.begin;
    const std::uint64_t end = directory.begin + directory.size;
    std::uint64_t position = directory.begin;
    std::set<std::string_view> names;
    while (position < end) {
      position = read_entry(position, end);
      if (!names.insert(text(name_begin_, entries_.back().name.size())).second) {
        fail("the name '" + entries_.back().name + "' appears twice in the zip directory", name_begin_);
      }
    }
    if (entries_.size() != directory.n_entries) {
      fail("expected " + std::to_string(directory.n_entries) + " entries in the zip directory, got " +
               std::to_string(entries_.size()),
           end);
    }
  }

  /// Returns where the next entry begins.
  std::uint64_t read_entry(std::uint64_t begin, std::uint64_t end) {
    constexpr std::uint64_t fixed = 46;
    const std::byte* const at = record(begin, fixed, end, 0x02014b50, "directory entry");
    const auto name_size = detail::load_little_endian<std::uint16_t>(at + 28);
    const auto extra_size = detail::load_little_endian<std::uint16_t>(at + 30);
    const auto comment_size = detail::load_little_endian<std::uint16_t>(at + 32);
    const std::uint64_t next = begin + fixed + name_size + extra_size + comment_size;
    if (next > end) fail("no room for the names of a directory entry of the zip file", begin);
    name_begin_ = begin + fixed;
    ZipEntry entry{.name = std::string(text(name_begin_, name_size)),
                   .flags = detail::load_little_endian<std::uint16_t>(at + 8),
                   .method = detail::load_little_endian<std::uint16_t>(at + 10),
                   .crc = detail::load_little_endian<std::uint32_t>(at + 16),
                   .compressed_size = detail::load_little_endian<std::uint32_t>(at + 20),
                   .size = detail::load_little_endian<std::uint32_t>(at + 24),
                   .header_begin = detail::load_little_endian<std::uint32_t>(at + 42)};
    const std::uint64_t extra_begin = name_begin_ + name_size;
    read_large_sizes(file_.bytes().part(static_cast<Index>(extra_begin), extra_size), extra_begin, entry);
    entries_.push_back(std::move(entry));
    return next;
  }

  /// ZIP64: whatever is 0xffffffff in the entry stands with 64 bits in extra field 1, in this order.
  void read_large_sizes(Slice<const std::byte> extra, std::uint64_t extra_begin, ZipEntry& entry) const {
    std::vector<std::uint64_t*> large;
    for (std::uint64_t* const size : {&entry.size, &entry.compressed_size, &entry.header_begin}) {
      if (*size == 0xffffffff) large.push_back(size);
    }
    while (!large.empty() && extra.size() >= 4) {
      const auto id = detail::load_little_endian<std::uint16_t>(extra.data());
      const auto size = Index{detail::load_little_endian<std::uint16_t>(extra.data() + 2)};
      if (size > extra.size() - 4) break;
      if (id == 1) {
        if (size < 8 * static_cast<Index>(large.size())) break;
        const std::byte* from = extra.data() + 4;
        for (std::uint64_t* const value : large) {
          *value = detail::load_little_endian<std::uint64_t>(from);
          from += 8;
        }
        return;
      }
      extra = extra.part(4 + size, extra.size() - 4 - size);
    }
    if (!large.empty()) fail("entry '" + entry.name + "': its ZIP64 sizes are missing", extra_begin);
  }

  [[noreturn]] void fail(const std::string& reason, std::uint64_t offset) const {
    throw FileError(path(), reason, offset);
  }

  MappedFile file_;
  std::uint64_t directory_begin_ = 0;
  std::uint64_t name_begin_ = 0;  // of the entry read last
  std::vector<ZipEntry> entries_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <io/damaged_file.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace parsae::test {

struct ZipPart {
  enum class Sizes {
    Plain,         ///< 32 bits, in both headers
    Zip64InFront,  ///< as NumPy writes: 64 bits in the local header, 32 in the directory
    Zip64          ///< 64 bits in both
  };

  std::string name;
  std::string content;
  std::uint16_t method = 0;
  Sizes sizes = Sizes::Plain;
};

/// `content` as raw deflate data.
[[nodiscard]] inline std::string deflated(std::string content) {
  z_stream deflater{};
  REQUIRE(deflateInit2(&deflater, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string compressed(deflateBound(&deflater, content.size()) + 16, '\0');
  deflater.next_in = reinterpret_cast<Bytef*>(content.data());
  deflater.avail_in = static_cast<uInt>(content.size());
  deflater.next_out = reinterpret_cast<Bytef*>(compressed.data());
  deflater.avail_out = static_cast<uInt>(compressed.size());
  REQUIRE(deflate(&deflater, Z_FINISH) == Z_STREAM_END);
  compressed.resize(deflater.total_out);
  deflateEnd(&deflater);
  return compressed;
}

/// Method, time, checksum and sizes as they stand in both headers of an entry.
[[nodiscard]] inline std::string zip_sizes(const ZipPart& part, const std::string& data, bool is_large) {
  const auto crc = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(part.content.data()), static_cast<uInt>(part.content.size())));
  const auto size = [&](std::size_t bytes) {
    return bytes_of(is_large ? std::uint32_t{0xffffffff} : static_cast<std::uint32_t>(bytes));
  };
  return bytes_of(std::uint16_t{0}) + bytes_of(part.method) + bytes_of(std::uint32_t{0x5a210000}) + bytes_of(crc) +
         size(data.size()) + size(part.content.size());
}

[[nodiscard]] inline std::string zip_large_sizes(const ZipPart& part, const std::string& data) {
  return bytes_of(std::uint16_t{1}) + bytes_of(std::uint16_t{16}) + bytes_of(std::uint64_t{part.content.size()}) +
         bytes_of(std::uint64_t{data.size()});
}

/// A zip file; with ZIP64 end records when one of the parts asks for 64 bits in the directory.
[[nodiscard]] inline std::string zip(const std::vector<ZipPart>& parts, const std::string& comment = "") {
  std::string file;
  std::string directory;
  bool is_zip64 = false;
  for (const ZipPart& part : parts) {
    const std::string data = part.method == 8 ? deflated(part.content) : part.content;
    const bool is_large_in_front = part.sizes != ZipPart::Sizes::Plain;
    const bool is_large = part.sizes == ZipPart::Sizes::Zip64;
    is_zip64 = is_zip64 || is_large;
    const std::string other_extra = bytes_of(std::uint16_t{0x5455}) + bytes_of(std::uint16_t{1}) + "x";
    const std::string extra_in_front = is_large_in_front ? zip_large_sizes(part, data) : "";
    const std::string extra = is_large ? other_extra + zip_large_sizes(part, data) : "";
    const auto begin = static_cast<std::uint32_t>(file.size());
    const auto name_size = bytes_of(static_cast<std::uint16_t>(part.name.size()));
    file += std::string("PK\3\4\x2d\0", 6) + zip_sizes(part, data, is_large_in_front) + name_size +
            bytes_of(static_cast<std::uint16_t>(extra_in_front.size())) + part.name + extra_in_front + data;
    directory += std::string("PK\1\2\x2d\3\x2d\0", 8) + zip_sizes(part, data, is_large) + name_size +
                 bytes_of(static_cast<std::uint16_t>(extra.size())) + std::string(10, '\0') + bytes_of(begin) +
                 part.name + extra;
  }
  const std::uint64_t begin = file.size();
  const std::uint64_t n = parts.size();
  file += directory;
  if (is_zip64) {
    const std::uint64_t end = file.size();
    file += std::string("PK\6\6", 4) + bytes_of(std::uint64_t{44}) + std::string("\x2d\0\x2d\0\0\0\0\0\0\0\0\0", 12) +
            bytes_of(n) + bytes_of(n) + bytes_of(std::uint64_t{directory.size()}) + bytes_of(begin);
    file += std::string("PK\6\7\0\0\0\0", 8) + bytes_of(end) + bytes_of(std::uint32_t{1});
  }
  const auto count = bytes_of(static_cast<std::uint16_t>(is_zip64 ? 0xffff : n));
  file += std::string("PK\5\6\0\0\0\0", 8) + count + count +
          bytes_of(static_cast<std::uint32_t>(is_zip64 ? 0xffffffff : directory.size())) +
          bytes_of(static_cast<std::uint32_t>(is_zip64 ? 0xffffffff : begin)) +
          bytes_of(static_cast<std::uint16_t>(comment.size())) + comment;
  return file;
}

}  // namespace parsae::test

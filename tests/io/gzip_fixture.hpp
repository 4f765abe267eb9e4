// SPDX-License-Identifier: MIT
#pragma once

#include <zlib.h>

#include <support/catch.hpp>

#include <string>

namespace parsae::test {

/// `content` as one gzip member.
[[nodiscard]] inline std::string gzip(std::string content) {
  z_stream deflater{};
  REQUIRE(deflateInit2(&deflater, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string compressed(deflateBound(&deflater, content.size()), '\0');
  deflater.next_in = reinterpret_cast<Bytef*>(content.data());
  deflater.avail_in = static_cast<uInt>(content.size());
  deflater.next_out = reinterpret_cast<Bytef*>(compressed.data());
  deflater.avail_out = static_cast<uInt>(compressed.size());
  REQUIRE(deflate(&deflater, Z_FINISH) == Z_STREAM_END);
  compressed.resize(deflater.total_out);
  deflateEnd(&deflater);
  return compressed;
}

}  // namespace parsae::test

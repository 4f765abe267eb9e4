// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <zlib.h>

#include <support/base64.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace parsae_examples {

/// An 8-bit image, row by row from the top left; `channels` is 1 (gray) or 3 (red, green, blue).
struct Image {
  int width = 0;
  int height = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;

  Image() = default;
  Image(int image_width, int image_height, int image_channels, std::uint8_t fill = 255)
      : width(image_width), height(image_height), channels(image_channels) {
    parsae::require_at_least("image width", width, 1);
    parsae::require_at_least("image height", height, 1);
    if (channels != 1 && channels != 3) parsae::reject("image channels", "1 or 3", channels);
    pixels.assign(row_bytes() * static_cast<std::size_t>(height), fill);
  }

  [[nodiscard]] std::size_t row_bytes() const {
    return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }

  /// The first channel of the pixel in column x of row y.
  [[nodiscard]] std::uint8_t* at(int x, int y) {
    return pixels.data() + static_cast<std::size_t>(y) * row_bytes() +
           static_cast<std::size_t>(x) * static_cast<std::size_t>(channels);
  }
};

namespace detail {

inline void append_u32(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

inline void append_chunk(std::vector<std::uint8_t>& png, std::string_view type, const std::vector<std::uint8_t>& body) {
  append_u32(png, static_cast<std::uint32_t>(body.size()));
  const std::size_t start = png.size();
  png.insert(png.end(), type.begin(), type.end());
  png.insert(png.end(), body.begin(), body.end());
  const uLong checksum = crc32(0, png.data() + start, static_cast<uInt>(png.size() - start));
  append_u32(png, static_cast<std::uint32_t>(checksum));
}

}  // namespace detail

/// The file as bytes. Every row uses filter 0: pictures of digits and flat color compress well without prediction.
[[nodiscard]] inline std::vector<std::uint8_t> encode_png(const Image& image) {
  const std::size_t row = image.row_bytes();
  if (image.pixels.empty() || image.pixels.size() != row * static_cast<std::size_t>(image.height))
    parsae::reject("image pixels", std::to_string(row * static_cast<std::size_t>(image.height)) + " bytes, at least 1",
                   image.pixels.size());
  std::vector<std::uint8_t> raw;
  raw.reserve((row + 1) * static_cast<std::size_t>(image.height));
  for (std::size_t start = 0; start < image.pixels.size(); start += row) {
    raw.push_back(0);
    const auto first = image.pixels.begin() + static_cast<std::ptrdiff_t>(start);
    raw.insert(raw.end(), first, first + static_cast<std::ptrdiff_t>(row));
  }
  uLongf packed_size = compressBound(static_cast<uLong>(raw.size()));
  std::vector<std::uint8_t> packed(packed_size);
  if (compress2(packed.data(), &packed_size, raw.data(), static_cast<uLong>(raw.size()), Z_BEST_COMPRESSION) != Z_OK)
    throw std::runtime_error("zlib could not compress a PNG image");
  packed.resize(packed_size);

  std::vector<std::uint8_t> png{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  std::vector<std::uint8_t> header;
  detail::append_u32(header, static_cast<std::uint32_t>(image.width));
  detail::append_u32(header, static_cast<std::uint32_t>(image.height));
  const std::uint8_t color_type = image.channels == 3 ? 2 : 0;
  for (const std::uint8_t byte : {std::uint8_t{8}, color_type, std::uint8_t{0}, std::uint8_t{0}, std::uint8_t{0}})
    header.push_back(byte);
  detail::append_chunk(png, "IHDR", header);
  detail::append_chunk(png, "IDAT", packed);
  detail::append_chunk(png, "IEND", {});
  return png;
}

/// "data:image/png;base64,...": an image that lives inside a page.
[[nodiscard]] inline std::string png_data_uri(const Image& image) {
  return "data:image/png;base64," + base64(encode_png(image));
}

}  // namespace parsae_examples

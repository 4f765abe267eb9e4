// SPDX-License-Identifier: MIT
#include <zlib.h>

#include <support/catch.hpp>
#include <support/png.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace png_test {

using namespace parsae_examples;

namespace {

std::uint32_t u32(const std::vector<std::uint8_t>& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[at + i];
  return value;
}

struct Chunk {
  std::string type;
  std::vector<std::uint8_t> body;
};

/// Walks the chunks by their lengths and checks every checksum.
std::vector<Chunk> chunks_of(const std::vector<std::uint8_t>& png) {
  REQUIRE(png.size() > 8);
  CHECK(std::vector<std::uint8_t>(png.begin(), png.begin() + 8) ==
        std::vector<std::uint8_t>{137, 80, 78, 71, 13, 10, 26, 10});
  std::vector<Chunk> chunks;
  std::size_t at = 8;
  while (at + 12 <= png.size()) {
    const std::size_t length = u32(png, at);
    REQUIRE(at + 12 + length <= png.size());
    const auto type = png.begin() + static_cast<std::ptrdiff_t>(at + 4);
    const auto body = type + 4;
    chunks.push_back({std::string(type, body), {body, body + static_cast<std::ptrdiff_t>(length)}});
    CHECK(crc32(0, &png[at + 4], static_cast<uInt>(length + 4)) == u32(png, at + 8 + length));
    at += 12 + length;
  }
  CHECK(at == png.size());
  return chunks;
}

Image numbered(int width, int height, int channels) {
  Image image(width, height, channels);
  std::uint8_t value = 3;
  for (std::uint8_t& byte : image.pixels) byte = value = static_cast<std::uint8_t>(value * 5 + 1);
  return image;
}

void check_round_trip(const Image& image, std::uint8_t color_type) {
  const std::vector<Chunk> chunks = chunks_of(encode_png(image));
  REQUIRE(chunks.size() == 3);
  CHECK(chunks[0].type == "IHDR");
  CHECK(chunks[1].type == "IDAT");
  CHECK(chunks[2].type == "IEND");
  REQUIRE(chunks[0].body.size() == 13);
  CHECK(u32(chunks[0].body, 0) == static_cast<std::uint32_t>(image.width));
  CHECK(u32(chunks[0].body, 4) == static_cast<std::uint32_t>(image.height));
  CHECK(std::vector<std::uint8_t>(chunks[0].body.begin() + 8, chunks[0].body.end()) ==
        std::vector<std::uint8_t>{8, color_type, 0, 0, 0});
  const std::size_t row = image.row_bytes();
  std::vector<std::uint8_t> raw((row + 1) * static_cast<std::size_t>(image.height));
  uLongf size = static_cast<uLongf>(raw.size());
  REQUIRE(uncompress(raw.data(), &size, chunks[1].body.data(), static_cast<uLong>(chunks[1].body.size())) == Z_OK);
  REQUIRE(size == raw.size());
  std::vector<std::uint8_t> pixels;
  for (std::size_t start = 0; start < raw.size(); start += row + 1) {
    CHECK(raw[start] == 0);
    pixels.insert(pixels.end(), &raw[start] + 1, &raw[start] + 1 + row);
  }
  CHECK(pixels == image.pixels);
}

}  // namespace

TEST_CASE("a PNG holds the pixels it was given") {
  check_round_trip(numbered(28, 28, 1), 0);
  check_round_trip(numbered(7, 3, 3), 2);
  check_round_trip(numbered(1, 1, 1), 0);
}

TEST_CASE("images of impossible shapes are refused") {
  CHECK_THROWS_AS(Image(0, 4, 1), std::invalid_argument);
  CHECK_THROWS_AS(Image(4, 4, 2), std::invalid_argument);
  Image cut(4, 4, 1);
  cut.pixels.pop_back();
  CHECK_THROWS_AS(encode_png(cut), std::invalid_argument);
  CHECK_THROWS_AS(encode_png(Image()), std::invalid_argument);
}

TEST_CASE("base64 of the published test messages") {
  const auto encoded = [](const std::string& text) { return base64({text.begin(), text.end()}); };
  CHECK(encoded("").empty());
  CHECK(encoded("f") == "Zg==");
  CHECK(encoded("fo") == "Zm8=");
  CHECK(encoded("foo") == "Zm9v");
  CHECK(encoded("foobar") == "Zm9vYmFy");
  CHECK(base64({0xff, 0xfe, 0xfb}) == "//77");
}

}  // namespace png_test

// SPDX-License-Identifier: MIT
#include <parsae/io/idx.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <io/gzip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace idx_test {

using namespace parsae;

namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes = test::bytes_of(value);
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::string header(int type, const std::vector<std::uint32_t>& shape) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (const std::uint32_t dimension : shape) bytes += big_endian(dimension);
  return bytes;
}

/// Two images of 2 x 3.
std::string images() { return header(0x08, {2, 2, 3}) + "abcdefghijkl"; }

void read_all(const std::filesystem::path& path) { (void)read_idx(path); }

/// The refusal of `content`, in a file of its own.
FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content) {
  const auto path = test::make_file(folder / "damaged", content);
  return test::refusal(path, [&] { read_all(path); });
}

}  // namespace

TEST_CASE("images are read, plain and compressed, whatever the name of the file") {
  const test::TemporaryFolder folder;
  for (const std::string& content : {images(), test::gzip(images())}) {
    const IdxArray array = read_idx(test::make_file(folder / "images.gz", content));
    CHECK(array.type == IdxType::U8);
    REQUIRE(array.shape.size() == 3);
    CHECK(array.n_items() == 2);
    CHECK(array.item_size() == 6);
    CHECK(std::string(array.values.begin(), array.values.end()) == "abcdefghijkl");
    const Matrix<float> samples = array.samples<float>();
    CHECK(samples(0, 0) == 'a');
    CHECK(samples(5, 0) == 'f');
    CHECK(samples(0, 1) == 'g');
  }
}

TEST_CASE("labels, empty arrays and wide elements are read") {
  const test::TemporaryFolder folder;
  const IdxArray labels = read_idx(test::make_file(folder / "labels", header(0x08, {3}) + std::string("\5\0\4", 3)));
  CHECK(labels.n_items() == 3);
  CHECK(labels.item_size() == 1);
  CHECK(labels.values[2] == 4);
  const IdxArray empty = read_idx(test::make_file(folder / "empty", header(0x08, {0, 28, 28})));
  CHECK(empty.samples<float>().rows() == 784);
  CHECK(empty.samples<float>().cols() == 0);
  const std::string wide = header(0x0D, {1, 2}) + big_endian(0x3fc00000u) + big_endian(0xbf000000u);
  const Matrix<double> values = read_idx(test::make_file(folder / "wide", wide)).samples<double>();
  CHECK(values(0, 0) == 1.5);
  CHECK(values(1, 0) == -0.5);
}

TEST_CASE("compressed data larger than the steps it is read in arrives whole") {
  const test::TemporaryFolder folder;
  const std::uint32_t size = 5'000'001;
  std::string values(size, '\0');
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<char>(i * i % 251);
  const IdxArray array = read_idx(test::make_file(folder / "file", test::gzip(header(0x08, {size}) + values)));
  CHECK(std::equal(values.begin(), values.end(), array.values.begin(), array.values.end(),
                   [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }));
}

TEST_CASE("what is no IDX file is refused with the offset") {
  const test::TemporaryFolder folder;
  const auto check = [&](const std::string& content, std::uint64_t offset, const std::string& reason) {
    const FileError error = refusal_of(folder, content);
    CHECK(error.reason() == reason);
    CHECK(error.offset() == offset);
  };
  const std::string types = "; known: 0x08 (u8), 0x09 (i8), 0x0B (i16), 0x0C (i32), 0x0D (f32), 0x0E (f64)";
  check("", 0, "truncated: expected a header of at least 8 bytes, got 0");
  check("PNG image", 0, "not an IDX file: expected two zero bytes");
  check(header(0x0A, {1}) + "x", 2, "unknown element type 0x0A" + types);
  check(header(0x1F, {1}) + "x", 2, "unknown element type 0x1F" + types);
  check(header(0x08, {}), 3, "expected at least one dimension, got none");
  check(header(0x08, {2, 3}).substr(0, 10), 10, "truncated: expected a header of 12 bytes, got 10");
  check(images().substr(0, 20), 20, "truncated: the shape (2, 2, 3) needs 12 bytes after the header, got 4");
  check(header(0x0C, {2}) + "1234567", 15, "truncated: the shape (2,) needs 8 bytes after the header, got 7");
  check(images() + "m", 28, "bytes after the data: the shape (2, 2, 3) needs 12 bytes after the header, got more");
}

TEST_CASE("what is no IDX file is refused when compressed, too") {
  const test::TemporaryFolder folder;
  const auto check = [&](const std::string& content, std::uint64_t offset, const std::string& reason) {
    const FileError error = refusal_of(folder, test::gzip(content));
    CHECK(error.reason() == reason + " (offset in the decompressed data)");
    CHECK(error.offset() == offset);
  };
  check("plain text", 0, "not an IDX file: expected two zero bytes");
  check(images().substr(0, 20), 20, "truncated: the shape (2, 2, 3) needs 12 bytes after the header, got 4");
  check(images() + "m", 28, "bytes after the data: the shape (2, 2, 3) needs 12 bytes after the header, got more");
}

TEST_CASE("values that are not finite are refused with item and element") {
  const test::TemporaryFolder folder;
  const std::string zero = big_endian(0);
  const FileError nan = refusal_of(folder, header(0x0D, {2, 2}) + zero + zero + zero + big_endian(0x7fc00000u));
  CHECK(nan.reason() == "expected finite values, got nan in item 1, element 1");
  CHECK(nan.offset() == 24);
  const FileError infinite = refusal_of(folder, header(0x0E, {1}) + big_endian(0xfff00000u) + zero);
  CHECK(infinite.reason() == "expected finite values, got -inf in item 0, element 0");
  CHECK(infinite.offset() == 8);
}

TEST_CASE("IDX shapes that no file can fill are refused") {
  const test::TemporaryFolder folder;
  const std::uint32_t most = 0xffffffffu;
  CHECK(refusal_of(folder, header(0x08, {most, most, most})).reason() ==
        "the shape (4294967295, 4294967295, 4294967295) has more elements than can be counted");
  CHECK(refusal_of(folder, header(0x08, {0, most, most})).reason() ==
        "the shape (0, 4294967295, 4294967295) has more elements than can be counted");
  CHECK(refusal_of(folder, header(0x0E, {1u << 31, 1u << 30})).offset() == 4);
  CHECK(refusal_of(folder, header(0x08, std::vector<std::uint32_t>(255, most))).offset() == 4);
}

TEST_CASE("a header alone makes nobody allocate what it promises") {
  const test::TemporaryFolder folder;
  const std::string promise = header(0x08, {3, 1u << 30}) + "x";
  for (const std::string& content : {promise, test::gzip(promise)}) {
    const auto path = test::make_file(folder / "promise", content);
    CHECK(test::holds_in_child([&] {
      const double before = test::peak_memory_mib();
      try {
        read_all(path);
      } catch (const FileError&) {
        return test::peak_memory_mib() - before < 64;
      }
      return false;
    }));
  }
}

TEST_CASE("an IDX file cut anywhere is refused") {
  const test::TemporaryFolder folder;
  test::check_every_truncation(folder / "plain", images(), read_all);
  test::check_every_truncation(folder / "compressed", test::gzip(images()), read_all);
}

TEST_CASE("an IDX file with one changed byte is read or refused") {
  const test::TemporaryFolder folder;
  CHECK(test::check_every_corruption(folder / "plain", images(), read_all) > 0);
  CHECK(test::check_every_corruption(folder / "compressed", test::gzip(images()), read_all) > 0);
  const std::string wide = header(0x0E, {1, 2}) + std::string(16, '\1');
  CHECK(test::check_every_corruption(folder / "wide", wide, read_all) > 0);
}

}  // namespace idx_test

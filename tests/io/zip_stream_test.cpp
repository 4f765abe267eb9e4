// SPDX-License-Identifier: MIT
#include <parsae/io/zip_stream.hpp>

#include <io/damaged_file.hpp>
#include <io/zip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <string>

namespace zip_stream_test {

using namespace parsae;

namespace {

std::string read_all(const ZipFile& zip, const ZipEntry& entry, std::size_t at_once) {
  ZipStream stream(zip, entry);
  std::string content;
  std::string piece(at_once, '\0');
  for (;;) {
    const Index got = stream.read({reinterpret_cast<std::byte*>(piece.data()), static_cast<Index>(at_once)});
    content.append(piece, 0, static_cast<std::size_t>(got));
    CHECK(stream.position() == static_cast<Index>(content.size()));
    if (got < static_cast<Index>(at_once)) return content;
  }
}

void read_first(const std::filesystem::path& path) {
  const ZipFile zip(path);
  (void)read_all(zip, zip.entries().at(0), 7);
}

FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content) {
  const auto path = test::make_file(folder / "file.zip", content);
  return test::refusal(path, [&] { read_first(path); });
}

std::string long_content() {
  std::string content;
  for (int i = 0; i < 3000; ++i) content += std::to_string(i * 7919) + std::string(50, 'x');
  return content;
}

}  // namespace

TEST_CASE("entries are read in pieces of any size") {
  const test::TemporaryFolder folder;
  const std::string content = long_content();
  const ZipFile zip(test::make_file(
      folder / "file.zip", test::zip({{"stored", content}, {"deflate", content, 8}, {"empty", ""}, {"none", "", 8}})));
  for (const std::size_t at_once : {std::size_t{1000}, std::size_t{65536}, std::size_t{10'000'000}}) {
    CHECK(read_all(zip, zip.entries()[0], at_once) == content);
    CHECK(read_all(zip, zip.entries()[1], at_once) == content);
    CHECK(read_all(zip, zip.entries()[2], at_once).empty());
    CHECK(read_all(zip, zip.entries()[3], at_once).empty());
  }
}

TEST_CASE("a wrong checksum is refused with the last byte") {
  const test::TemporaryFolder folder;
  for (const std::uint16_t method : {std::uint16_t{0}, std::uint16_t{8}}) {
    std::string content = test::zip({{"one", "some content", method}});
    char& crc = content[content.find("PK\1\2") + 16];
    crc = static_cast<char>(crc ^ 1);
    CHECK(refusal_of(folder, content).reason() == "entry 'one': its checksum (CRC-32) is wrong: the data is damaged");
  }
}

TEST_CASE("compressed data of another size than the directory says is refused") {
  const test::TemporaryFolder folder;
  const std::string content = test::zip({{"one", "some content", 8}});
  const auto with_size = [&](std::uint32_t size) {
    std::string changed = content;
    return changed.replace(changed.find("PK\1\2") + 24, 4, test::bytes_of(size));
  };
  CHECK(refusal_of(folder, with_size(11)).reason() == "entry 'one': expected 11 bytes of uncompressed data, got more");
  CHECK(refusal_of(folder, with_size(13)).reason() == "entry 'one': expected 13 bytes of uncompressed data, got fewer");
  CHECK(refusal_of(folder, with_size(0)).reason() == "entry 'one': expected 0 bytes of uncompressed data, got more");
  std::string shorter = content;
  shorter[shorter.find("PK\1\2") + 20] = static_cast<char>(shorter[shorter.find("PK\1\2") + 20] - 3);
  CHECK(refusal_of(folder, shorter).reason() == "truncated: the compressed data has no end");
}

TEST_CASE("an entry with one changed byte is read or refused") {
  const test::TemporaryFolder folder;
  const std::string content(200, 'x');
  CHECK(test::check_every_corruption(folder / "file.zip", test::zip({{"one", content, 8}}), read_first) > 500);
  CHECK(test::check_every_corruption(folder / "file.zip", test::zip({{"one", content, 0}}), read_first) > 2000);
}

}  // namespace zip_stream_test

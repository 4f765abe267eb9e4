// SPDX-License-Identifier: MIT
#include <parsae/io/zip_file.hpp>

#include <io/damaged_file.hpp>
#include <io/zip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <string>
#include <vector>

namespace zip_file_test {

using namespace parsae;
using Sizes = test::ZipPart::Sizes;

namespace {

const std::vector<test::ZipPart> three_parts{
    {"one", "first content"},
    {"folder/two", std::string(500, 'x'), 8, Sizes::Zip64InFront},
    {"three", "", 0, Sizes::Plain},
};

void read_all(const std::filesystem::path& path) {
  const ZipFile zip(path);
  for (const ZipEntry& entry : zip.entries()) (void)zip.data(entry);
}

FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content) {
  const auto path = test::make_file(folder / "file.zip", content);
  return test::refusal(path, [&] { read_all(path); });
}

std::string replaced(std::string content, const std::string& what, const std::string& with) {
  const std::size_t at = content.find(what);
  REQUIRE(at != std::string::npos);
  return content.replace(at, with.size(), with);
}

}  // namespace

TEST_CASE("entries and their bytes are found through the directory") {
  const test::TemporaryFolder folder;
  for (const std::string& comment : {std::string(), std::string("a comment"), std::string(65535, 'c')}) {
    const ZipFile zip(test::make_file(folder / "file.zip", test::zip(three_parts, comment)));
    REQUIRE(zip.entries().size() == 3);
    CHECK(zip.entries()[0].name == "one");
    CHECK(zip.entries()[0].is_stored());
    CHECK(as_text(zip.data(zip.entries()[0])) == "first content");
    CHECK(zip.entries()[1].name == "folder/two");
    CHECK(zip.entries()[1].size == 500);
    CHECK(as_text(zip.data(zip.entries()[1])) == test::deflated(std::string(500, 'x')));
    CHECK(zip.data(zip.entries()[2]).empty());
  }
  CHECK(ZipFile(test::make_file(folder / "file.zip", test::zip({}))).entries().empty());
}

TEST_CASE("sizes of 64 bits are read") {
  const test::TemporaryFolder folder;
  const ZipFile zip(test::make_file(
      folder / "file.zip", test::zip({{"one", "first content", 0, Sizes::Zip64}, {"two", "second", 8, Sizes::Zip64}})));
  REQUIRE(zip.entries().size() == 2);
  CHECK(as_text(zip.data(zip.entries()[0])) == "first content");
  CHECK(zip.entries()[1].size == 6);
  CHECK(as_text(zip.data(zip.entries()[1])) == test::deflated("second"));
}

TEST_CASE("zip files that cannot be read are refused with the reason") {
  const test::TemporaryFolder folder;
  const std::string content = test::zip(three_parts);
  CHECK(refusal_of(folder, "PK").reason() == "truncated: expected a zip file of at least 22 bytes, got 2");
  CHECK(refusal_of(folder, std::string(100, 'x')).reason() ==
        "not a zip file, or truncated: no end record of a zip directory");
  CHECK(refusal_of(folder, "x" + content).reason().find("does not end where its end record begins") !=
        std::string::npos);
  CHECK(refusal_of(folder, test::zip({{"same", "a"}, {"same", "b"}})).reason() ==
        "the name 'same' appears twice in the zip directory");
  CHECK(refusal_of(folder, test::zip({{"one", "content", 12}})).reason() ==
        "entry 'one': compression method 12 is not supported here; supported: 0 (stored), 8 (deflate)");
  CHECK(refusal_of(folder, replaced(content, "one", "two")).reason() ==
        "entry 'one': its local header has another name");
  const FileError header = refusal_of(folder, replaced(content, "PK\3\4", "PKxx"));
  CHECK(header.reason() == "expected a local header of the zip file");
  CHECK(header.offset() == 0);
  std::string encrypted = content;
  encrypted[encrypted.find("PK\1\2") + 8] = 1;
  CHECK(refusal_of(folder, encrypted).reason() == "entry 'one': is encrypted");
  std::string two_disks = content;
  two_disks[two_disks.find("PK\5\6") + 4] = 1;
  CHECK(refusal_of(folder, two_disks).reason() == "zip files of several parts are not supported here");
  std::string count = content;
  count[count.find("PK\5\6") + 8] = count[count.find("PK\5\6") + 10] = 4;
  CHECK(refusal_of(folder, count).reason() == "expected 4 entries in the zip directory, got 3");
}

TEST_CASE("sizes that the file cannot hold are refused before anything is read") {
  const test::TemporaryFolder folder;
  const std::string content = test::zip(three_parts);
  const std::size_t entry = content.find("PK\1\2", content.find("PK\1\2") + 1);
  std::string bomb = content;
  bomb.replace(entry + 24, 4, test::bytes_of(std::uint32_t{4'000'000'000}));
  CHECK(refusal_of(folder, bomb).reason().find("bytes cannot hold 4000000000") != std::string::npos);
  std::string long_data = content;
  long_data.replace(entry + 20, 4, test::bytes_of(std::uint32_t{4'000'000'000}));
  CHECK(refusal_of(folder, long_data).reason() == "entry 'folder/two': its data reaches into the directory");
  std::string no_large_sizes = content;
  no_large_sizes.replace(entry + 24, 4, "\xff\xff\xff\xff");
  CHECK(refusal_of(folder, no_large_sizes).reason() == "entry 'folder/two': its ZIP64 sizes are missing");
}

TEST_CASE("headers whose lengths lead out of their place are refused") {
  const test::TemporaryFolder folder;
  std::string long_extra = test::zip(three_parts);
  long_extra.replace(28, 2, "\xff\xff");  // of the first local header: its data would begin behind the file
  CHECK(refusal_of(folder, long_extra).reason() == "entry 'one': its data reaches into the directory");
  std::string long_comment = test::zip(three_parts);
  long_comment.replace(long_comment.find("PK\1\2") + 32, 2, "\xff\xff");
  CHECK(refusal_of(folder, long_comment).reason() == "no room for the names of a directory entry of the zip file");
}

TEST_CASE("ZIP64 records that say too little or too much are refused") {
  const test::TemporaryFolder folder;
  const std::string content = test::zip({{"one", "first content", 0, Sizes::Zip64}});
  const std::size_t extra = content.find("PK\1\2") + 46 + 3 + 5;  // after the name and another extra field
  std::string one_size = content;
  one_size[extra + 2] = 8;  // bytes, where two sizes need 16
  CHECK(refusal_of(folder, one_size).reason() == "entry 'one': its ZIP64 sizes are missing");
  std::string long_field = content;
  long_field[extra + 2] = 17;  // one more than there are
  CHECK(refusal_of(folder, long_field).reason() == "entry 'one': its ZIP64 sizes are missing");
  std::string two_disks = content;
  two_disks[two_disks.find("PK\6\6") + 16] = 1;
  CHECK(refusal_of(folder, two_disks).reason() == "zip files of several parts are not supported here");
}

TEST_CASE("a zip file cut anywhere is refused") {
  const test::TemporaryFolder folder;
  test::check_every_truncation(folder / "file.zip", test::zip(three_parts), read_all);
  test::check_every_truncation(folder / "file.zip", test::zip({{"one", "content", 8, Sizes::Zip64}}), read_all);
}

TEST_CASE("a zip file with one changed byte is read or refused") {
  const test::TemporaryFolder folder;
  CHECK(test::check_every_corruption(folder / "file.zip", test::zip(three_parts), read_all) > 500);
  CHECK(test::check_every_corruption(folder / "file.zip", test::zip({{"one", "content", 8, Sizes::Zip64}}), read_all) >
        500);
}

}  // namespace zip_file_test

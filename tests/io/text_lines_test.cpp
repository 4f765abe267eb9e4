// SPDX-License-Identifier: MIT
#include <parsae/io/text_lines.hpp>

#include <io/damaged_file.hpp>
#include <io/gzip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <string>
#include <vector>

namespace text_lines_test {

using namespace parsae;

namespace {

std::vector<std::string> all_lines(TextLines& lines) {
  std::vector<std::string> found;
  while (const auto line = lines.next()) found.emplace_back(*line);
  return found;
}

std::vector<std::string> lines_of(const test::TemporaryFolder& folder, const std::string& content) {
  const MappedFile file(test::make_file(folder / "file", content));
  TextLines lines(file);
  return all_lines(lines);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines end with either convention, the last one perhaps without") {
  const test::TemporaryFolder folder;
  for (const bool is_compressed : {false, true}) {
    const auto read = [&](const std::string& content) {
      return lines_of(folder, is_compressed ? test::gzip(content) : content);
    };
    CHECK(read("").empty());
    CHECK(read("a\nbc\n") == Lines{"a", "bc"});
    CHECK(read("a\r\nbc\r\n") == Lines{"a", "bc"});
    CHECK(read("a\n\n\nb") == Lines{"a", "", "", "b"});
    CHECK(read("\n") == Lines{""});
    CHECK(read("a") == Lines{"a"});
  }
}

TEST_CASE("many lines of all lengths are read, and again from any of them") {
  const test::TemporaryFolder folder;
  std::string content;
  Lines expected;
  for (std::size_t i = 0; i < 3000; ++i) {
    expected.emplace_back(i % 500 == 499 ? 300'000 : i % 97, static_cast<char>('a' + i % 26));
    content += expected.back() + "\n";
  }
  for (const bool is_compressed : {false, true}) {
    const MappedFile file(test::make_file(folder / "file", is_compressed ? test::gzip(content) : content));
    TextLines lines(file);
    CHECK(lines.is_compressed() == is_compressed);
    std::vector<Index> places;
    for (const std::string& line : expected) {
      places.push_back(lines.position());
      REQUIRE(lines.next() == line);
    }
    CHECK_FALSE(lines.next().has_value());
    CHECK(lines.position() == static_cast<Index>(content.size()));
    for (const std::size_t i :
         {std::size_t{0}, std::size_t{2999}, std::size_t{500}, std::size_t{499}, std::size_t{1700}}) {
      lines.seek(places[i]);
      REQUIRE(lines.next() == expected[i]);
      REQUIRE(lines.next().has_value() == (i + 1 < expected.size()));
    }
    lines.seek(0);
    CHECK(all_lines(lines) == expected);
  }
}

TEST_CASE("a line without end in sight is refused where it begins") {
  const test::TemporaryFolder folder;
  const std::string content = "short\n" + std::string((64 << 20) + 1, 'x');
  for (const bool is_compressed : {false, true}) {
    const MappedFile file(test::make_file(folder / "file", is_compressed ? test::gzip(content) : content));
    TextLines lines(file);
    CHECK(lines.next() == "short");
    const FileError error = test::refusal(file.path(), [&] { (void)lines.next(); });
    CHECK(error.offset() == 6);
    CHECK(error.reason().rfind("expected lines of at most 64 MiB, got a longer one", 0) == 0);
  }
}

TEST_CASE("compressed text that is cut is refused") {
  const test::TemporaryFolder folder;
  const std::string content = test::gzip("some\nlines\nof text\n");
  test::check_every_truncation(folder / "file", content, [&](const std::filesystem::path& path) {
    const MappedFile file(path);
    if (!GzipStream::recognizes(file)) throw FileError(path, "no gzip");
    TextLines lines(file);
    (void)all_lines(lines);
  });
}

}  // namespace text_lines_test

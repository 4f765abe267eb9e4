// SPDX-License-Identifier: MIT
#include <parsae/io/bytes.hpp>
#include <parsae/io/gzip_stream.hpp>

#include <io/damaged_file.hpp>
#include <io/gzip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <string>

namespace gzip_stream_test {

using namespace parsae;

namespace {

/// Everything in the file, read in pieces of `piece` bytes.
std::string decompressed(const std::filesystem::path& path, Index piece) {
  const MappedFile file(path);
  GzipStream stream(file);
  std::string all;
  std::string part(static_cast<std::size_t>(piece), '\0');
  for (;;) {
    const Index got = stream.read({reinterpret_cast<std::byte*>(part.data()), piece});
    all.append(part, 0, static_cast<std::size_t>(got));
    if (got < piece) return all;
  }
}

std::string varied_text() {
  std::string text;
  for (int i = 0; i < 3'000; ++i) text += std::to_string(i * i % 97);
  return text;
}

}  // namespace

TEST_CASE("a gzip stream gives the content, whatever the pieces") {
  const test::TemporaryFolder folder;
  const std::string text = varied_text();
  const auto path = test::make_file(folder / "file", test::gzip(text));
  for (const Index piece : {1, 7, 1'000, 100'000}) CHECK(decompressed(path, piece) == text);
}

TEST_CASE("gzip members in a row read as one") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", test::gzip("one ") + test::gzip("") + test::gzip("two"));
  CHECK(decompressed(path, 100) == "one two");
}

TEST_CASE("gzip is recognized by its content") {
  const test::TemporaryFolder folder;
  const auto recognizes = [&](const std::string& content) {
    return GzipStream::recognizes(MappedFile(test::make_file(folder / "file", content)));
  };
  CHECK(recognizes(test::gzip("")));
  CHECK_FALSE(recognizes(""));
  CHECK_FALSE(recognizes("\x1f"));
  CHECK_FALSE(recognizes("\x1fx"));
}

TEST_CASE("bytes after the gzip data are refused") {
  const test::TemporaryFolder folder;
  const std::string member = test::gzip("text");
  const auto path = test::make_file(folder / "file", member + "more");
  const auto error = test::refusal(path, [&] { (void)decompressed(path, 100); });
  CHECK(error.reason() == "expected the end of the file after the gzip data, got more");
  CHECK(error.offset() == member.size());
}

TEST_CASE("a gzip file that was cut is refused, saying so") {
  const test::TemporaryFolder folder;
  const auto path = folder / "file";
  const std::string content = test::gzip("some text, some more text");
  test::check_every_truncation(path, content, [](const auto& file) { (void)decompressed(file, 1'000); });
  test::make_file(path, content.substr(0, content.size() - 1));
  const auto error = test::refusal(path, [&] { (void)decompressed(path, 1'000); });
  CHECK(error.reason() == "truncated: the gzip data has no end");
  CHECK(error.offset() == content.size() - 1);
}

TEST_CASE("damaged gzip data never gives other content") {
  const test::TemporaryFolder folder;
  const std::string text = "some text, some more text";
  const std::string content = test::gzip(text);
  const auto n_refused = test::check_every_corruption(folder / "file", content, [&](const auto& file) {
    const std::string got = decompressed(file, 1'000);
    CHECK(got == text);  // only the fields for time and system are not covered by a check
  });
  CHECK(n_refused >= (content.size() - 8) * 8);
  auto damaged = content;
  damaged[damaged.size() - 8] = static_cast<char>(damaged[damaged.size() - 8] ^ 1);
  const auto path = test::make_file(folder / "file", damaged);
  CHECK(test::refusal(path, [&] { (void)decompressed(path, 1'000); }).reason() ==
        "damaged gzip data: incorrect data check");
}

}  // namespace gzip_stream_test

// SPDX-License-Identifier: MIT
#include <parsae/io/bytes.hpp>
#include <parsae/io/inflater.hpp>

#include <io/damaged_file.hpp>
#include <io/gzip_fixture.hpp>
#include <io/zip_fixture.hpp>

#include <filesystem>
#include <string>

namespace inflater_test {

using namespace parsae;
using parsae::detail::Inflater;

namespace {

const std::filesystem::path path("file");

std::string read_all(Inflater& inflater) {
  std::string content;
  std::string piece(10, '\0');
  while (!inflater.is_ended()) {
    const Index got = inflater.read_some({reinterpret_cast<std::byte*>(piece.data()), 10});
    content.append(piece, 0, static_cast<std::size_t>(got));
  }
  return content;
}

}  // namespace

TEST_CASE("both formats are decompressed up to their end, and again after a restart") {
  const std::string content = "some content, some content, some content";
  for (const bool is_gzip : {false, true}) {
    const std::string once = is_gzip ? test::gzip(content) : test::deflated(content);
    const std::string input = once + once + "rest";
    Inflater inflater(path, as_bytes(std::string_view(input)), 0,
                      is_gzip ? Inflater::Format::Gzip : Inflater::Format::Deflate);
    CHECK(read_all(inflater) == content);
    CHECK(inflater.position() == static_cast<Index>(once.size()));
    inflater.restart();
    CHECK_FALSE(inflater.is_ended());
    CHECK(read_all(inflater) == content);
    CHECK(inflater.position() == static_cast<Index>(2 * once.size()));
  }
}

TEST_CASE("damaged and truncated data is refused with its offset in the file") {
  const std::string whole = test::deflated("some content");
  const std::string cut = whole.substr(0, 4);
  Inflater truncated(path, as_bytes(std::string_view(cut)), 100, Inflater::Format::Deflate);
  const FileError end = test::refusal(path, [&] { read_all(truncated); });
  CHECK(end.reason() == "truncated: the compressed data has no end");
  CHECK(end.offset() == 104);
  const std::string bad = "\x07 no deflate data";
  Inflater damaged(path, as_bytes(std::string_view(bad)), 100, Inflater::Format::Deflate);
  CHECK(test::refusal(path, [&] { read_all(damaged); }).reason() == "damaged compressed data: invalid block type");
}

}  // namespace inflater_test

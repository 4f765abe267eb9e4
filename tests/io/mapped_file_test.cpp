// SPDX-License-Identifier: MIT
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>
#include <sys/stat.h>

#include <string>
#include <type_traits>
#include <utility>

namespace mapped_file_test {

using namespace parsae;

static_assert(!std::is_copy_constructible_v<MappedFile>);

namespace {

bool is_mapped(const std::filesystem::path& path) {
  return test::content_of("/proc/self/maps").find(path.string()) != std::string::npos;
}

}  // namespace

TEST_CASE("a mapped file has the bytes of the file") {
  const test::TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 10'000; ++i) content += static_cast<char>(i * 7);
  const auto path = test::make_file(folder / "file", content);
  const MappedFile file(path);
  CHECK(file.path() == path);
  CHECK(file.size() == 10'000);
  CHECK(as_text(file.bytes()) == content);
}

TEST_CASE("an empty file maps to no bytes") {
  const test::TemporaryFolder folder;
  MappedFile file(test::make_file(folder / "empty", ""));
  CHECK(file.size() == 0);
  CHECK(file.bytes().empty());
  const MappedFile moved = std::move(file);
  CHECK(moved.bytes().empty());
}

TEST_CASE("a mapping moves, and ends with its last owner") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", "content");
  const auto other = test::make_file(folder / "other", "something else");
  {
    MappedFile first(path);
    const std::byte* const begin = first.bytes().data();
    MappedFile second = std::move(first);
    CHECK(second.bytes().data() == begin);
    MappedFile third(other);
    third = std::move(second);
    CHECK(third.path() == path);
    CHECK(as_text(third.bytes()) == "content");
    if (std::filesystem::exists("/proc/self/maps")) CHECK(is_mapped(path));
  }
  if (std::filesystem::exists("/proc/self/maps")) {
    CHECK_FALSE(is_mapped(path));
    CHECK_FALSE(is_mapped(other));
  }
}

TEST_CASE("a path that cannot be mapped is refused with the reason") {
  const test::TemporaryFolder folder;
  const auto reason = [](const std::filesystem::path& path) {
    return test::refusal(path, [&] { const MappedFile file(path); }).reason();
  };
  CHECK(reason(folder / "missing") == "cannot be opened to read: No such file or directory");
  CHECK(reason(folder.path()) == "expected a file, got a folder");
  CHECK(reason(test::make_file(folder / "file", "") / "below") == "cannot be opened to read: Not a directory");
}

TEST_CASE("a pipe is refused without waiting for a writer") {
  const test::TemporaryFolder folder;
  const auto path = folder / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto error = test::refusal(path, [&] { const MappedFile file(path); });
  CHECK(error.reason() == "expected a regular file, got a device, a pipe or a socket");
}

TEST_CASE("a file without read permission is refused") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "secret", "content");
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  std::filesystem::permissions(path, std::filesystem::perms::none);
  CHECK(test::holds_in_child([&] {
    if (!test::become_ordinary_user()) return false;
    try {
      const MappedFile file(path);
    } catch (const FileError& error) {
      return error.reason() == "cannot be opened to read: Permission denied" && error.path() == path;
    }
    return false;
  }));
}

TEST_CASE("pages that were given back are read again") {
  const test::TemporaryFolder folder;
  const std::string content = std::string(10'000, 'a') + std::string(10'000, 'b');
  const MappedFile file(test::make_file(folder / "file", content));
  CHECK(as_text(file.bytes()) == content);
  file.drop_pages(0, 20'000);
  file.drop_pages(5'000, 100'000);
  file.drop_pages(20'000, 0);
  CHECK(as_text(file.bytes()) == content);
  const MappedFile empty(test::make_file(folder / "empty", ""));
  CHECK_NOTHROW(empty.drop_pages(0, 0));
}

}  // namespace mapped_file_test

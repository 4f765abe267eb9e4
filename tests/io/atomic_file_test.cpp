// SPDX-License-Identifier: MIT
#include <parsae/io/atomic_file.hpp>
#include <parsae/io/mapped_file.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>
#include <sys/resource.h>

#include <csignal>
#include <iterator>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace atomic_file_test {

using namespace parsae;
namespace fs = std::filesystem;

static_assert(!std::is_copy_constructible_v<AtomicFile> && !std::is_move_constructible_v<AtomicFile>);

namespace {

auto n_files(const fs::path& folder) { return std::distance(fs::directory_iterator(folder), fs::directory_iterator()); }

/// In a child process: whether `use(path)`, with files limited to 100,000 bytes, fails as on a full disk and leaves
/// everything as it was.
template <class Use>
bool keeps_old_file_when_full(const test::TemporaryFolder& folder, const Use& use) {
  const auto path = test::make_file(folder / "file", "old");
  return test::holds_in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    try {
      use(path);
    } catch (const FileError& error) {
      return error.reason() == "cannot be written: File too large" && error.path() == path &&
             test::content_of(path) == "old" && n_files(folder.path()) == 1;
    }
    return false;
  });
}

}  // namespace

TEST_CASE("a committed file has all pieces in order") {
  const test::TemporaryFolder folder;
  const auto path = folder / "file";
  std::string expected;
  AtomicFile out(path);
  // Sizes around the 65,536 bytes that are gathered: empty, small, just fitting, just not, much larger.
  for (const std::size_t size : {0u, 3u, 65'533u, 1u, 65'536u, 65'537u, 10u, 300'000u, 5u}) {
    const std::string piece(size, static_cast<char>('a' + expected.size() % 26));
    out.write(piece);
    expected += piece;
  }
  CHECK_FALSE(fs::exists(path));
  out.commit();
  CHECK(test::content_of(path) == expected);
  CHECK(n_files(folder.path()) == 1);
}

TEST_CASE("an empty file can be committed") {
  const test::TemporaryFolder folder;
  AtomicFile(folder / "file").commit();
  CHECK(test::content_of(folder / "file").empty());
}

TEST_CASE("a commit replaces the old file; whoever has mapped that keeps its content") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", "old content");
  const MappedFile old(path);
  AtomicFile out(path);
  out.write(std::string_view("new"));
  CHECK(test::content_of(path) == "old content");
  out.commit();
  CHECK(test::content_of(path) == "new");
  CHECK(as_text(old.bytes()) == "old content");
}

TEST_CASE("without a commit the old file stays and nothing is left behind") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", "old");
  const auto interrupted = [&] {
    AtomicFile out(path);
    out.write(std::string(200'000, 'x'));
    CHECK(n_files(folder.path()) == 2);
    throw std::runtime_error("between two pieces");
  };
  CHECK_THROWS_AS(interrupted(), std::runtime_error);
  CHECK(test::content_of(path) == "old");
  CHECK(n_files(folder.path()) == 1);
}

TEST_CASE("two writers of one file do not meet: the last commit stays") {
  const test::TemporaryFolder folder;
  AtomicFile first(folder / "file");
  AtomicFile second(folder / "file");
  first.write(std::string_view("first"));
  second.write(std::string_view("second"));
  second.commit();
  CHECK(test::content_of(folder / "file") == "second");
  first.commit();
  CHECK(test::content_of(folder / "file") == "first");
  CHECK(n_files(folder.path()) == 1);
}

TEST_CASE("a full disk keeps the old file") {
  const test::TemporaryFolder folder;
  SECTION("in a large piece, which is cut short first") {
    CHECK(keeps_old_file_when_full(folder, [](const fs::path& path) {
      AtomicFile out(path);
      out.write(std::string(150'000, 'x'));
    }));
  }
  SECTION("in small pieces that are gathered until the commit") {
    CHECK(keeps_old_file_when_full(folder, [](const fs::path& path) {
      AtomicFile out(path);
      for (int i = 0; i < 12; ++i) out.write(std::string(10'000, 'x'));
      out.commit();
    }));
  }
  CHECK(test::content_of(folder / "file") == "old");
}

TEST_CASE("after a failure a file is neither written nor committed") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", "old");
  CHECK(test::holds_in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{10, 10};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    AtomicFile out(path);
    out.write(std::string(100, 'x'));
    try {
      out.commit();
      return false;
    } catch (const FileError&) {
    }
    try {
      out.commit();
      return false;
    } catch (const std::invalid_argument&) {
    }
    return test::content_of(path) == "old";
  }));
}

TEST_CASE("a file that was committed is not written again") {
  const test::TemporaryFolder folder;
  AtomicFile out(folder / "file");
  out.commit();
  CHECK_THROWS_AS(out.write(std::string_view("late")), std::invalid_argument);
  CHECK_THROWS_AS(out.commit(), std::invalid_argument);
  CHECK(test::content_of(folder / "file").empty());
}

TEST_CASE("a rename that fails removes the temporary file") {
  const test::TemporaryFolder folder;
  const auto path = folder / "file";
  AtomicFile out(path);
  fs::create_directory(path);
  const auto error = test::refusal(path, [&] { out.commit(); });
  CHECK(error.reason() == "cannot be replaced: Is a directory");
  CHECK(n_files(folder.path()) == 1);
}

TEST_CASE("a place where no file can be written is refused at once") {
  const test::TemporaryFolder folder;
  const auto reason = [](const fs::path& path) {
    return test::refusal(path, [&] { const AtomicFile out(path); }).reason();
  };
  CHECK(reason(folder / "missing" / "file") == "no file can be created in its folder: No such file or directory");
  CHECK(reason(folder.path()) == "cannot be replaced: it is not a regular file");
  CHECK(reason("/dev/null") == "cannot be replaced: it is not a regular file");
}

TEST_CASE("a folder without write permission is refused") {
  const test::TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  fs::create_directory(folder / "closed");
  fs::permissions(folder / "closed", fs::perms::others_read | fs::perms::others_exec);
  const auto path = folder / "closed" / "file";
  CHECK(test::holds_in_child([&] {
    if (!test::become_ordinary_user()) return false;
    try {
      const AtomicFile out(path);
    } catch (const FileError& error) {
      return error.reason() == "no file can be created in its folder: Permission denied";
    }
    return false;
  }));
}

TEST_CASE("a replaced file keeps its permissions, a new one has the usual ones") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "old", "old");
  const fs::perms unusual = fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_exec;
  fs::permissions(path, unusual);
  AtomicFile(path).commit();
  CHECK(fs::status(path).permissions() == unusual);
  AtomicFile(folder / "new").commit();
  CHECK(fs::status(folder / "new").permissions() == fs::status(test::make_file(folder / "usual", "")).permissions());
}

TEST_CASE("a symbolic link stays, its target is replaced") {
  const test::TemporaryFolder folder;
  fs::create_directory(folder / "elsewhere");
  const auto target = test::make_file(folder / "elsewhere" / "file", "old");
  fs::create_symlink(fs::path("elsewhere") / "file", folder / "link");
  AtomicFile out(folder / "link");
  out.write(std::string_view("new"));
  out.commit();
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(test::content_of(target) == "new");
  CHECK(n_files(folder / "elsewhere") == 1);
}

TEST_CASE("a file name without a folder is written to the current one") {
  const test::TemporaryFolder folder;
  CHECK(test::holds_in_child([&] {
    fs::current_path(folder.path());
    AtomicFile("file").commit();
    return fs::exists(folder / "file");
  }));
}

}  // namespace atomic_file_test

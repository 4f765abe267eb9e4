// SPDX-License-Identifier: MIT
#include <parsae/io/file_descriptor.hpp>

#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>

#include <type_traits>
#include <utility>

namespace file_descriptor_test {

using namespace parsae;
using detail::FileDescriptor;

static_assert(!std::is_copy_constructible_v<FileDescriptor>);

namespace {

bool is_open_in_system(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

}  // namespace

TEST_CASE("a file descriptor is closed once, by its last owner") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", "content");
  int number = -1;
  {
    FileDescriptor first = FileDescriptor::open_to_read(path);
    number = first.get();
    REQUIRE(is_open_in_system(number));
    CHECK(first.status(path).st_size == 7);
    FileDescriptor second = std::move(first);
    FileDescriptor third;
    third = std::move(second);
    CHECK(third.get() == number);
    CHECK(is_open_in_system(number));
  }
  CHECK_FALSE(is_open_in_system(number));
}

TEST_CASE("closing a file descriptor reports the system's error and happens once") {
  const test::TemporaryFolder folder;
  FileDescriptor file = FileDescriptor::open_to_read(test::make_file(folder / "file", ""));
  CHECK(file.close() == 0);
  CHECK_FALSE(file.is_open());
  CHECK(file.close() == 0);
  FileDescriptor never_opened(1 << 20);
  CHECK(never_opened.close() == EBADF);
}

TEST_CASE("a system error is told in words") {
  const auto error =
      test::refusal("some/file", [] { detail::throw_system_error("some/file", "cannot be read", ENOSPC); });
  CHECK(error.reason() == "cannot be read: No space left on device");
}

}  // namespace file_descriptor_test

// SPDX-License-Identifier: MIT
#include <parsae/core/file_error.hpp>

#include <support/catch.hpp>

#include <string>

namespace file_error_test {

using parsae::FileError;

TEST_CASE("a file error reads path and reason") {
  const FileError error("data/x.npy", "no such file");
  CHECK(std::string(error.what()) == "data/x.npy: no such file");
  CHECK(error.path() == "data/x.npy");
  CHECK(error.reason() == "no such file");
  CHECK_FALSE(error.offset().has_value());
}

TEST_CASE("a file error names the byte where it is known, zero included") {
  CHECK(std::string(FileError("x", "wrong magic", 0).what()) == "x at byte 0: wrong magic");
  const FileError late("x", "truncated", 5'000'000'000u);
  CHECK(std::string(late.what()) == "x at byte 5000000000: truncated");
  CHECK(late.offset() == 5'000'000'000u);
  CHECK(late.reason() == "truncated");
}

TEST_CASE("a file error is a runtime error") {
  CHECK_THROWS_AS([] { throw FileError("x", "y"); }(), std::runtime_error);
}

}  // namespace file_error_test

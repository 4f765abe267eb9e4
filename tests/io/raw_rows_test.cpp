// SPDX-License-Identifier: MIT
#include <parsae/io/raw_rows.hpp>

#include <io/damaged_file.hpp>
#include <io/rows_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <stdexcept>
#include <string>
#include <vector>

namespace raw_rows_test {

using namespace parsae;

using Values = std::vector<float>;

TEST_CASE("numbers without header are rows of the dimension and type that the settings say") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file.bin", "head" + test::bytes_of(1.5f) + test::bytes_of(-2.0f));
  const auto file = open_raw_rows(path, {.raw_dim = 1, .raw_skip_bytes = 4});
  CHECK(file->n_rows() == 2);
  CHECK(file->description() == "raw '<f4' (2, 1), C order");
  CHECK(test::all_rows(*file) == Values{1.5f, -2});
  const auto halves = open_raw_rows(test::make_file(folder / "file.bin", std::string("\x3f\xc0\xc0\x00", 4)),
                                    {.raw_dim = 2, .raw_dtype = ">bf16"});
  CHECK(test::all_rows(*halves) == Values{1.5f, -2});
  CHECK(open_raw_rows(test::make_file(folder / "file.bin", ""), {.raw_dim = 2})->n_rows() == 0);
}

TEST_CASE("files that are not whole rows are refused") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file.bin", "0123456789");
  const FileError rest = test::refusal(path, [&] { (void)open_raw_rows(path, {.raw_dim = 1, .raw_skip_bytes = 1}); });
  CHECK(rest.reason() == "expected whole rows of 1 '<f4' (4 bytes), got 9 bytes");
  CHECK(rest.offset() == 9);
  const FileError skip = test::refusal(path, [&] { (void)open_raw_rows(path, {.raw_dim = 1, .raw_skip_bytes = 11}); });
  CHECK(skip.reason() == "truncated: expected 11 bytes to skip, got 10");
}

TEST_CASE("raw settings outside their ranges are refused") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file.bin", "01234567");
  CHECK_THROWS_AS(open_raw_rows(path, {.raw_dim = 0}), std::invalid_argument);
  CHECK_THROWS_AS(open_raw_rows(path, {.raw_dim = -4}), std::invalid_argument);
  CHECK_THROWS_AS(open_raw_rows(path, {.raw_dim = (Index{1} << 40) + 1}), std::invalid_argument);
  CHECK_THROWS_AS(open_raw_rows(path, {.raw_dim = 1, .raw_skip_bytes = -1}), std::invalid_argument);
  CHECK_THROWS_AS(open_raw_rows(path, {.raw_dim = 1, .raw_dtype = "float"}), std::invalid_argument);
}

}  // namespace raw_rows_test

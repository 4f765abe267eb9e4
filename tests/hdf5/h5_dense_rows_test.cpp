// SPDX-License-Identifier: MIT
#include <parsae/hdf5/h5_dense_rows.hpp>

#include <hdf5/h5_fixture.hpp>
#include <io/damaged_file.hpp>
#include <io/rows_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <cstdint>
#include <stdexcept>
#include <vector>

namespace h5_dense_rows_test {

using namespace parsae;

TEST_CASE("rows of a dense dataset are read in any order, in one piece or compressed in chunks") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  for (const std::vector<hsize_t>& chunk : {std::vector<hsize_t>{}, std::vector<hsize_t>{3, 2}}) {
    test::H5Writer writer(path);
    writer.dataset("x", {10, 5}, test::counted_rows<std::int32_t>(10, 5), {.chunk = chunk});
    H5DenseRows rows(path, writer.file(), "x");
    CHECK(rows.path() == path);
    CHECK(rows.n_rows() == 10);
    CHECK(rows.n_inputs() == 5);
    CHECK(rows.description() == "hdf5 x int32 (10, 5), dense");
    CHECK(test::all_rows(rows) == test::counted_rows(10, 5));
    CHECK(test::rows_of(rows, 9, 1) == std::vector<float>{900, 901, 902, 903, 904});
    CHECK(test::rows_of(rows, 2, 1) == std::vector<float>{200, 201, 202, 203, 204});
    CHECK(test::rows_of(rows, 10, 0).empty());
    std::vector<float> out(10);
    CHECK_THROWS_AS(rows.read(9, Slice<float>(out.data(), 10)), std::invalid_argument);
    CHECK_THROWS_AS(rows.read(0, Slice<float>(out.data(), 7)), std::invalid_argument);
  }
}

TEST_CASE("a dense dataset may be without rows, but not without inputs") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  test::H5Writer writer(path);
  writer.dataset<float>("rowless", {0, 5}, {});
  writer.dataset<float>("empty", {5, 0}, {});
  CHECK(H5DenseRows(path, writer.file(), "rowless").n_rows() == 0);
  CHECK(test::refusal(path, [&] { H5DenseRows(path, writer.file(), "empty"); }).reason() ==
        "dataset 'empty': expected at least one input a row, got none");
}

}  // namespace h5_dense_rows_test

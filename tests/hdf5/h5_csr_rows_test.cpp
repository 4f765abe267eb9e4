// SPDX-License-Identifier: MIT
#include <parsae/hdf5/h5_csr_rows.hpp>

#include <hdf5/h5_fixture.hpp>
#include <io/damaged_file.hpp>
#include <io/rows_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace h5_csr_rows_test {

using namespace parsae;

namespace {

/// Four rows of three inputs: an empty one, one whose columns descend, one with an entry that is stored twice.
const test::H5Csr small{{4, 3}, {0, 1, 1, 3, 6}, {1, 2, 0, 1, 0, 1}, {5, 7, -2, 3, 4, 0.5f}};
const std::vector<float> small_rows{0, 5, 0, 0, 0, 0, -2, 0, 7, 4, 3.5f, 0};

H5CsrRows open(const std::filesystem::path& path, const test::H5Writer& writer,
               const std::vector<std::int64_t>& shape) {
  return {path, writer.file(), "X", {H5SparseEncoding::Order::Rows, {shape[0], shape[1]}}};
}

/// Why this matrix is refused when it is opened or when all its rows are read.
std::string refusal_of(const test::TemporaryFolder& folder, const test::H5Csr& csr) {
  const auto path = folder / "bad.h5";
  test::H5Writer writer(path);
  writer.sparse_datasets("X", csr);
  return test::refusal(path,
                       [&] {
                         H5CsrRows rows = open(path, writer, csr.shape);
                         (void)test::all_rows(rows);
                       })
      .reason();
}

}  // namespace

TEST_CASE("rows of a sparse matrix are read in any order") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  for (const hsize_t chunk : {hsize_t{0}, hsize_t{2}}) {
    test::H5Writer writer(path);
    writer.sparse_datasets("X", small, chunk);
    H5CsrRows rows = open(path, writer, small.shape);
    CHECK(rows.path() == path);
    CHECK(rows.n_rows() == 4);
    CHECK(rows.n_inputs() == 3);
    CHECK(rows.description() == "hdf5 X float32 (4, 3), CSR with 6 entries");
    CHECK(test::all_rows(rows) == small_rows);
    CHECK(test::rows_of(rows, 3, 1) == std::vector<float>{4, 3.5f, 0});
    CHECK(test::rows_of(rows, 1, 1) == std::vector<float>{0, 0, 0});
    CHECK(test::rows_of(rows, 1, 2) == std::vector<float>{0, 0, 0, -2, 0, 7});
    CHECK(test::rows_of(rows, 4, 0).empty());
    std::vector<float> used(6, 99.0f);
    rows.read(0, Slice<float>(used.data(), 6));
    CHECK(used == std::vector<float>{0, 5, 0, 0, 0, 0});
  }
}

TEST_CASE("a block with more entries than are read at a time gives every one of them") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  constexpr Index n_rows = 700;
  constexpr Index n_inputs = 1000;
  test::H5Csr csr{{n_rows, n_inputs}, {0}, {}, {}};
  std::vector<float> expected(static_cast<std::size_t>(n_rows * n_inputs), 0.0f);
  for (Index i = 0; i < n_rows; ++i) {
    for (Index j = i % 3; j < n_inputs; j += 1 + i % 2) {
      csr.indices.push_back(static_cast<std::int32_t>(j));
      csr.data.push_back(static_cast<float>(i + 7 * j));
      expected[static_cast<std::size_t>(i * n_inputs + j)] = csr.data.back();
    }
    csr.indptr.push_back(static_cast<std::int64_t>(csr.data.size()));
  }
  REQUIRE(csr.data.size() > 2 * (1u << 18) - 1000);
  test::H5Writer writer(path);
  writer.sparse_datasets("X", csr, 5000);
  H5CsrRows rows = open(path, writer, csr.shape);
  CHECK(test::all_rows(rows) == expected);
  CHECK(test::rows_of(rows, 333, 3) ==
        std::vector<float>(expected.begin() + 333 * n_inputs, expected.begin() + 336 * n_inputs));
}

TEST_CASE("entries may be NaN, and a matrix may have none, or no rows") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  {
    test::H5Writer writer(path);
    writer.sparse_datasets("X", {{1, 2}, {0, 1}, {1}, {std::numeric_limits<float>::quiet_NaN()}});
    H5CsrRows rows = open(path, writer, {1, 2});
    const std::vector<float> row = test::all_rows(rows);
    CHECK(row[0] == 0);
    CHECK(std::isnan(row[1]));
  }
  {
    test::H5Writer writer(path);
    writer.sparse_datasets("X", {{2, 2}, {0, 0, 0}, {}, {}});
    H5CsrRows rows = open(path, writer, {2, 2});
    CHECK(test::all_rows(rows) == std::vector<float>{0, 0, 0, 0});
  }
  test::H5Writer writer(path);
  writer.sparse_datasets("X", {{0, 2}, {0}, {}, {}});
  CHECK(open(path, writer, {0, 2}).n_rows() == 0);
}

TEST_CASE("a sparse matrix whose parts do not agree is refused") {
  const test::TemporaryFolder folder;
  const auto with = [&](const auto& change) {
    test::H5Csr csr = small;
    change(csr);
    return refusal_of(folder, csr);
  };
  CHECK(with([](test::H5Csr& csr) {
          csr.shape = {4, 0};
        }) == "sparse matrix 'X': expected a shape with 1 to 2^31 - 1 inputs, got (4, 0)");
  CHECK(with([](test::H5Csr& csr) {
          csr.shape = {4, std::int64_t{1} << 31};
        }) == "sparse matrix 'X': expected a shape with 1 to 2^31 - 1 inputs, got (4, 2147483648)");
  CHECK(with([](test::H5Csr& csr) {
          csr.shape = {5, 3};
        }) == "dataset 'X/indptr': expected one place more than the rows of the shape (5, 3), got 5");
  CHECK(with([](test::H5Csr& csr) {
          csr.shape = {-1, 3}, csr.indptr.clear();
        }) == "dataset 'X/indptr': expected one place more than the rows of the shape (-1, 3), got 0");
  CHECK(with([](test::H5Csr& csr) { csr.indices.pop_back(); }) ==
        "dataset 'X/indices': expected as many columns as there are values, 6, got 5");
  CHECK(with([](test::H5Csr& csr) { csr.indptr.front() = 1; }) ==
        "dataset 'X/indptr': expected to go from 0 to the number of values, 6, got 1 to 6");
  CHECK(with([](test::H5Csr& csr) { csr.indptr.back() = 7; }) ==
        "dataset 'X/indptr': expected to go from 0 to the number of values, 6, got 0 to 7");
  CHECK(with([](test::H5Csr& csr) { csr.indptr[2] = 0; }) ==
        "dataset 'X/indptr': place 2: expected a value from 1 to 6, got 0");
  CHECK(with([](test::H5Csr& csr) { csr.indptr[2] = 7; }) ==
        "dataset 'X/indptr': place 2: expected a value from 1 to 6, got 7");
  CHECK(with([](test::H5Csr& csr) { csr.indptr[1] = -1; }) ==
        "dataset 'X/indptr': place 1: expected a value from 0 to 6, got -1");
  CHECK(with([](test::H5Csr& csr) { csr.indices[4] = 3; }) ==
        "dataset 'X/indices': entry 4: expected a column from 0 to 2, got 3");
  CHECK(with([](test::H5Csr& csr) { csr.indices[0] = -1; }) ==
        "dataset 'X/indices': entry 0: expected a column from 0 to 2, got -1");
}

TEST_CASE("a sparse matrix lacks a part, or has one of another kind") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  test::H5Writer writer(path);
  const auto refusal = [&] { return test::refusal(path, [&] { (void)open(path, writer, {1, 2}); }).reason(); };
  writer.group("X");
  writer.dataset<double>("X/indptr", {2}, {0, 1});
  writer.dataset<std::int32_t>("X/indices", {1}, {1});
  CHECK(refusal() == "dataset 'X/data': cannot be opened: object 'data' doesn't exist");
  writer.dataset<float>("X/data", {1}, {1});
  CHECK(refusal() == "dataset 'X/indptr': expected integers, got float64");
}

}  // namespace h5_csr_rows_test

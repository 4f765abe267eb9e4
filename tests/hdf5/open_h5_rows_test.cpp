// SPDX-License-Identifier: MIT
#include <parsae/hdf5/open_h5_rows.hpp>
#include <parsae/io/shard_source.hpp>

#include <hdf5/h5_fixture.hpp>
#include <io/damaged_file.hpp>
#include <io/rows_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace open_h5_rows_test {

using namespace parsae;

namespace {

/// As anndata writes it: a sparse X, a dense embedding, a dense layer, and names, which are no matrix.
void write_h5ad(const std::filesystem::path& path) {
  test::H5Writer writer(path);
  writer.fixed_text_attribute("/", "encoding-type", "anndata");
  writer.csr("X", {{3, 2}, {0, 1, 1, 3}, {1, 0, 1}, {5, 7, 8}}, 2);
  writer.group("layers");
  writer.dataset("layers/counts", {3, 2}, test::counted_rows<std::int32_t>(3, 2), {.chunk = {2, 2}});
  writer.group("obs");
  writer.dataset<std::int32_t>("obs/age", {3}, {1, 2, 3});
  writer.group("obsm");
  writer.dataset("obsm/X_pca", {3, 4}, test::counted_rows<double>(3, 4));
}

std::vector<float> rows_of(const std::filesystem::path& path, const std::string& array = "") {
  return test::all_rows(*open_h5_rows(path, {.array = array}));
}

std::string refusal_of(const std::filesystem::path& path, const std::string& array = "") {
  return test::refusal(path, [&] { (void)rows_of(path, array); }).reason();
}

}  // namespace

TEST_CASE("an .h5ad file gives X, or the matrix that is named") {
  const test::TemporaryFolder folder;
  const auto path = folder / "cells.h5ad";
  write_h5ad(path);
  const std::vector<float> expected{0, 5, 0, 0, 7, 8};
  CHECK(rows_of(path) == expected);
  CHECK(rows_of(path, "X") == expected);
  CHECK(rows_of(path, "/X") == expected);
  CHECK(rows_of(path, "obsm/X_pca") == test::counted_rows(3, 4));
  CHECK(rows_of(path, "layers/counts") == test::counted_rows(3, 2));
  CHECK(open_h5_rows(path)->description() == "hdf5 X float32 (3, 2), CSR with 3 entries");
  CHECK(open_h5_rows(path, {.array = "layers/counts"})->path() == path);
}

TEST_CASE("a name that is none is answered with those that are") {
  const test::TemporaryFolder folder;
  const auto path = folder / "cells.h5ad";
  write_h5ad(path);
  const std::string listed = "'; it has: X, layers/counts, obsm/X_pca";
  CHECK(refusal_of(path, "obsm/X_umap") == "has no array 'obsm/X_umap" + listed);
  CHECK(refusal_of(path, "obsm") == "has no array 'obsm" + listed);
  CHECK(refusal_of(path, "nowhere/at/all") == "has no array 'nowhere/at/all" + listed);
  CHECK(refusal_of(path, "obs/age") == "dataset 'obs/age': expected 2 axes, got 1");
  { test::H5Writer(folder / "embedding.h5ad").dataset<float>("pca", {1, 1}, {1}); }
  CHECK(refusal_of(folder / "embedding.h5ad") == "has no array 'X'; it has: pca");
}

TEST_CASE("a plain file gives its only matrix") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  {
    test::H5Writer writer(path);
    writer.dataset<float>("labels", {2}, {1, 2});
    writer.group("deep");
    writer.group("deep/er");
    writer.dataset("deep/er/acts", {2, 3}, test::counted_rows(2, 3));
  }
  CHECK(rows_of(path) == test::counted_rows(2, 3));
  {
    test::H5Writer writer(path);
    writer.dataset<float>("a", {1, 1}, {1});
    writer.dataset<float>("b", {1, 1}, {2});
  }
  CHECK(refusal_of(path) == "expected the name of one of its arrays, got none; it has: a, b");
  CHECK(rows_of(path, "b") == std::vector<float>{2});
  { test::H5Writer empty(path); }
  CHECK(refusal_of(path) == "has no arrays");
}

TEST_CASE("files of before 2020 are read, and matrices that lie column by column are refused") {
  const test::TemporaryFolder folder;
  const auto path = folder / "old.h5ad";
  {
    test::H5Writer writer(path);
    writer.sparse_datasets("X", {{2, 2}, {0, 1, 2}, {1, 0}, {3, 4}});
    writer.fixed_text_attribute("X", "h5sparse_format", "csr");
    writer.number_attribute("X", "h5sparse_shape", {2, 2});
    writer.sparse_datasets("columns", {{2, 2}, {0, 1, 2}, {1, 0}, {3, 4}});
    writer.text_attribute("columns", "encoding-type", "csc_matrix");
    writer.number_attribute("columns", "shape", {2, 2});
  }
  CHECK(rows_of(path) == std::vector<float>{0, 3, 4, 0});
  CHECK(refusal_of(path, "columns") ==
        "sparse matrix 'columns': is stored column by column (csc_matrix), so that each row lies all over it; save it "
        "row by row (csr_matrix; in SciPy tocsr())");
}

TEST_CASE("rows stay readable after the file was closed elsewhere, and the extension leads to the reader") {
  const test::TemporaryFolder folder;
  for (const char* const name : {"a.h5", "a.HDF5", "a.h5ad"}) {
    { test::H5Writer(folder / name).dataset("X", {2, 3}, test::counted_rows(2, 3)); }
    CHECK(test::all_rows(*open_row_file_or_h5(folder / name)) == test::counted_rows(2, 3));
  }
  test::make_file(folder / "a.csv", "1,2\n");
  CHECK(test::all_rows(*open_row_file_or_h5(folder / "a.csv")) == std::vector<float>{1, 2});
}

TEST_CASE("a source of batches mixes the rows of HDF5 files with those of others") {
  const test::TemporaryFolder folder;
  write_h5ad(folder / "cells.h5ad");
  test::make_file(folder / "more.csv", "1,2\n3,4\n");
  std::vector<std::unique_ptr<RowFile>> files;
  for (const char* const name : {"cells.h5ad", "more.csv"}) files.push_back(open_row_file_or_h5(folder / name));
  ShardSource<float> source(std::move(files),
                            {.batch_size = 5, .epochs = 1, .order = ShardSettings::Order::Sequential});
  Batch<float> batch;
  REQUIRE(source.next(batch));
  Matrix<float> expected(2, 5);
  expected << 0, 0, 7, 1, 3, 5, 0, 8, 2, 4;
  CHECK(batch.inputs == expected);
}

TEST_CASE("what is no HDF5 file, or half of one, is refused with HDF5's reason") {
  const test::TemporaryFolder folder;
  const auto path = folder / "cells.h5ad";
  CHECK(refusal_of(path).find("cannot be opened as HDF5: ") == 0);
  CHECK(refusal_of(path).find("No such file or directory") != std::string::npos);
  test::make_file(path, "1,2\n3,4\n");
  CHECK(refusal_of(path).find("signature") != std::string::npos);
  write_h5ad(path);
  const std::string content = test::content_of(path);
  test::make_file(path, content.substr(0, content.size() / 2));
  CHECK(refusal_of(path).find("truncated file") != std::string::npos);
  for (std::size_t length = 0; length < content.size(); length += 97) {
    test::make_file(path, content.substr(0, length));
    CHECK_THROWS_AS(rows_of(path), FileError);
  }
}

TEST_CASE("compressed rows that are damaged are refused when they are read") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  { test::H5Writer(path).dataset("x", {60, 50}, test::counted_rows(60, 50), {.chunk = {60, 50}}); }
  std::string content = test::content_of(path);
  std::fill(content.end() - 200, content.end() - 100, '\x5a');
  test::make_file(path, content);
  const auto rows = open_h5_rows(path);
  const FileError error = test::refusal(path, [&] { (void)test::rows_of(*rows, 10, 5); });
  CHECK(error.reason().rfind("dataset 'x': rows 10 to 14 cannot be read: ", 0) == 0);
}

}  // namespace open_h5_rows_test

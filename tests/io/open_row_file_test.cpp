// SPDX-License-Identifier: MIT
#include <parsae/io/npy.hpp>
#include <parsae/io/open_row_file.hpp>
#include <parsae/io/safetensors_writer.hpp>

#include <io/damaged_file.hpp>
#include <io/gzip_fixture.hpp>
#include <io/rows_fixture.hpp>
#include <io/zip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <string>
#include <vector>

namespace open_row_file_test {

using namespace parsae;

TEST_CASE("every format gives the same rows") {
  const test::TemporaryFolder folder;
  Matrix<float> samples(2, 3);
  samples << 1, 3, 5, 2, 4, 6.5f;
  const std::vector<float> expected{1, 2, 3, 4, 5, 6.5f};
  write_npy(folder / "a.npy", samples);
  const std::string npy = test::content_of(folder / "a.npy");
  test::make_file(folder / "a.npz", test::zip({{"x.npy", npy}}));
  test::make_file(folder / "b.npz", test::zip({{"x.npy", npy, 8}}));
  SafetensorsWriter writer;
  writer.add("x", samples);
  writer.write(folder / "a.safetensors");
  test::make_file(folder / "a.csv", "1,2\n3,4\n5,6.5\n");
  test::make_file(folder / "a.TSV", "1\t2\n3\t4\n5\t6.5\n");
  test::make_file(folder / "b.csv.gz", test::gzip("1,2\n3,4\n5,6.5\n"));
  test::make_file(folder / "a.f32", npy.substr(npy.size() - 24));
  for (const char* const name : {"a.npy", "a.npz", "b.npz", "a.safetensors", "a.csv", "a.TSV", "b.csv.gz", "a.f32"}) {
    INFO(name);
    const auto file = open_row_file(folder / name, {.raw_dim = 2});
    CHECK(file->path() == folder / name);
    CHECK(file->n_rows() == 3);
    CHECK(file->n_inputs() == 2);
    CHECK_FALSE(file->description().empty());
    CHECK(test::all_rows(*file) == expected);
    CHECK(test::rows_of(*file, 1, 1) == std::vector<float>{3, 4});
  }
}

TEST_CASE("an extension that is not known is refused with those that are") {
  const test::TemporaryFolder folder;
  const auto reason = [&](const char* name) {
    const auto path = test::make_file(folder / name, "12345678");
    return test::refusal(path, [&] { (void)open_row_file(path); }).reason();
  };
  CHECK(
      reason("x.bin") ==
      "unknown extension '.bin'; supported: .npy, .npz, .safetensors, .csv, .tsv (the last two also .gz), and files of "
      "numbers without header, for which raw_dim has to be set");
  for (const char* const name : {"x.h5ad", "x.H5", "x.hdf5"}) {
    CHECK(
        reason(name) ==
        "is an HDF5 file by its extension, which needs the optional part parsae::hdf5: build with PARSAE_WITH_HDF5 and "
        "open it with open_row_file_or_h5()");
  }
  const auto claimed_raw = test::make_file(folder / "x.h5", "12345678");
  CHECK_THROWS_AS(open_row_file(claimed_raw, {.raw_dim = 2}), FileError);
  CHECK(reason("x.npy.gz").rfind("unknown extension '.gz'", 0) == 0);
  CHECK(reason("x").rfind("unknown extension ''", 0) == 0);
  CHECK_THROWS_AS(open_row_file(folder / "missing.csv"), FileError);
}

}  // namespace open_row_file_test

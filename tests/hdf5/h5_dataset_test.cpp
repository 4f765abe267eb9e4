// SPDX-License-Identifier: MIT
#include <parsae/hdf5/h5_dataset.hpp>

#include <hdf5/h5_fixture.hpp>
#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace h5_dataset_test {

using namespace parsae;

namespace {

std::vector<float> numbers(H5Dataset& dataset, Index first_row, Index count) {
  std::vector<float> values(static_cast<std::size_t>(count * dataset.row_size()));
  dataset.read(first_row, Slice<float>(values.data(), count * dataset.row_size()));
  return values;
}

}  // namespace

TEST_CASE("a dataset hands out rows as float and as integers") {
  const test::TemporaryFolder folder;
  test::H5Writer writer(folder / "a.h5");
  writer.dataset<std::int64_t>("x", {5}, {3, -1, 4, 1, std::int64_t{1} << 40});
  writer.dataset("y", {4, 3}, test::counted_rows(4, 3));
  H5Dataset x(folder / "a.h5", writer.file(), "x", 1);
  CHECK(x.n_rows() == 5);
  CHECK(x.row_size() == 1);
  CHECK(x.is_integer());
  CHECK(x.type_name() == "int64");
  CHECK(numbers(x, 1, 2) == std::vector<float>{-1, 4});
  std::vector<std::int64_t> last(2);
  x.read(3, Slice<std::int64_t>(last.data(), 2));
  CHECK(last == std::vector<std::int64_t>{1, std::int64_t{1} << 40});
  H5Dataset y(folder / "a.h5", writer.file(), "y", 2);
  CHECK_FALSE(y.is_integer());
  CHECK(numbers(y, 0, 4) == test::counted_rows(4, 3));
  CHECK(numbers(y, 2, 1) == std::vector<float>{200, 201, 202});
  CHECK(numbers(y, 4, 0).empty());
}

TEST_CASE("numbers of every type in the file become float") {
  const test::TemporaryFolder folder;
  test::H5Writer writer(folder / "a.h5");
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  writer.dataset<double>("f8", {6}, {0.5, -2, not_a_number, infinite, 1e300, -1e300});
  writer.dataset<double>("f4be", {2}, {0.5, not_a_number}, {.type = H5T_IEEE_F32BE});
  writer.dataset<double>("u1", {2}, {0, 255}, {.type = H5T_STD_U8LE});
  writer.dataset<double>("i2be", {2}, {-300, 300}, {.type = H5T_STD_I16BE});
  const H5Handle half(H5Tcopy(H5T_IEEE_F32LE));  // as h5py spells NumPy's float16
  H5Tset_fields(half.id(), 15, 10, 5, 0, 10);
  H5Tset_size(half.id(), 2);
  H5Tset_ebias(half.id(), 15);
  writer.dataset<double>("f2", {4}, {0.5, -2, not_a_number, infinite}, {.type = half.id()});
  const auto all = [&](const char* name, const char* type) {
    H5Dataset dataset(folder / "a.h5", writer.file(), name, 1);
    CHECK(dataset.type_name() == type);
    return numbers(dataset, 0, dataset.n_rows());
  };
  const std::vector<float> wide = all("f8", "float64");
  CHECK(std::vector<float>{wide[0], wide[1], wide[3], wide[4], wide[5]} ==
        std::vector<float>{0.5, -2, HUGE_VALF, HUGE_VALF, -HUGE_VALF});
  CHECK(std::isnan(wide[2]));
  const std::vector<float> swapped = all("f4be", "float32");
  CHECK(swapped[0] == 0.5f);
  CHECK(std::isnan(swapped[1]));
  CHECK(all("u1", "uint8") == std::vector<float>{0, 255});
  CHECK(all("i2be", "int16") == std::vector<float>{-300, 300});
  const std::vector<float> halves = all("f2", "float16");
  CHECK(std::vector<float>{halves[0], halves[1], halves[3]} == std::vector<float>{0.5, -2, HUGE_VALF});
  CHECK(std::isnan(halves[2]));
}

TEST_CASE("chunks that no usual cache holds are read in blocks of rows") {
  const test::TemporaryFolder folder;
  constexpr Index n_rows = 900;
  constexpr Index n_inputs = 700;
  test::H5Writer writer(folder / "a.h5");
  writer.dataset("x", {n_rows, n_inputs}, test::counted_rows(n_rows, n_inputs), {.chunk = {450, 600}});
  H5Dataset dataset(folder / "a.h5", writer.file(), "x", 2);
  const std::vector<float> expected = test::counted_rows(n_rows, n_inputs);
  for (const Index first : {Index{0}, Index{400}, Index{800}}) {
    const auto begin = expected.begin() + first * n_inputs;
    CHECK(numbers(dataset, first, 100) == std::vector<float>(begin, begin + 100 * n_inputs));
  }
}

TEST_CASE("what is no dataset of numbers with the axes that are expected is refused by name") {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.h5";
  test::H5Writer writer(path);
  writer.group("group");
  writer.dataset<float>("x", {2}, {1, 2});
  writer.dataset<float>("deep", {1, 1, 1, 1}, {1});
  writer.dataset<float>("unwritten", {hsize_t{1} << 40, 5}, {}, {.chunk = {10, 5}});
  writer.dataset<float>("vast", {hsize_t{1} << 62, 5}, {}, {.chunk = {10, 5}});
  const H5Handle text(H5Tcopy(H5T_C_S1));
  writer.dataset<float>("text", {2}, {}, {.type = text.id()});
  const auto reason = [&](const char* name, int n_axes) {
    return test::refusal(path, [&] { H5Dataset(path, writer.file(), name, n_axes); }).reason();
  };
  CHECK(reason("missing", 1) == "dataset 'missing': cannot be opened: object 'missing' doesn't exist");
  CHECK(reason("group", 1).rfind("dataset 'group': cannot be opened: ", 0) == 0);
  CHECK(reason("x", 2) == "dataset 'x': expected 2 axes, got 1");
  CHECK(reason("deep", 1) == "dataset 'deep': expected 1 axis, got 4");
  CHECK(reason("text", 1) == "dataset 'text': expected integers or floating-point numbers");
  CHECK(reason("unwritten", 2) == "dataset 'unwritten': was created, but its numbers were never written");
  CHECK(reason("vast", 2) == "dataset 'vast': is larger than any file");
}

}  // namespace h5_dataset_test

// SPDX-License-Identifier: MIT
#include <parsae/io/npy_rows.hpp>

#include <io/npy_fixture.hpp>
#include <io/rows_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace npy_rows_test {

using namespace parsae;

namespace {

std::string dict(std::string_view descr, std::string_view shape, std::string_view order = "False") {
  std::string text = "{'descr': '";
  return text.append(descr).append("', 'fortran_order': ").append(order).append(", 'shape': ").append(shape) + "}\n";
}

void read_all(const std::filesystem::path& path) { (void)test::all_rows(*open_npy_rows(path)); }

using Values = std::vector<float>;

}  // namespace

TEST_CASE("arrays of several types and orders are rows") {
  const test::TemporaryFolder folder;
  const auto rows_of = [&](const std::string& header, const std::string& data) {
    return test::all_rows(*open_npy_rows(test::make_file(folder / "file.npy", test::npy(header, data))));
  };
  CHECK(rows_of(dict("<f2", "(2, 1)"), std::string("\x00\x3e\x00\xc0", 4)) == Values{1.5f, -2});
  CHECK(rows_of(dict(">i2", "(1, 2)"), std::string("\x01\x02\xff\xff", 4)) == Values{258, -1});
  CHECK(rows_of(dict("|u1", "(2, 3)", "True"), std::string("\1\4\2\5\3\6", 6)) == Values{1, 2, 3, 4, 5, 6});
  CHECK(rows_of(dict("|u1", "(1, 2, 2)"), "abcd") == Values{97, 98, 99, 100});
  const auto file = open_npy_rows(test::make_file(folder / "file.npy", test::npy(dict("<f2", "(2, 1)"), "abcd")));
  CHECK(file->description() == "npy '<f2' (2, 1), C order");
  CHECK(file->n_rows() == 2);
  CHECK(file->n_inputs() == 1);
}

TEST_CASE("values that are not finite are rows like others") {
  const test::TemporaryFolder folder;
  const std::string data = test::bytes_of(std::numeric_limits<float>::quiet_NaN()) + test::bytes_of(1.0f);
  const auto file = open_npy_rows(test::make_file(folder / "file.npy", test::npy(dict("<f4", "(1, 2)"), data)));
  const Values values = test::all_rows(*file);
  CHECK(std::isnan(values[0]));
  CHECK(values[1] == 1);
}

TEST_CASE("rows of an .npy file cut anywhere or with one changed byte are read or refused") {
  const test::TemporaryFolder folder;
  const std::string content = test::npy(dict("<f2", "(3, 2)", "True"), "abcdefghijkl");
  test::check_every_truncation(folder / "file.npy", content, read_all);
  CHECK(test::check_every_corruption(folder / "file.npy", content, read_all) > 300);
}

}  // namespace npy_rows_test

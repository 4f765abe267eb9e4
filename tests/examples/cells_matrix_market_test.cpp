// SPDX-License-Identifier: MIT
#include <cells/matrix_market.hpp>
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <fstream>

namespace cells_matrix_market_test {

using namespace parsae_examples::cells;
using Catch::Matchers::ContainsSubstring;
using parsae::Matrix;

namespace {

Matrix<float> read(const std::string& text) {
  const parsae::test::TemporaryFolder folder;
  std::ofstream(folder / "counts.mtx", std::ios::binary) << text;
  return MatrixMarket(folder / "counts.mtx").matrix();
}

const std::string integers = "%%MatrixMarket matrix coordinate integer general\n";

}  // namespace

TEST_CASE("coordinates in any order, with comments, repeated places, spaces and either line end") {
  const Matrix<float> found = read(integers + "% written by hand\n%\n3 2 4\r\n3 1 7\n1\t2  +5\n\n2 2 1 \n2 2 2\n");
  Matrix<float> expected(3, 2);
  expected << 0, 5, 0, 3, 7, 0;
  CHECK(found == expected);
}

TEST_CASE("an array goes down the columns, and a pattern counts ones") {
  Matrix<float> array(2, 2);
  array << 1, 3, 2.5, -4;
  CHECK(read("%%MatrixMarket matrix array real general\n2 2\n1\n2.5\n3\n-4e0\n") == array);
  Matrix<float> pattern(2, 2);
  pattern << 0, 1, 1, 0;
  CHECK(read("%%MatrixMarket matrix coordinate pattern general\n2 2 2\n1 2\n2 1\n") == pattern);
}

TEST_CASE("what is no such matrix is refused by its line") {
  CHECK_THROWS_WITH(read(""), ContainsSubstring("line 1: expected '%%MatrixMarket matrix"));
  CHECK_THROWS_WITH(read("%%MatrixMarket matrix coordinate complex general\n"), ContainsSubstring("got 'complex'"));
  CHECK_THROWS_WITH(read("%%MatrixMarket matrix coordinate real symmetric\n"), ContainsSubstring("got 'symmetric'"));
  CHECK_THROWS_WITH(read(integers), ContainsSubstring("the numbers of rows and columns, got the end"));
  CHECK_THROWS_WITH(read(integers + "3 2\n"), ContainsSubstring("line 2: expected entries"));
  CHECK_THROWS_WITH(read(integers + "0 2 0\n"), ContainsSubstring("at least one row"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n4 1 7\n"), ContainsSubstring("line 3: expected a row"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n0 1 7\n"), ContainsSubstring("count from 1"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n1 3 7\n"), ContainsSubstring("line 3: expected a column"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n1 1 seven\n"), ContainsSubstring("got 'seven'"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n1 1 1e99\n"), ContainsSubstring("got '1e99'"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n1 1\n"), ContainsSubstring("expected a number, got ''"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n1 1 7 7\n"), ContainsSubstring("one entry on a line"));
  CHECK_THROWS_WITH(read(integers + "3 2 2\n1 1 7\n"), ContainsSubstring("expected 2 entries, got the end"));
  CHECK_THROWS_WITH(read(integers + "3 2 1\n1 1 7\n2 2 7\n"), ContainsSubstring("1 entries, got more"));
}

TEST_CASE("sizes that no file of this length can justify take no memory") {
  CHECK_THROWS_WITH(read(integers + "500000000 500000000 1\n1 1 1\n"), ContainsSubstring("expected at most"));
  CHECK_THROWS_WITH(read(integers + "99999999999999999999 1 1\n"), ContainsSubstring("expected rows"));
  CHECK_THROWS_WITH(read(integers + "20000 20000 400000000\n1 1 1\n"), ContainsSubstring("than the file has room"));
  CHECK_THROWS_WITH(read("%%MatrixMarket matrix array real general\n20000 20000\n1\n"), ContainsSubstring("has room"));
}

}  // namespace cells_matrix_market_test

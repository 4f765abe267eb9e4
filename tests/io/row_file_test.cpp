// SPDX-License-Identifier: MIT
#include <parsae/io/row_file.hpp>

#include <io/memory_rows.hpp>
#include <io/rows_fixture.hpp>
#include <support/catch.hpp>

#include <stdexcept>
#include <type_traits>
#include <vector>

namespace row_file_test {

using namespace parsae;

static_assert(std::has_virtual_destructor_v<RowFile>);
static_assert(!std::is_copy_constructible_v<RowFile>);

TEST_CASE("rows that a file does not have are refused, like parts of rows") {
  test::MemoryRows file("file", test::numbered_samples(3, 0, 5));
  CHECK(test::rows_of(file, 5, 0).empty());
  CHECK(test::rows_of(file, 3, 2).size() == 6);
  CHECK_THROWS_AS(test::rows_of(file, 3, 3), std::invalid_argument);
  CHECK_THROWS_AS(test::rows_of(file, 6, 0), std::invalid_argument);
  CHECK_THROWS_AS(test::rows_of(file, -1, 1), std::invalid_argument);
  std::vector<float> part(4);
  CHECK_THROWS_AS(file.read(0, Slice<float>(part.data(), 4)), std::invalid_argument);
}

}  // namespace row_file_test

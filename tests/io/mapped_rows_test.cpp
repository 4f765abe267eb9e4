// SPDX-License-Identifier: MIT
#include <parsae/io/mapped_rows.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <io/rows_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace mapped_rows_test {

using namespace parsae;

namespace {

ArrayLayout bytes_layout(Index n_rows, Index n_inputs, ArrayLayout::Order order = ArrayLayout::Order::C) {
  const std::array<Index, 2> shape{n_rows, n_inputs};
  return {{ElementKind::U8}, Slice<const Index>(shape.data(), 2), order};
}

using Values = std::vector<float>;

}  // namespace

TEST_CASE("rows begin where the array does, in either order") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", "xx" + std::string("\1\2\3\4\5\6", 6));
  MappedRows rows(MappedFile(path), bytes_layout(3, 2), 2, "bytes");
  CHECK(rows.path() == path);
  CHECK(rows.description() == "bytes '|u1' (3, 2), C order");
  CHECK(test::all_rows(rows) == Values{1, 2, 3, 4, 5, 6});
  CHECK(test::rows_of(rows, 1, 1) == Values{3, 4});
  CHECK(test::all_rows(rows) == Values{1, 2, 3, 4, 5, 6});  // from pages that were given back
  MappedRows columns(MappedFile(path), bytes_layout(3, 2, ArrayLayout::Order::Fortran), 2, "bytes");
  CHECK(test::all_rows(columns) == Values{1, 4, 2, 5, 3, 6});
  CHECK(test::rows_of(columns, 2, 1) == Values{3, 6});
}

TEST_CASE("rows without inputs are refused") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file", "");
  CHECK(test::refusal(path, [&] {
          const MappedRows rows(MappedFile(path), bytes_layout(3, 0), 0, "bytes");
        }).reason() == "expected at least one input a row, got none");
}

TEST_CASE("a file larger than what may stay in memory is read through") {
  const test::TemporaryFolder folder;
  constexpr Index n_rows = Index{64} << 10;
  constexpr Index n_inputs = Index{4} << 10;  // 256 MiB, of which the disk holds nothing
  const auto path = test::make_file(folder / "file", "");
  std::filesystem::resize_file(path, static_cast<std::uintmax_t>(n_rows * n_inputs));
  for (const ArrayLayout::Order order : {ArrayLayout::Order::C, ArrayLayout::Order::Fortran}) {
    CHECK(test::holds_in_child([&] {
      MappedRows rows(MappedFile(path), bytes_layout(n_rows, n_inputs, order), 0, "bytes");
      const double before = test::peak_memory_mib();
      constexpr Index at_once = 512;
      std::vector<float> values(static_cast<std::size_t>(at_once * n_inputs));
      double sum = 0;
      for (Index row = 0; row < n_rows; row += at_once) {
        rows.read(row, Slice<float>(values.data(), at_once * n_inputs));
        sum += static_cast<double>(values[7]);
      }
      return sum == 0 && test::peak_memory_mib() - before < 64 + 32;
    }));
  }
}

}  // namespace mapped_rows_test

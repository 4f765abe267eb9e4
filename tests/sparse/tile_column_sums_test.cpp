// SPDX-License-Identifier: MIT
#include <parsae/sparse/column.hpp>
#include <parsae/sparse/tile_column_sums.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <vector>

namespace tile_column_sums_test {

using namespace parsae;
using test::random_matrix;
using test::random_vector;

namespace {

/// The samples of latent `at`: every one, some, or none.
std::vector<SampleId> samples_of(Index at, Index batch) {
  std::vector<SampleId> samples;
  for (Index i = 0; i < batch; ++i)
    if (at % 4 == 1 || (at % 4 > 1 && (i * 7 + at) % 3 == 0)) samples.push_back(static_cast<SampleId>(i));
  return samples;
}

}  // namespace

TEMPLATE_TEST_CASE("sums in tiles have the bits of column after column", "", float, double) {
  constexpr Index largest = TileColumnSums<TestType>::group;
  TileColumnSums<TestType> sums;  // one for all, to see that no factor is left from the group before
  ColumnSlices<TestType> slices;
  for (const Index batch : {1, 20, 1024, 1100})  // the last is cut into two chunks
    for (const Index rows : {1, 7, 40})
      for (const Index n : {largest, Index{1}, Index{5}, Index{13}}) {
        const Matrix<TestType> columns = random_matrix<TestType>(rows, batch, 1);
        const Index stride = rows + 3;
        Matrix<TestType> expected = random_matrix<TestType>(stride, n, 2);  // sums go on from what is there
        Matrix<TestType> actual = expected;
        slices.pack(columns, Threads(1));
        sums.begin(n, batch);
        for (Index at = 0; at < n; ++at) {
          const std::vector<SampleId> samples = samples_of(at, batch);
          const auto count = static_cast<Index>(samples.size());
          const Vector<TestType> factors = random_vector<TestType>(count, static_cast<std::uint64_t>(10 + at));
          const auto column_at = [&](Index e) { return columns.data() + samples[static_cast<std::size_t>(e)] * rows; };
          Column<TestType>::add_scaled_columns(factors.data(), column_at, count, count, expected.col(at).data(), rows);
          sums.set_factors(at, {samples.data(), count}, factors.data());
        }
        sums.add(slices, actual.data(), stride);
        CAPTURE(batch, rows, n);
        CHECK(actual == expected);
      }
}

}  // namespace tile_column_sums_test

// SPDX-License-Identifier: MIT
#include <parsae/data/hierarchical_cells.hpp>

#include <support/close_to.hpp>

#include <vector>

namespace hierarchical_cells_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

const HierarchicalCellsSettings small{.n_genes = 60, .n_programs = 12, .n_types = 5, .n_batches = 3, .seed = 2};

double share(const Buffer<Index>& labels, Index label) {
  return static_cast<double>(std::count(labels.begin(), labels.end(), label)) / static_cast<double>(labels.size());
}

}  // namespace

TEST_CASE("every level of the hierarchy follows from the one above it") {
  const HierarchicalCells world(small);
  const HierarchicalCellsSamples cells = world.draw({0, 300});
  for (Index i = 0; i < 300; ++i) {
    for (Index p = 0; p < 12; ++p) {
      REQUIRE(cells.programs(p, i) == std::floor(cells.programs(p, i)));
      REQUIRE(cells.batched_programs(p, i) == cells.programs(p, i) + cells.batch_effect(0, i));
      REQUIRE(cells.typed_programs(p, i) == cells.batched_programs(p, i) * world.type_programs()(p, cells.type[i]));
    }
    for (Index g = 0; g < 60; ++g) {
      double sum = 0;
      for (Index p = 0; p < 12; ++p)
        sum += static_cast<double>(world.connectivity()(g, p)) * static_cast<double>(cells.typed_programs(p, i));
      REQUIRE_THAT(static_cast<double>(cells.expression(g, i)), test::close_to(sum, 1e-6));
    }
  }
}

TEST_CASE("programs, batches, types and connections have the laws of the settings") {
  const Index n = 30'000;
  const HierarchicalCells world(small);
  const HierarchicalCellsSamples cells = world.draw({0, n});
  for (Index p = 0; p < 12; ++p) {
    const double mean = 1 + 0.1 * static_cast<double>(p);
    const Matrix<double> row = cells.programs.row(p).cast<double>();
    CHECK_THAT(row.mean(), WithinAbs(mean, 5 * std::sqrt(mean / 3e4)));
    CHECK_THAT((row.array() - mean).square().mean(), WithinAbs(mean, 5 * std::sqrt((mean + 2 * mean * mean) / 3e4)));
  }
  for (Index type = 0; type < 5; ++type) CHECK_THAT(share(cells.type, type), WithinAbs(0.2, 0.012));
  for (Index batch = 0; batch < 3; ++batch) {
    CHECK_THAT(share(cells.batch, batch), WithinAbs(1 / 3.0, 0.014));
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (Index i = 0; i < n; ++i) {
      if (cells.batch[i] != batch) continue;
      const double effect = static_cast<double>(cells.batch_effect(0, i)) - static_cast<double>(batch);
      sum += effect;
      squares += effect * effect;
      ++count;
    }
    CHECK_THAT(sum / count, WithinAbs(0, 0.005));
    CHECK_THAT(squares / count, WithinAbs(0.01, 0.0008));
  }
  const HierarchicalCells large({.n_genes = 2000, .n_programs = 50, .n_types = 200});
  CHECK_THAT(static_cast<double>(large.connectivity().mean()), WithinAbs(0.1, 0.005));
  CHECK_THAT(static_cast<double>(large.type_programs().mean()), WithinAbs(0.3, 0.025));
}

TEST_CASE("batch and type of a cell are independent") {
  const HierarchicalCellsSamples cells = HierarchicalCells(small).draw({0, 30'000});
  std::vector<double> counts(15, 0);
  for (Index i = 0; i < 30'000; ++i) ++counts[static_cast<std::size_t>(cells.type[i] * 3 + cells.batch[i])];
  for (const double count : counts) CHECK_THAT(count, WithinAbs(2000, 5 * std::sqrt(2000.0)));
}

TEST_CASE("a cell is the same in any range and for any number of threads; seeds differ in cells and connections") {
  const HierarchicalCells world(small);
  const HierarchicalCellsSamples all = world.draw({0, 400}, Threads(1));
  const HierarchicalCellsSamples part = world.draw({101, 300}, Threads(3));
  CHECK(all.expression == world.draw({0, 400}, Threads(2)).expression);
  CHECK(all.expression.middleCols(101, 199) == part.expression);
  CHECK(all.programs.middleCols(101, 199) == part.programs);
  CHECK(all.batch_effect.middleCols(101, 199) == part.batch_effect);
  CHECK(std::equal(part.type.begin(), part.type.end(), all.type.begin() + 101));
  CHECK(std::equal(part.batch.begin(), part.batch.end(), all.batch.begin() + 101));
  HierarchicalCellsSettings other = small;
  other.seed = 3;
  CHECK(HierarchicalCells(other).draw({0, 400}).programs != all.programs);
  CHECK(HierarchicalCells(other).connectivity() != world.connectivity());
}

TEST_CASE("hierarchies that cannot be are refused") {
  CHECK_THROWS_WITH(HierarchicalCells({.n_genes = 0}), ContainsSubstring("HierarchicalCells n_genes"));
  CHECK_THROWS_WITH(HierarchicalCells({.n_programs = 0}), ContainsSubstring("HierarchicalCells n_programs"));
  CHECK_THROWS_WITH(HierarchicalCells({.n_types = 0}), ContainsSubstring("HierarchicalCells n_types"));
  CHECK_THROWS_WITH(HierarchicalCells({.n_batches = 0}), ContainsSubstring("HierarchicalCells n_batches"));
  CHECK_THROWS_WITH(HierarchicalCells({.gene_probability = 1.1}), ContainsSubstring("gene_probability"));
  CHECK_THROWS_WITH(HierarchicalCells({.type_probability = -0.1}), ContainsSubstring("type_probability"));
  CHECK_THROWS_WITH(HierarchicalCells({.first_mean = -1}), ContainsSubstring("first_mean"));
  CHECK_THROWS_WITH(HierarchicalCells({.mean_step = -1}), ContainsSubstring("mean_step"));
  CHECK_THROWS_WITH(HierarchicalCells({.batch_deviation = -1}), ContainsSubstring("batch_deviation"));
  CHECK_THROWS_WITH(HierarchicalCells(small).draw({3, 2}), ContainsSubstring("HierarchicalCells range"));
}

}  // namespace hierarchical_cells_test

// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <cmath>

#include "../../benchmarks/allocators/kernels.hpp"

namespace allocators_kernels_test {

using namespace parsae_benchmarks;

TEST_CASE("a rule that keeps nothing is a rule, and its code is empty") {
  static_assert(parsae::SelectionFor<detail::KeepsNothing, float>);
  parsae::Walk<float, detail::KeepsNothing> walk;
  parsae::SparseCode<float> code;
  walk.run(parsae::test::random_matrix<float>(5, 40, 1), parsae::test::random_matrix<float>(5, 70, 2),
           parsae::test::random_vector<float>(70, 3), parsae::Threads(2), detail::KeepsNothing(), code);
  CHECK(code.stored() == 0);
}

TEST_CASE("every rule gets a row with times that can be compared") {
  KernelBenchmark benchmark(
      {.n_inputs = 16, .n_latents = 200, .n_samples = 50, .k = 4, .rounds = 3, .dense_rounds = 1, .seed = 1});
  int calls = 0;
  const std::vector<KernelRow> rows = benchmark.measure([&] { return ++calls > 0; });
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].rule == "topk");
  CHECK(rows[0].what == "4 of each sample");
  CHECK(rows[1].rule == "mutual_choice");
  CHECK(rows[1].what == "200 of the whole batch");
  CHECK(rows[2].rule == "feature_choice");
  CHECK(rows[2].what == "the best of each latent, 200 in all");
  for (const KernelRow& row : rows) {
    CHECK(row.product.median > 0);
    CHECK(std::isfinite(row.share_of_product()));
    CHECK(row.dense_sort.median > 0);
    CHECK(row.dense_nth_element.median > 0);
  }
}

TEST_CASE("measuring stops when it is told to") {
  KernelBenchmark benchmark({.n_inputs = 4, .n_latents = 40, .n_samples = 10, .k = 2, .rounds = 50, .seed = 1});
  CHECK(benchmark.measure([] { return false; }).empty());
  int rounds = 0;
  const std::vector<KernelRow> rows = benchmark.measure([&] { return ++rounds <= 2; });
  REQUIRE(rows.size() >= 2);
  CHECK(rows[0].selection.is_known());
  CHECK_FALSE(rows[0].dense_sort.is_known());
}

}  // namespace allocators_kernels_test

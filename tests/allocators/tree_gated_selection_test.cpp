// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/allocators/tree_gated_selection.hpp>

#include <sparse/hostile_cases.hpp>
#include <support/catch.hpp>
#include <support/walk_case.hpp>

#include <numeric>
#include <vector>

namespace tree_gated_selection_test {

using namespace parsae;
using test::first_difference;

static_assert(SelectionFor<TreeGatedSelection<float>, float> && SelectionFor<TreeGatedSelection<double>, double>);

namespace {

template <class Scalar>
LatentForest<Scalar> forest_of(const std::vector<LatentId>& parents) {
  LatentForest<Scalar> forest(static_cast<Index>(parents.size()));
  forest.assign({parents.data(), forest.n_latents()});
  return forest;
}

/// Chains and stars in both directions, and trees of no order.
std::vector<std::vector<LatentId>> many_parents(Index n) {
  std::vector<std::vector<LatentId>> all{test::random_parents(n, 1), test::random_parents(n, 2)};
  std::vector<LatentId> up(static_cast<std::size_t>(n));
  std::iota(up.begin(), up.end(), LatentId{-1});
  std::vector<LatentId> down(static_cast<std::size_t>(n));
  std::iota(down.begin(), down.end(), LatentId{1});
  down.back() = -1;
  std::vector<LatentId> under_first(static_cast<std::size_t>(n), 0);  // which names itself
  std::vector<LatentId> under_last(static_cast<std::size_t>(n), static_cast<LatentId>(n - 1));
  for (auto* parents : {&up, &down, &under_first, &under_last}) all.push_back(*parents);
  return all;
}

/// The code by a walk in full precision and by screened ones, for several blocks and threads.
template <class Scalar>
void check_walks(const test::WalkCase<Scalar>& input, const TreeGatedSelection<Scalar>& rule,
                 const SparseCode<Scalar>& expected) {
  using Walker = Walk<Scalar, TreeGatedSelection<Scalar>>;
  for (const Precision precision : {Precision::Exact, Precision::Screened})
    for (const Index block : {13, 1200})
      for (const int threads : {1, 2, 4}) {
        Walker walker(typename Walker::Settings{block, 4000, precision, block});
        for (int run = 0; run < 3; ++run) {  // screening tries one way after the other
          SparseCode<Scalar> code;
          walker.run(input.inputs, input.w_enc, input.b_enc, Threads(threads), rule, code);
          CAPTURE(precision == Precision::Screened, block, threads, run);
          CHECK(first_difference(code, expected) == "");
        }
      }
}

}  // namespace

TEMPLATE_TEST_CASE("a latent is taken with its parent alone, for any trees, blocks, threads and precision", "", float,
                   double) {
  for (const bool with_ties : {false, true}) {
    const auto input =
        with_ties ? test::WalkCase<TestType>::rounded(2, 90, 45) : test::WalkCase<TestType>::random(40, 90, 45);
    const Matrix<TestType> pre_acts = input.pre_acts();
    for (const std::vector<LatentId>& parents : many_parents(90))
      for (const Index k : {0, 1, 7, 1000}) {
        CAPTURE(with_ties, parents, k);
        const LatentForest<TestType> forest = forest_of<TestType>(parents);
        const SparseCode<TestType> expected = test::reference_tree_gated(pre_acts, k, parents);
        for (Index i = 0; i < 45; ++i) REQUIRE(expected.count_of(i) <= k);
        check_walks(input, TreeGatedSelection<TestType>(45, k, forest), expected);
      }
  }
}

TEMPLATE_TEST_CASE("hostile numbers have one answer, too", "", float, double) {
  const std::vector<LatentId> parents = test::random_parents(70, 3);
  const LatentForest<TestType> forest = forest_of<TestType>(parents);
  for (const auto& [name, input] : test::hostile_cases<TestType>(20, 70, 40)) {
    CAPTURE(name);
    check_walks(input, TreeGatedSelection<TestType>(40, 5, forest),
                test::reference_tree_gated(input.pre_acts(), 5, parents));
  }
}

TEMPLATE_TEST_CASE("roots alone are TopK, with its first floors", "", float, double) {
  const LatentForest<TestType> roots(300);
  const auto input = test::WalkCase<TestType>::random(20, 300, 45);
  for (const Index k : {0, 1, 7, 1000}) {
    const TreeGatedSelection<TestType> rule(45, k, roots);
    CHECK(rule.most_per_sample() == k);
    check_walks(input, rule, input.code(TopKSelection<TestType>(45, k)));
  }
  const LatentForest<TestType> trees = forest_of<TestType>(test::random_parents(300, 4));
  CHECK(TreeGatedSelection<TestType>(45, 7, trees).most_per_sample() == 0);
}

TEST_CASE("a full buffer raises floors, and what may still be taken waits") {
  // 0 is the root of 1 and 2; 3 is a root; 4 is a child of 3.
  const LatentForest<float> forest = forest_of<float>({-1, 0, 0, -1, 3});
  Buffer<float> by_sample(2);
  Buffer<float> by_latent(5);
  const Floors<float> floors{by_sample.slice(), by_latent.slice()};
  const SampleRange block{10, 12};
  const TreeGatedSelection<float> rule(20, 2, forest);
  TreeGatedSelection<float>::Worker worker = rule.worker();
  rule.reset(worker, 2);
  Buffer<Candidate<float>> kept;
  const auto keep = [&](std::vector<Candidate<float>> entries) {
    for (const Candidate<float>& entry : entries) kept.push_back(entry);
    rule.tighten(worker, block, floors, kept);
    REQUIRE(kept.empty());
  };
  rule.begin(worker, block, floors);
  CHECK((by_sample[0] == 0 && by_latent[4] == floor_always<float>));
  TreeGatedSelection<float>(20, 0, forest).begin(worker, block, floors);  // nothing is to be taken
  CHECK((by_sample[0] == floor_never<float> && by_sample[1] == floor_never<float>));
  rule.begin(worker, block, floors);
  CHECK((by_sample[0] == 0 && by_sample[1] == 0));

  keep({{9, 1, 10}, {8, 2, 10}, {0, 3, 10}, {7, 4, 11}});
  CHECK((by_sample[0] == 0 && by_sample[1] == 0));  // no root yet
  CHECK(worker.waiting.size() == 3);
  keep({{5, 0, 10}, {6, 3, 11}, {1, 0, 11}, {2, 1, 11}});
  CHECK((by_sample[0] == 5 && by_sample[1] == 6));
  CHECK(worker.waiting.size() == 5);  // 1, 2 and 0 of the first sample; 3 and 4 of the second
  keep({{5, 3, 10}});                 // as large as the floor, and comes after the children of 0
  CHECK(worker.waiting.size() == 6);
  kept.push_back({6, 4, 10});
  rule.end(worker, block, kept);
  CHECK(kept.empty());
  SparseCode<float> code;
  rule.finish(Slice<TreeGatedSelection<float>::Worker>(&worker, 1), code);
  CHECK(code.latents == [] {
    Buffer<LatentId> expected;
    for (const LatentId latent : {0, 1, 3, 4}) expected.push_back(latent);
    return expected;
  }());
  CHECK((code.count_of(10) == 2 && code.count_of(11) == 2));
}

TEST_CASE("candidates that must wait are looked at again when they are twice as many") {
  const LatentForest<float> forest = forest_of<float>({1, -1});  // 0 waits for 1
  Buffer<float> by_sample(100);
  Buffer<float> by_latent(2);
  const Floors<float> floors{by_sample.slice(), by_latent.slice()};
  const TreeGatedSelection<float> rule(100, 1, forest);
  TreeGatedSelection<float>::Worker worker = rule.worker();
  rule.reset(worker, 100);
  rule.begin(worker, {0, 100}, floors);
  Buffer<Candidate<float>> kept;
  Index n_looks = 0;
  for (SampleId i = 0; i < 100; ++i) {
    kept.push_back({1, 0, i});
    const Index before = worker.n_left;
    rule.tighten(worker, {0, 100}, floors, kept);
    n_looks += worker.n_left != before;
    CHECK(worker.waiting.size() == i + 1);
  }
  CHECK(n_looks == 7);                   // at 1, 2, 4, ..., 64
  rule.begin(worker, {0, 100}, floors);  // the shadow of a screened walk sees no end
  CHECK((worker.waiting.empty() && worker.n_left == 0));
}

}  // namespace tree_gated_selection_test

// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/allocators/tree_gated.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

#include <vector>

namespace tree_gated_test {

using namespace parsae;
using test::first_difference;

namespace {

template <class Scalar>
TreeGated<Scalar> rule_of(Index k, const std::vector<LatentId>& parents) {
  TreeGated<Scalar> act(typename TreeGated<Scalar>::Settings{k});
  act.resize(static_cast<Index>(parents.size()));
  act.set_parents({parents.data(), static_cast<Index>(parents.size())});
  return act;
}

}  // namespace

TEMPLATE_TEST_CASE("TreeGated selects the same in training and inference, a sample at a time", "", float, double) {
  const auto input = test::WalkCase<TestType>::random(4, 80, 45);
  const std::vector<LatentId> parents = test::random_parents(80, 1);
  const TreeGated<TestType> act = rule_of<TestType>(5, parents);
  const SparseCode<TestType> expected = test::reference_tree_gated(input.pre_acts(), 5, parents);
  CHECK(first_difference(input.code(act.select(45, 80)), expected) == "");
  const TreeGated<TestType> inference = act.inference();
  CHECK(first_difference(input.code(inference.select(45, 80)), expected) == "");
}

TEMPLATE_TEST_CASE("no latent is active without its parent, and at most k are", "", float, double) {
  const auto input = test::WalkCase<TestType>::random(8, 200, 60);
  const std::vector<LatentId> parents = test::random_parents(200, 2);
  Index n_children = 0;
  Index n_full = 0;
  for (const Index k : {1, 4, 30}) {
    const SparseCode<TestType> code = input.code(rule_of<TestType>(k, parents).select(60, 200), 2);
    for (Index i = 0; i < 60; ++i) {
      const auto first = code.latents.begin() + code.begin_of(i);
      const auto last = first + code.count_of(i);
      REQUIRE(code.count_of(i) <= k);
      n_full += code.count_of(i) == k;
      for (auto latent = first; latent != last; ++latent) {
        const LatentId parent = parents[static_cast<std::size_t>(*latent)];
        if (parent < 0) continue;
        ++n_children;
        REQUIRE(std::binary_search(first, last, parent));
      }
    }
  }
  CHECK(n_children > 200);
  CHECK(n_full > 120);
}

TEMPLATE_TEST_CASE("before it has trees it is TopK", "", float, double) {
  const auto input = test::WalkCase<TestType>::rounded(3, 80, 45);
  TreeGated<TestType> act(typename TreeGated<TestType>::Settings{5});
  act.resize(80);
  CHECK(first_difference(input.code(act.select(45, 80)),
                         input.code(TopK<TestType>(typename TopK<TestType>::Settings{5}).select(45, 80))) == "");
}

TEST_CASE("a latent with k ancestors is never active, one with k - 1 may be") {
  Matrix<float> w_enc = Matrix<float>::Ones(1, 4);
  const test::WalkCase<float> input{Matrix<float>::Ones(1, 1), w_enc, Vector<float>::Zero(4)};
  const SparseCode<float> code = input.code(rule_of<float>(3, {-1, 0, 1, 2}).select(1, 4));
  REQUIRE(code.stored() == 3);
  CHECK((code.latents[0] == 0 && code.latents[1] == 1 && code.latents[2] == 2));
}

TEST_CASE("TreeGated passes the gradient of the selected entries") {
  test::LatentFixture<float> latent(1, {2, 5}, {2, 5});
  latent.fill(latent.d_value, {0.5f, -1});
  latent.fill(latent.d_pre_act, {0, 0.25f});
  latent.backward(TreeGated<float>());
  CHECK(test::equals(latent.d_pre_acts, {0.5f, -0.75f}));
}

TEST_CASE("k and trees must fit the latents") {
  CHECK_THROWS_WITH(TreeGated<float>(TreeGated<float>::Settings{0}), "TreeGated k: expected at least 1, got 0");
  TreeGated<float> act = rule_of<float>(2, {-1, 0, 0});
  CHECK_THROWS_WITH(act.resize(1), "TreeGated k: expected a value from 1 to 1, got 2");
  CHECK_THROWS_WITH(act.select(10, 4), "TreeGated parents: expected a 4 x 1 matrix, got 3 x 1");
  const std::vector<LatentId> cycle{1, 2, 0};
  CHECK_THROWS_WITH(act.set_parents({cycle.data(), 3}),
                    "TreeGated parents: expected no latent among its own ancestors, got latent 0");
  act.resize(3);
  CHECK(act.forest().parent(2) == 0);  // a model of the same size keeps its trees
  act.resize(5);
  CHECK(act.forest().is_flat());
}

TEST_CASE("the settings and the trees of TreeGated are visited by name") {
  TreeGated<float> act = rule_of<float>(2, {-1, 0, 0});
  act.visit_settings([](std::string_view name, Index& value) {
    CHECK(name == "k");
    value = 3;
  });
  CHECK(act.settings().k == 3);
  const float* place = nullptr;
  act.visit_arrays([&](const ParameterArray<float>& array) { place = array.values.data(); });
  const std::vector<LatentId> others{-1, -1, 1};
  act.set_parents({others.data(), 3});
  act.visit_arrays([&](const ParameterArray<float>& array) {
    CHECK(array.name == "parent");
    CHECK(array.values.data() == place);  // a trainer may hold it
    array.values[1] = 2;
  });
  CHECK_THROWS_WITH(act.check(), "TreeGated parents: expected no latent among its own ancestors, got latent 1");
  CHECK(TreeGated<float>::name == "tree_gated");
  CHECK_FALSE(TreeGated<float>::has_threshold);
}

}  // namespace tree_gated_test

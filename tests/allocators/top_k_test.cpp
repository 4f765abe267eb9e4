// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>

#include <support/catch.hpp>
#include <support/latent_fixture.hpp>
#include <support/walk_case.hpp>

namespace top_k_test {

using namespace parsae;
using test::first_difference;

TEMPLATE_TEST_CASE("TopK selects the same in training and inference, a sample at a time", "", float, double) {
  const auto input = test::WalkCase<TestType>::random(4, 80, 45);
  const TopK<TestType> act(typename TopK<TestType>::Settings{5});
  const SparseCode<TestType> expected = test::reference_top_k(input.pre_acts(), 5);
  CHECK(first_difference(input.code(act.select(45, 80)), expected) == "");
  CHECK(first_difference(input.code(act.inference().select(45, 80)), expected) == "");
}

TEST_CASE("TopK passes the gradient of the selected entries") {
  test::LatentFixture<float> latent(1, {2, 5}, {2, 5});
  latent.fill(latent.d_value, {0.5f, -1});
  latent.fill(latent.d_pre_act, {0, 0.25f});
  latent.backward(TopK<float>());
  CHECK(test::equals(latent.d_pre_acts, {0.5f, -0.75f}));
}

TEST_CASE("k is at least one and at most the number of latents") {
  CHECK_THROWS_WITH(TopK<float>(TopK<float>::Settings{0}), "TopK k: expected at least 1, got 0");
  TopK<float> act(TopK<float>::Settings{5});
  CHECK_NOTHROW(act.resize(5));
  CHECK_THROWS_WITH(act.resize(4), "TopK k: expected a value from 1 to 4, got 5");
}

TEST_CASE("the settings of TopK are visited by name") {
  TopK<float> act;
  act.visit_settings([](std::string_view name, Index& value) {
    CHECK(name == "k");
    value = 9;
  });
  CHECK(act.settings().k == 9);
  CHECK_NOTHROW(act.check());
  act.visit_settings([](std::string_view, Index& value) { value = -1; });
  CHECK_THROWS_WITH(act.check(), "TopK k: expected at least 1, got -1");
  CHECK(TopK<float>::name == "top_k");
  CHECK_FALSE(TopK<float>::has_threshold);
}

}  // namespace top_k_test

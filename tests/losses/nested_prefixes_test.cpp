// SPDX-License-Identifier: MIT
#include <parsae/losses/nested_prefixes.hpp>
#include <parsae/losses/objective.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <string>

namespace nested_prefixes_test {

using namespace parsae;

static_assert(ReconstructionLossFor<NestedPrefixes, float> && ReconstructionLossFor<NestedPrefixes, double>);
static_assert(NestsPrefixes<NestedPrefixes> && !NestsPrefixes<MeanSquaredError>);

TEST_CASE("a prefix's term is the squared error with the sample's weight") {
  const Matrix<double> target = test::random_matrix<double>(7, 3, 1);
  const Matrix<double> recon = test::random_matrix<double>(7, 3, 2);
  const double weights[] = {0.5, 0.25, 0};
  Matrix<double> d_recon(7, 3);
  Matrix<double> expected(7, 3);
  const double loss = NestedPrefixes({.prefixes = {2}}).add<double>(target, recon, {weights, 3}, d_recon);
  CHECK(loss == MeanSquaredError().add<double>(target, recon, {weights, 3}, expected));
  CHECK(d_recon == expected);
  CHECK(loss > 0);
}

TEST_CASE("prefixes have the weight 1 unless they are told another") {
  const NestedPrefixes equal({.prefixes = {2, 5}});
  REQUIRE(equal.prefix_ends().size() == 2);
  CHECK((equal.prefix_ends()[0] == 2 && equal.prefix_ends()[1] == 5));
  for (const Index p : {0, 1, 2}) CHECK(equal.prefix_weight(p) == 1);
  const NestedPrefixes weighted({.prefixes = {2, 5}, .weights = {0, 0.5, 2}});
  CHECK((weighted.prefix_weight(0) == 0 && weighted.prefix_weight(1) == 0.5 && weighted.prefix_weight(2) == 2));
  CHECK(NestedPrefixes().prefix_ends().empty());
  CHECK(NestedPrefixes().prefix_weight(0) == 1);
}

TEST_CASE("prefixes that are no prefixes are refused") {
  CHECK_THROWS_WITH(NestedPrefixes({.prefixes = {0, 2}}), "NestedPrefixes prefix: expected at least 1, got 0");
  CHECK_THROWS_WITH(NestedPrefixes({.prefixes = {2, 2}}), "NestedPrefixes prefix: expected at least 3, got 2");
  CHECK_THROWS_WITH(NestedPrefixes({.prefixes = {2, 1}}), "NestedPrefixes prefix: expected at least 3, got 1");
  CHECK_THROWS_WITH(NestedPrefixes({.prefixes = {2}, .weights = {1}}),
                    "NestedPrefixes weights: expected a 2 x 1 matrix, got 1 x 1");
  CHECK_THROWS_WITH(NestedPrefixes({.prefixes = {2}, .weights = {-1, 1}}),
                    "NestedPrefixes weight: expected a finite value of at least 0, got -1");
  CHECK_THROWS_WITH(NestedPrefixes({.prefixes = {2}, .weights = {1, 0}}),
                    "NestedPrefixes last weight: expected a finite value above 0, got 0");
  CHECK_THROWS_WITH(NestedPrefixes({.weights = {1}}),
                    "NestedPrefixes weights: expected none without prefixes, got some");
  const Objective objective(NestedPrefixes({.prefixes = {2, 5}}));
  CHECK_NOTHROW(objective.of_step({1, 0, 6}));
  CHECK_THROWS_WITH(objective.of_step({1, 0, 5}), "NestedPrefixes last prefix: expected a value from 1 to 4, got 5");
  CHECK_NOTHROW(Objective(NestedPrefixes()).of_step({1, 0, 1}));
}

TEST_CASE("a resumed run must agree on prefixes and weights") {
  std::string seen;
  Objective(NestedPrefixes({.prefixes = {2, 5}, .weights = {1, 2, 3}}))
      .visit_settings([&](const std::string& name, const auto& value) {
        seen += name;
        if constexpr (requires { value.size(); }) seen += ":" + std::to_string(value.size());
        seen += ' ';
      });
  CHECK(seen == "losses:10 nested_mse.prefixes:2 nested_mse.weights:3 ");
}

}  // namespace nested_prefixes_test

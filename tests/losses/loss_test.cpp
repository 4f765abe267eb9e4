// SPDX-License-Identifier: MIT
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/loss.hpp>
#include <parsae/losses/mdl.hpp>
#include <parsae/losses/mean_squared_error.hpp>

#include <support/catch.hpp>

namespace loss_test {

using namespace parsae;

namespace {

/// As a user would write one: half of the entries' values, squared.
struct SquaredValues {
  static constexpr std::string_view name = "squared_values";
  static constexpr bool needs_threshold = false;
  double coefficient = 1;

  [[nodiscard]] SquaredValues of_step(const CodeLossStep& step) const {
    return {coefficient * step.coefficient_factor};
  }

  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar, Index,
                           LatentGradient<Scalar>& gradient) const {
    double sum = 0;
    for (Index e = 0; e < entries.size(); ++e) {
      sum += coefficient / 2 * static_cast<double>(entries.values[e] * entries.values[e]);
      gradient.value[e] += static_cast<Scalar>(coefficient) * entries.values[e];
    }
    return sum;
  }
};

/// Forgets to say whether it needs a threshold.
struct NoNeeds {
  static constexpr std::string_view name = "no_needs";
  [[nodiscard]] NoNeeds of_step(const CodeLossStep&) const { return {}; }
  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>&, Scalar, Index, LatentGradient<Scalar>&) const {
    return 0;
  }
};

}  // namespace

TEST_CASE("The two loss concepts tell losses on the code from losses on the reconstruction", "[loss]") {
  STATIC_REQUIRE(CodeLossFor<SquaredValues, float>);
  STATIC_REQUIRE(!CodeLossFor<NoNeeds, float>);
  STATIC_REQUIRE(!ReconstructionLossFor<SquaredValues, float>);
  STATIC_REQUIRE(!CodeLossFor<MeanSquaredError, float>);
  STATIC_REQUIRE(!ReconstructionLossFor<L1, double>);
  STATIC_REQUIRE(!ReconstructionLossFor<L0STE, double>);
  STATIC_REQUIRE(NeedsValueMoments<MDL> && NeedsValueMoments<MDLValues>);
  STATIC_REQUIRE(!NeedsValueMoments<MDLPresence> && !NeedsValueMoments<L1>);
}

TEST_CASE("Losses have the names that reports and files show", "[loss]") {
  CHECK(MeanSquaredError::name == "mse");
  CHECK(L1::name == "l1");
  CHECK(L0STE::name == "l0");
}

}  // namespace loss_test

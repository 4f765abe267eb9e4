// SPDX-License-Identifier: MIT
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mdl.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/objective.hpp>

#include <support/close_to.hpp>
#include <support/one_latent.hpp>

#include <sstream>
#include <string_view>

namespace objective_test {

using namespace parsae;

using Plain = Objective<MeanSquaredError>;
using WithAuxiliary = Objective<MeanSquaredError, AuxK>;
using Full = Objective<MeanSquaredError, AuxK, L1, L0STE>;

static_assert(!Plain::has_auxiliary && !Plain::needs_threshold && Plain::n_code_losses == 0);
static_assert(WithAuxiliary::has_auxiliary && !WithAuxiliary::needs_threshold);
static_assert(Full::has_auxiliary && Full::needs_threshold && Full::n_code_losses == 2);
static_assert(!Objective<MeanSquaredError, NoAuxiliary, L1>::has_auxiliary);
static_assert(!Objective<MeanSquaredError, NoAuxiliary, L1>::needs_threshold);

/// A loss that says that it needs no gate.
struct NoGate : L1 {
  static constexpr bool needs_gate = false;
};
static_assert(!Full::needs_gate && !Plain::needs_gate && !Objective<MeanSquaredError, NoAuxiliary, NoGate>::needs_gate);
static_assert(!Full::needs_value_moments && !Plain::needs_value_moments);
static_assert(Objective<MeanSquaredError, NoAuxiliary, L1, MDLValues>::needs_value_moments);
static_assert(Objective<MeanSquaredError, GateReconstruction>::needs_gate);
static_assert(Objective<MeanSquaredError, AuxK, L1, GateL1>::needs_gate);
static_assert(Objective<MeanSquaredError, GateReconstruction, GateL1>::accepts<float>());

TEST_CASE("Objective is named by its parts", "[objective]") {
  STATIC_REQUIRE(std::is_same_v<decltype(Objective(MeanSquaredError())), Plain>);
  STATIC_REQUIRE(std::is_same_v<decltype(Objective(MeanSquaredError(), AuxK(), L1(), L0STE())), Full>);
  CHECK(Full::reconstruction_name == "mse");
  CHECK(Full::code_loss_names() == std::array<std::string_view, 2>{"l1", "l0"});
  CHECK(Objective<MeanSquaredError, AuxK, L0STE, L1>::code_loss_names() == std::array<std::string_view, 2>{"l0", "l1"});
  CHECK(Plain::code_loss_names().empty());
}

TEST_CASE("Objective adds every code loss to its own value and to the one gradient", "[objective]") {
  const Full objective(MeanSquaredError(), AuxK({.coefficient = 0.5}), L1({.coefficient = 0.2}),
                       L0STE({.coefficient = 0.8}));
  test::OneLatent<double> latent{0.5, 0.0, 2.0};
  LatentGradient<double> gradient = latent.gradient();
  std::array<double, 2> values{100, 200};
  objective.add_code_losses(latent.entries(), 1.0, 4, gradient, values);
  CHECK_THAT(values[0], test::close_to(100 + 0.05 * 2.5, 1e-15));
  CHECK_THAT(values[1], test::close_to(200 + 0.2 * 2, 1e-15));
  CHECK_THAT(latent.value[0], test::close_to(10.05, 1e-15));
  CHECK_THAT(latent.gate[0], test::close_to(20.2, 1e-15));
}

TEST_CASE("Objective scales the coefficients of its code losses and of nothing else", "[objective]") {
  const Full objective(MeanSquaredError(), AuxK({.coefficient = 0.5}), L1({.coefficient = 0.2}),
                       L0STE({.coefficient = 0.8}));
  const Full half = objective.of_step({.coefficient_factor = 0.5});
  test::OneLatent<double> latent{0.5, 0.0, 2.0};
  LatentGradient<double> gradient = latent.gradient();
  std::array<double, 2> values{};
  half.add_code_losses(latent.entries(), 1.0, 4, gradient, values);
  CHECK_THAT(values[0], test::close_to(0.025 * 2.5, 1e-15));
  CHECK_THAT(values[1], test::close_to(0.1 * 2, 1e-15));
  CHECK(half.auxiliary().settings().coefficient == 0.5);
}

TEST_CASE("Objective without code losses leaves the gradient alone", "[objective]") {
  const Plain objective{MeanSquaredError()};
  test::OneLatent<float> latent{0.5f, 0.0f};
  LatentGradient<float> gradient = latent.gradient();
  std::array<double, 0> values{};
  objective.of_step({.coefficient_factor = 0.5}).add_code_losses(latent.entries(), 1.0f, 4, gradient, values);
  CHECK(latent.value == Buffer<float>(2, 10.0f));
  CHECK(latent.gate == Buffer<float>(2, 20.0f));
  CHECK(gradient.decoder_norm == 40);
}

TEST_CASE("an objective names its losses and all their settings", "[objective]") {
  const auto settings_of = [](const auto& objective) {
    std::ostringstream text;
    objective.visit_settings([&](std::string_view name, const auto& value) { text << name << '=' << value << ' '; });
    return text.str();
  };
  CHECK(settings_of(Plain(MeanSquaredError())) == "losses=mse ");
  CHECK(settings_of(Full(MeanSquaredError(), AuxK({.coefficient = 0.25, .k_aux = 5}),
                         L1({.coefficient = 0.5, .weighting = L1::Weighting::DecoderNorm}),
                         L0STE({.coefficient = 0.125}))) ==
        "losses=mse + aux_k + l1 + l0 aux_k.coefficient=0.25 aux_k.k_aux=5 l1.coefficient=0.5 "
        "l1.weighting=decoder_norm l0.coefficient=0.125 ");
  CHECK(settings_of(Objective(MeanSquaredError(), GateReconstruction({.coefficient = 2}), GateL1())) ==
        "losses=mse + gate_reconstruction + gate_l1 gate_reconstruction.coefficient=2 gate_l1.coefficient=0.001 "
        "gate_l1.weighting=plain ");
}

}  // namespace objective_test

// SPDX-License-Identifier: MIT
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/train/latent_pass.hpp>

#include <train/gradient_check.hpp>

using namespace parsae;

namespace {

constexpr Index n_latents = 11;

L1 l1_of(const test::DenseObjective& reference) {
  return L1({.coefficient = reference.l1,
             .weighting = reference.l1_by_decoder_norm ? L1::Weighting::DecoderNorm : L1::Weighting::Plain});
}

AuxK aux_k_of(const test::DenseObjective& reference) {
  return AuxK({.coefficient = reference.aux_k, .k_aux = reference.k_aux});
}

/// One activation with every set of losses that any activation can have.
template <class Act>
void check_all_losses(const Act& rule, const test::Select& select) {
  test::DenseObjective reference;
  reference.select = select;
  {
    INFO("mse");
    test::check_gradients(rule, Objective(MeanSquaredError()), reference);
  }
  reference.l1 = 0.07;
  for (const bool by_norm : {false, true}) {
    INFO("mse, l1" << (by_norm ? " by decoder norm" : ""));
    reference.l1_by_decoder_norm = by_norm;
    test::check_gradients(rule, Objective(MeanSquaredError(), NoAuxiliary(), l1_of(reference)), reference);
  }
  reference.aux_k = 0.3;
  reference.k_aux = 2;
  {
    INFO("mse, aux_k, l1 by decoder norm");
    test::check_gradients(rule, Objective(MeanSquaredError(), aux_k_of(reference), l1_of(reference)), reference);
  }
  reference.l1 = 0;
  {
    INFO("mse, aux_k");
    test::check_gradients(rule, Objective(MeanSquaredError(), aux_k_of(reference)), reference);
  }
}

Vector<double> thresholds() {
  Vector<double> theta(n_latents);
  for (Index j = 0; j < n_latents; ++j) theta(j) = 0.1 + 0.02 * static_cast<double>(j);
  return theta;
}

JumpReLU<double> jump_relu() { return JumpReLU<double>({.initial_threshold = 0.1, .bandwidth = 0.5}); }

}  // namespace

TEST_CASE("LatentPass differentiates ReLU with every loss", "[latent_pass]") {
  check_all_losses(ReLU<double>(), test::select_above(Vector<double>::Zero(n_latents)));
}

TEST_CASE("LatentPass differentiates TopK with every loss", "[latent_pass]") {
  check_all_losses(TopK<double>({.k = 3}), test::select_per_sample(3));  // enough entries for products in tiles
  check_all_losses(TopK<double>({.k = 1}), test::select_per_sample(1));  // too few
}

TEST_CASE("LatentPass differentiates Mutual Choice with every loss", "[latent_pass]") {
  check_all_losses(MutualChoice<double>({.k = 2.5}), test::select_of_batch(23));  // round(2.5 * 9)
}

TEST_CASE("LatentPass differentiates a fixed threshold with every loss", "[latent_pass]") {
  check_all_losses(Threshold<double>(thresholds()), test::select_above(thresholds()));
}

TEST_CASE("LatentPass differentiates JumpReLU with every loss", "[latent_pass]") {
  check_all_losses(jump_relu(), test::select_above(thresholds()));

  test::DenseObjective reference;
  reference.select = test::select_above(thresholds());
  reference.l0 = 0.05;
  {
    INFO("mse, l0");
    test::check_gradients(jump_relu(), Objective(MeanSquaredError(), NoAuxiliary(), L0STE({.coefficient = 0.05})),
                          reference);
  }
  reference.l1 = 0.07;
  reference.aux_k = 0.3;
  reference.k_aux = 2;
  {
    INFO("mse, aux_k, l0, l1");
    const Objective objective(MeanSquaredError(), aux_k_of(reference), L0STE({.coefficient = 0.05}), l1_of(reference));
    test::check_gradients(jump_relu(), objective, reference);
  }
}

TEST_CASE("The stationary threshold of JumpReLU is the square root of the price of a latent", "[latent_pass]") {
  // One latent along the data, amplitudes a uniform on [0, 1]. Leaving a out costs a^2, keeping it lambda: the expected
  // loss has the derivative theta^2 - lambda, and its straight-through estimate a bias of -theta bandwidth / 4 in
  // addition.
  constexpr Index n = 20'000;
  constexpr double lambda = 0.09;
  constexpr double bandwidth = 0.02;
  Batch<double> batch;
  batch.inputs.resize(1, n);
  for (Index i = 0; i < n; ++i) batch.inputs(0, i) = (static_cast<double>(i) + 0.5) / n;
  Autoencoder<JumpReLU<double>> model({.n_inputs = 1, .n_latents = 1}, JumpReLU<double>({.bandwidth = bandwidth}));
  model.encoder.w_enc.setOnes();
  model.decoder.w_dec.setOnes();
  double& theta = model.activation.threshold()(0);
  TrainStep step(model, Objective(MeanSquaredError(), NoAuxiliary(), L0STE({.coefficient = lambda})),
                 test::RecordingOptimizer(), n, Threads(2));
  const auto d_theta = [&] {
    TrainProgress progress;
    REQUIRE(step.run(batch, StepSettings(), progress).empty());
    return step.state().moments.back()[0][0];
  };
  for (const double at : {0.1, 0.3, 0.6}) {
    theta = at;
    CHECK_THAT(d_theta(), test::close_to(at * at - at * bandwidth / 4 - lambda, 2e-4));
  }
  theta = 0.7;
  for (int s = 0; s < 60; ++s) theta -= 0.5 * d_theta();
  CHECK_THAT(theta, Catch::Matchers::WithinAbs(std::sqrt(lambda), bandwidth / 4));
}

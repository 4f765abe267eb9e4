// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/allocators/tree_gated.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mdl.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/nested_prefixes.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/latent_pass.hpp>

#include <support/reference_codes.hpp>
#include <train/gradient_check.hpp>

namespace latent_pass_test {

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

/// The bits of values, which go with every activation.
template <class Act>
void check_mdl_values(const Act& rule, const test::Select& select) {
  INFO("mse, mdl_values");
  test::DenseObjective reference;
  reference.select = select;
  reference.mdl = 0.02;
  reference.mdl_counts_presence = false;
  const MDLValues loss({.noise_variance = reference.mdl_noise, .coefficient = reference.mdl});
  test::check_gradients(rule, Objective(MeanSquaredError(), NoAuxiliary(), loss), reference);
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
  check_mdl_values(rule, select);
}

Vector<double> thresholds() {
  Vector<double> theta(n_latents);
  for (Index j = 0; j < n_latents; ++j) theta(j) = 0.1 + 0.02 * static_cast<double>(j);
  return theta;
}

/// An auxiliary loss with the other answer to the question whether it trains the decoder.
template <class Auxiliary>
struct OtherDecoder : Auxiliary {
  static constexpr AuxiliaryDecoder decoder =
      Auxiliary::decoder == AuxiliaryDecoder::Trained ? AuxiliaryDecoder::Frozen : AuxiliaryDecoder::Trained;
};

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

TEST_CASE("LatentPass differentiates Feature Choice with every loss", "[latent_pass]") {
  // 9 samples x k = 11 latents x 2: two samples each, in every batch.
  check_all_losses(FeatureChoice<double>({.k = 22.0 / 9}), test::select_per_latent(2));
  check_all_losses(FeatureChoice<double>({.k = 2.5, .mutual_choice_batches = 9}), test::select_of_batch(23));
}

TEST_CASE("LatentPass differentiates TreeGated with every loss", "[latent_pass]") {
  std::vector<Index> parents;
  for (Index j = 0; j < n_latents; ++j)
    parents.push_back(test::GradientCheck<TreeGated<double>, Objective<MeanSquaredError>>::parent_of(j));
  for (const Index k : {1, 3}) check_all_losses(TreeGated<double>({.k = k}), test::select_in_trees(k, parents));
}

namespace {

/// One activation with prefixes, alone and with the losses that look at the full reconstruction or the code.
template <class Act>
void check_prefixes(const Act& rule, const test::Select& select) {
  test::DenseObjective reference;
  reference.select = select;
  for (const std::vector<Index>& prefixes : {std::vector<Index>{4}, std::vector<Index>{1, 5, 6}})
    for (const bool is_weighted : {false, true}) {
      INFO(prefixes.size() << " prefixes" << (is_weighted ? ", weighted" : ""));
      reference.prefixes = prefixes;
      reference.prefix_weights.clear();
      for (std::size_t p = 0; is_weighted && p <= prefixes.size(); ++p)
        reference.prefix_weights.push_back(0.5 * static_cast<double>(p));
      const NestedPrefixes nested({.prefixes = prefixes, .weights = reference.prefix_weights});
      reference.l1 = reference.aux_k = 0;
      reference.k_aux = 0;
      reference.eligible.clear();
      test::check_gradients(rule, Objective(nested), reference);
      reference.l1 = 0.07;
      reference.aux_k = 0.3;
      reference.k_aux = 2;
      test::check_gradients(rule, Objective(nested, aux_k_of(reference), l1_of(reference)), reference);
    }
}

}  // namespace

TEST_CASE("LatentPass differentiates nested prefixes under every rule", "[latent_pass]") {
  check_prefixes(TopK<double>({.k = 3}), test::select_per_sample(3));
  check_prefixes(MutualChoice<double>({.k = 2.5}), test::select_of_batch(23));
  check_prefixes(FeatureChoice<double>({.k = 22.0 / 9}), test::select_per_latent(2));
  check_prefixes(ReLU<double>(), test::select_above(Vector<double>::Zero(n_latents)));  // enough entries for tiles
  check_prefixes(jump_relu(), test::select_above(thresholds()));
}

TEST_CASE("LatentPass differentiates nested prefixes with losses on a gate", "[latent_pass]") {
  test::DenseObjective reference;
  reference.select = test::select_above(Vector<double>::Zero(n_latents));
  reference.prefixes = {2, 7};
  reference.gate_l1 = 0.09;
  reference.gate_reconstruction = 0.6;
  reference.freezes_decoder = true;
  test::check_gradients(Gated<double>(),
                        Objective(NestedPrefixes({.prefixes = {2, 7}}), GateReconstruction({.coefficient = 0.6}),
                                  GateL1({.coefficient = 0.09})),
                        reference);
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

TEST_CASE("LatentPass differentiates Gated with every loss", "[latent_pass]") {
  test::DenseObjective reference;
  reference.select = test::select_above(Vector<double>::Zero(n_latents));
  const Gated<double> rule;
  reference.gate_l1 = 0.09;
  for (const bool by_norm : {false, true}) {
    INFO("mse, gate_l1" << (by_norm ? " by decoder norm" : ""));
    reference.gate_l1_by_decoder_norm = by_norm;
    const GateL1 gate_l1(
        {.coefficient = reference.gate_l1, .weighting = by_norm ? L1::Weighting::DecoderNorm : L1::Weighting::Plain});
    test::check_gradients(rule, Objective(MeanSquaredError(), NoAuxiliary(), gate_l1), reference);
  }
  const GateL1 gate_l1({.coefficient = reference.gate_l1, .weighting = L1::Weighting::DecoderNorm});
  reference.gate_reconstruction = 0.6;
  reference.freezes_decoder = true;
  {
    INFO("mse, gate_reconstruction, gate_l1");
    test::check_gradients(rule, Objective(MeanSquaredError(), GateReconstruction({.coefficient = 0.6}), gate_l1),
                          reference);
  }
  reference.l1 = 0.07;
  {
    INFO("mse, gate_reconstruction, gate_l1, l1");
    const Objective objective(MeanSquaredError(), GateReconstruction({.coefficient = 0.6}), gate_l1, l1_of(reference));
    test::check_gradients(rule, objective, reference);
  }
  reference.gate_l1 = reference.l1 = 0;
  {
    INFO("mse, gate_reconstruction");
    test::check_gradients(rule, Objective(MeanSquaredError(), GateReconstruction({.coefficient = 0.6})), reference);
  }
}

TEST_CASE("LatentPass differentiates auxiliary losses of either target with a frozen and a trained decoder",
          "[latent_pass]") {
  test::DenseObjective reference;
  reference.select = test::select_above(Vector<double>::Zero(n_latents));
  reference.gate_reconstruction = 0.6;
  {
    INFO("full target, trained");
    const OtherDecoder<GateReconstruction> trained{GateReconstruction({.coefficient = 0.6})};
    test::check_gradients(Gated<double>(), Objective(MeanSquaredError(), trained), reference);
  }
  reference.gate_reconstruction = 0;
  reference.aux_k = 0.3;
  reference.k_aux = 2;
  reference.freezes_decoder = true;
  const OtherDecoder<AuxK> frozen{aux_k_of(reference)};
  {
    INFO("residual, frozen");
    test::check_gradients(ReLU<double>(), Objective(MeanSquaredError(), frozen), reference);
  }
  reference.gate_l1 = 0.09;
  {
    INFO("residual, frozen, with a gate");
    test::check_gradients(Gated<double>(), Objective(MeanSquaredError(), frozen, GateL1({.coefficient = 0.09})),
                          reference);
  }
}

TEST_CASE("LatentPass differentiates JumpReLU with the bits of its code", "[latent_pass]") {
  test::DenseObjective reference;
  reference.select = test::select_above(thresholds());
  reference.mdl = 0.02;
  {
    INFO("mse, mdl");
    const MDL loss({.noise_variance = reference.mdl_noise, .coefficient = reference.mdl});
    test::check_gradients(jump_relu(), Objective(MeanSquaredError(), NoAuxiliary(), loss), reference);
  }
  {
    INFO("mse, mdl, l0, l1 by decoder norm; the coefficient that follows");
    reference.l0 = 0.05;
    reference.l1 = 0.07;
    reference.l1_by_decoder_norm = true;
    reference.mdl = 2 * std::log(2.0) * reference.mdl_noise;
    const Objective objective(MeanSquaredError(), NoAuxiliary(), MDL({.noise_variance = reference.mdl_noise}),
                              L0STE({.coefficient = 0.05}), l1_of(reference));
    test::check_gradients(jump_relu(), objective, reference);
  }
  {
    INFO("mse, mdl_presence");
    test::DenseObjective presence;
    presence.select = reference.select;
    presence.mdl = 0.02;
    presence.mdl_counts_values = false;
    const MDLPresence loss({.noise_variance = presence.mdl_noise, .coefficient = presence.mdl});
    test::check_gradients(jump_relu(), Objective(MeanSquaredError(), NoAuxiliary(), loss), presence);
  }
}

TEST_CASE("LatentPass differentiates JumpReLU with a target for L0", "[latent_pass]") {
  const JumpReLU<double> relative({.relative_bandwidth = 0.4});
  test::DenseObjective reference;
  reference.select = test::select_above(thresholds());
  reference.target_weight = 0.7;
  for (const double target : {2.5, 9.0}) {  // below and above what the model has
    INFO("target " << target);
    reference.target_l0 = target;
    const TargetL0 loss({.target_l0 = target, .weight = 0.7});
    test::check_gradients(jump_relu(), Objective(MeanSquaredError(), NoAuxiliary(), loss), reference);
    test::check_gradients(relative, Objective(MeanSquaredError(), NoAuxiliary(), loss), reference);
  }
  reference.l1 = 0.07;
  reference.aux_k = 0.3;
  reference.k_aux = 2;
  test::check_gradients(relative,
                        Objective(MeanSquaredError(), aux_k_of(reference),
                                  TargetL0({.target_l0 = reference.target_l0, .weight = 0.7}), l1_of(reference)),
                        reference);
}

namespace {

/// One latent along the data, whose amplitudes are uniform on [0, 1]: leaving a out costs a^2. In the expected loss
/// that has the derivative theta^2, and its straight-through estimate a bias of -theta bandwidth / 4 in addition.
template <class Loss>
class UniformAmplitudes {
 public:
  static constexpr double bandwidth = 0.02;

  explicit UniformAmplitudes(const Loss& loss)
      : model_({.n_inputs = 1, .n_latents = 1}, JumpReLU<double>({.bandwidth = bandwidth})),
        step_(model_, Objective(MeanSquaredError(), NoAuxiliary(), loss), test::RecordingOptimizer(), n, Threads(2)) {
    batch_.inputs.resize(1, n);
    for (Index i = 0; i < n; ++i) batch_.inputs(0, i) = (static_cast<double>(i) + 0.5) / n;
    model_.encoder.w_enc.setOnes();
    model_.decoder.w_dec.setOnes();
  }

  /// The gradient at `theta`.
  double d_theta(double theta) {
    TrainProgress progress;
    model_.activation.threshold()(0) = theta;
    REQUIRE(step_.run(batch_, StepSettings(), progress).empty());
    return step_.state().moments.back()[0][0];
  }

  /// Where 60 steps of gradient descent lead.
  double stationary(double theta, double rate) {
    for (int s = 0; s < 60; ++s) theta -= rate * d_theta(theta);
    return theta;
  }

 private:
  static constexpr Index n = 20'000;

  Batch<double> batch_;
  Autoencoder<JumpReLU<double>> model_;
  TrainStep<JumpReLU<double>, Objective<MeanSquaredError, NoAuxiliary, Loss>, test::RecordingOptimizer> step_;
};

}  // namespace

TEST_CASE("The stationary threshold under a target balances it with the error of a silent latent", "[latent_pass]") {
  // With L0 = 1 - theta the target adds weight ((1 - theta) / target - 1)^2 to the expected loss.
  constexpr double weight = 0.2;
  constexpr double target = 0.5;
  UniformAmplitudes<TargetL0> world(TargetL0({.target_l0 = target, .weight = weight}));
  for (const double at : {0.1, 0.3, 0.5, 0.8}) {
    const double pull = 2 * weight * ((1 - at) / target - 1) / target;
    CHECK_THAT(world.d_theta(at), test::close_to(at * at - at * world.bandwidth / 4 - pull, 2e-4));
  }
  // theta^2 + 1.6 theta - 0.8 = 0
  const double root = -0.8 + std::sqrt(0.8 * 0.8 + 0.8);
  for (const double start : {0.1, 0.9})
    CHECK_THAT(world.stationary(start, 0.2), Catch::Matchers::WithinAbs(root, world.bandwidth / 4));
}

TEST_CASE("The stationary threshold of JumpReLU is the square root of the price of a latent", "[latent_pass]") {
  constexpr double lambda = 0.09;
  UniformAmplitudes<L0STE> world(L0STE({.coefficient = lambda}));
  for (const double at : {0.1, 0.3, 0.6})
    CHECK_THAT(world.d_theta(at), test::close_to(at * at - at * world.bandwidth / 4 - lambda, 2e-4));
  CHECK_THAT(world.stationary(0.7, 0.5), Catch::Matchers::WithinAbs(std::sqrt(lambda), world.bandwidth / 4));
}

TEST_CASE("Busy latents, taken in groups, and quiet ones get the gradients of the dense formulas", "[latent_pass]") {
  constexpr Index n_inputs = 21;
  constexpr Index n_outputs = 37;
  constexpr Index n = 600;  // three blocks of 256
  constexpr Index batch = 70;
  Autoencoder<ReLU<double>> model({.n_inputs = n_inputs,
                                   .n_latents = n,
                                   .n_outputs = n_outputs,
                                   .decoder_norm = DecoderNorm::Free,
                                   .centering = Centering::None});
  const Matrix<double> centered = test::random_matrix<double>(n_inputs, batch, 1);
  const Matrix<double> pre_acts = test::random_matrix<double>(n, batch, 2);
  for (const Index n_busy : {Index{0}, Index{70}, Index{500}}) {  // the last ones: more than a group in a block
    Branch<double> main;
    main.code = test::code_where<double>(
        pre_acts, [&](Index j, Index i) { return pre_acts(j, i) > (j >= n - n_busy ? -0.5 : 2); },
        [&](Index j, Index i) { return std::max(pre_acts(j, i), 0.0); });
    main.d_recon = test::random_matrix<double>(n_outputs, batch, 3);
    Matrix<double> values = Matrix<double>::Zero(n, batch);
    Matrix<double> d_pre_acts = Matrix<double>::Zero(n, batch);
    for (Index i = 0; i < batch; ++i)
      for (Index e = main.code.begin_of(i); e < main.code.begin_of(i) + main.code.count_of(i); ++e) {
        main.d_values.push_back(std::sin(static_cast<double>(e)));
        values(main.code.latents[e], i) = main.code.values[e];
        if (main.code.values[e] > 0) d_pre_acts(main.code.latents[e], i) = main.d_values[e];
      }
    main.by_latent.build(main.code, main.d_values, n, Threads(1));
    const Matrix<double> d_w_enc = centered * d_pre_acts.transpose();
    const Matrix<double> d_w_dec = main.d_recon * values.transpose();
    const Vector<double> d_b_enc = d_pre_acts.rowwise().sum();

    std::vector<double> squares;
    for (const int threads : {1, 2, 4}) {
      CAPTURE(n_busy, threads);
      LatentPass<ReLU<double>, Adam> pass(model);
      Vector<double> errors = Vector<double>::Constant(n, 1);
      const Objective objective{MeanSquaredError()};
      const auto sums = pass.run(objective, centered, main, Branch<double>(), Threads(threads),
                                 [&](Index j, Slice<const double> gradient) {
                                   const double* d_dec = gradient.data() + 64;  // on a cache line of its own
                                   errors(j) = std::abs(gradient[n_inputs] - d_b_enc(j));
                                   for (Index q = 0; q < n_inputs; ++q)
                                     errors(j) = std::max(errors(j), std::abs(gradient[q] - d_w_enc(q, j)));
                                   for (Index q = 0; q < n_outputs; ++q)
                                     errors(j) = std::max(errors(j), std::abs(d_dec[q] - d_w_dec(q, j)));
                                 });
      CHECK(errors.maxCoeff() < 1e-12);
      const double expected = d_w_enc.squaredNorm() + d_w_dec.squaredNorm() + d_b_enc.squaredNorm();
      CHECK_THAT(sums.squared_gradient, test::close_to(expected, 1e-12));
      squares.push_back(sums.squared_gradient);
      CHECK(squares.back() == squares.front());
      Index wrong = 0;
      for (Index j = 0; j < n; ++j) wrong += pass.active()[j] != (values.row(j).array() > 0).count();
      CHECK(wrong == 0);
    }
  }
}

namespace {

/// The expected message of the latent above with threshold theta, in units of squared error, and the price of one more
/// activation: amplitudes uniform on [0, 1] that are above it have mean (1 + theta) / 2 and variance (1 - theta)^2
/// / 12.
struct UniformMessage {
  double coefficient;
  double noise;

  [[nodiscard]] double variance(double theta) const { return (1 - theta) * (1 - theta) / 12 + noise; }

  [[nodiscard]] double length(double theta) const {
    const double p = 1 - theta;
    const double presence = -p * std::log2(p) - theta * std::log2(theta);
    const double value = (std::log2(variance(theta) / noise) + 1 / std::log(2.0)) / 2;
    return theta * theta * theta / 3 + coefficient * (presence + p * value);
  }

  [[nodiscard]] double price(double theta) const {
    const double off = (1 - theta) / 2;
    return std::log2(theta / (1 - theta)) + std::log2(variance(theta) / noise) / 2 +
           (off * off + noise) / (2 * variance(theta) * std::log(2.0));
  }

  /// On the tangents of a window of this width, the mean over it.
  [[nodiscard]] double mean_price(double theta, double width) const {
    return price(theta) - width * width / (24 * variance(theta) * std::log(2.0));
  }
};

}  // namespace

TEST_CASE("The price at a threshold is the derivative of the expected message", "[latent_pass]") {
  const UniformMessage message{0.05, 0.01};
  for (const double at : {0.1, 0.3, 0.5, 0.8, 0.95}) {
    CAPTURE(at);
    const double slope = (message.length(at + 1e-6) - message.length(at - 1e-6)) / 2e-6;
    CHECK_THAT(at * at - message.coefficient * message.price(at), test::close_to(slope, 1e-7));
    const MDL loss({.noise_variance = message.noise, .coefficient = message.coefficient});
    UniformAmplitudes<MDL> world(loss);
    const double expected =
        at * at - at * world.bandwidth / 4 - message.coefficient * message.mean_price(at, world.bandwidth);
    CHECK_THAT(world.d_theta(at), test::close_to(expected, 4e-4));
  }
}

TEST_CASE("The stationary threshold under MDL is where the expected message is shortest", "[latent_pass]") {
  // A latent that is always active has a short message, too: below 0.1 thresholds fall towards it.
  const UniformMessage message{0.05, 0.01};
  double shortest = 0.1;
  for (double at = 0.1; at < 0.99; at += 1e-4)
    if (message.length(at) < message.length(shortest)) shortest = at;
  CHECK(shortest > 0.2);
  CHECK(shortest < 0.4);
  for (const double start : {0.25, 0.9}) {
    UniformAmplitudes<MDL> world(MDL({.noise_variance = message.noise, .coefficient = message.coefficient}));
    CHECK_THAT(world.stationary(start, 0.5), Catch::Matchers::WithinAbs(shortest, world.bandwidth / 2));
  }
}

}  // namespace latent_pass_test

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>
#include <parsae/losses/auxiliary.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/optim/optimizer.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// When dead latents get a new life.
struct RevivalSettings {
  std::vector<Index> at_steps{};  ///< after these steps, counted from 1; empty: never
  std::uint64_t seed = 0;         ///< of the draws

  [[nodiscard]] bool is_due(Index step) const {
    return std::find(at_steps.begin(), at_steps.end(), step) != at_steps.end();
  }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("at_steps", at_steps);
    visit("seed", seed);
  }

  void check(const std::string& owner, Index steps) const {
    for (const Index step : at_steps) require_between(owner + " at_steps", step, Index{1}, steps);
  }
};

/// What a training step knows of its batch when it is over.
template <class Scalar>
struct RevivalBatch {
  const Matrix<Scalar>& centered;  ///< n_inputs x batch, what the encoder multiplied with
  const Matrix<Scalar>& residual;  ///< n_outputs x batch, scaled target minus reconstruction
  Slice<const Scalar> weights;     ///< batch, of the samples in the reconstruction loss
};

/// Gives every dead latent the direction of a badly reconstructed sample of the batch, after the resampling of Bricken
/// et al., "Towards Monosemanticity", 2023, with the residual in place of the input:
///
///     w_dec(:, j) = e / |e|,   w_enc(:, j) = r e / |e|  (r c / |c| where inputs are not centered by b_dec),
///     b_enc(j) = theta_j + |e| - w_enc(:, j)^T c, at most 0 if the latent is active at c without bias,
///     moments of all that the latent owns = 0
///
/// with e the residual and c the centered input of the sample, r the mean norm of the living columns of w_enc (1 if
/// none lives), theta the latent's threshold or 0. So theta < pi_j(c) <= theta + |e|: the latent can be active at its
/// sample, and explains what was missing there, no more. A positive bias, which makes a latent active in most samples,
/// is the exception. Samples are drawn without replacement in proportion to weight |e|^2; a batch with fewer samples
/// than dead latents revives as many as it has.
///
/// Statistics go on: a latent counts as dead until it is active.
template <Activation Act, int n_moments>
class Revival {
 public:
  using Scalar = typename Act::Scalar;
  using Model = Autoencoder<Act>;
  using State = OptimizerState<Scalar, n_moments>;

  /// Returns how many latents got a new life.
  /// \param random  draw number i belongs to sample i
  static Index run(Model& model, State& state, const LatentHistory& history, const RevivalBatch<Scalar>& batch,
                   const Random& random) {
    if (history.n_dead == 0) return 0;
    const std::vector<Drawn> drawn = draw(batch, history.n_dead, random);
    const double encoder_norm = mean_living_norm(model, history);
    std::size_t n = 0;
    for (Index j = 0; j < model.n_latents() && n < drawn.size(); ++j) {
      if (history.dead[j] == 0) continue;
      set_direction(model, j, batch, drawn[n++].sample, encoder_norm);
      forget(model, state, j);
    }
    return static_cast<Index>(n);
  }

 private:
  struct Drawn {
    double key = 0;
    Index sample = 0;
  };

  /// The samples with the `n` least keys -log(u) / weight, u uniform: a weighted draw without replacement in which each
  /// sample needs one number of its own (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006).
  [[nodiscard]] static std::vector<Drawn> draw(const RevivalBatch<Scalar>& batch, Index n, const Random& random) {
    std::vector<Drawn> drawn;
    for (Index i = 0; i < batch.residual.cols(); ++i) {
      const double weight =
          static_cast<double>(batch.weights[i]) * static_cast<double>(batch.residual.col(i).squaredNorm());
      if (!(weight > 0) || !(batch.centered.col(i).squaredNorm() > 0)) continue;
      drawn.push_back({-std::log1p(-random.uniform(static_cast<std::uint64_t>(i))) / weight, i});
    }
    std::sort(drawn.begin(), drawn.end(),
              [](const Drawn& a, const Drawn& b) { return a.key != b.key ? a.key < b.key : a.sample < b.sample; });
    if (static_cast<Index>(drawn.size()) > n) drawn.resize(static_cast<std::size_t>(n));
    return drawn;
  }

  [[nodiscard]] static double mean_living_norm(const Model& model, const LatentHistory& history) {
    double sum = 0;
    for (Index j = 0; j < model.n_latents(); ++j)
      if (history.dead[j] == 0) sum += static_cast<double>(model.encoder.w_enc.col(j).norm());
    const Index n_living = model.n_latents() - history.n_dead;
    return sum > 0 ? sum / static_cast<double>(n_living) : 1;
  }

  static void set_direction(Model& model, Index j, const RevivalBatch<Scalar>& batch, Index sample,
                            double encoder_norm) {
    const Scalar norm = batch.residual.col(sample).norm();
    const Scalar scale = static_cast<Scalar>(encoder_norm);
    model.decoder.w_dec.col(j) = batch.residual.col(sample) / norm;
    if (model.encoder.centering == Centering::DecoderBias)
      model.encoder.w_enc.col(j) = scale * model.decoder.w_dec.col(j);
    else
      model.encoder.w_enc.col(j) = scale * batch.centered.col(sample).normalized();
    Scalar threshold = 0;
    if constexpr (requires { model.activation.threshold()(j); }) threshold = model.activation.threshold()(j);
    const Scalar product = model.encoder.w_enc.col(j).dot(batch.centered.col(sample));
    const Scalar bias = threshold + norm - product;
    model.encoder.b_enc(j) = product > threshold ? std::min(bias, Scalar(0)) : bias;
  }

  static void forget(Model& model, State& state, Index j) {
    std::size_t learned = 0;
    model.visit_arrays([&](const ParameterArray<Scalar>& array) {
      if (array.role != Role::Learned) return;
      if (array.axis == Axis::Latent)
        for (const Slice<Scalar> moments : state.slices(learned, j * array.rows, array.rows))
          std::fill(moments.begin(), moments.end(), Scalar(0));
      ++learned;
    });
  }
};

}  // namespace parsae::inline PARSAE_ABI

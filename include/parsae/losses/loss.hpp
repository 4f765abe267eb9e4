// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/latent_moments.hpp>

#include <concepts>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// A loss on the reconstruction. Reduction of every loss: sum over inputs, mean over samples.
///
/// Every loss may have `loss.visit_settings(f)`, f(name, value) for each setting: what a resumed run must agree on.
///
/// `loss.add(target, recon, sample_weights, d_recon)` sees a block of samples (n_outputs x block), writes dL/d recon,
/// and returns the block's part of L. `sample_weights` (one a sample) already contain the 1 / batch of the mean.
template <class Loss, class Scalar>
concept ReconstructionLossFor = requires(const Loss loss, Eigen::Ref<const Matrix<Scalar>> target,
                                         Eigen::Ref<const Matrix<Scalar>> recon, Slice<const Scalar> sample_weights,
                                         Eigen::Ref<Matrix<Scalar>> d_recon) {
  { Loss::name } -> std::convertible_to<std::string_view>;
  { loss.template add<Scalar>(target, recon, sample_weights, d_recon) } -> std::same_as<double>;
};

/// A reconstruction loss with a term for the reconstruction by each of some prefixes of the latents, not only by all:
///
/// - `loss.prefix_ends()`: where each prefix but the full one ends, ascending; may be empty.
/// - `loss.prefix_weight(p)`: the factor on prefix p's term; the full one comes last.
/// - `loss.require_fits(n_latents)`: throws std::invalid_argument where a model has too few latents.
///
/// `add` is called for each prefix, with the factor in the sample weights.
template <class Loss>
concept NestsPrefixes = requires(const Loss loss, Index n) {
  { loss.prefix_ends() } -> std::same_as<Slice<const Index>>;
  { loss.prefix_weight(n) } -> std::same_as<double>;
  { loss.require_fits(n) } -> std::same_as<void>;
};

/// What the losses on the code may know of a step before they see its latents.
struct CodeLossStep {
  double coefficient_factor = 1;  ///< on their coefficients, from a schedule, >= 0
  double l0 = 0;                  ///< active latents a sample, the mean of the step's batch
  Index n_latents = 1;            ///< of the model
  LatentMoments before{};         ///< of the steps before this one; lives as long as the step
};

/// A loss on the code, seen latent by latent.
///
/// - `loss.add(entries, decoder_norm, batch, gradient)`: one latent's part of the weighted loss; adds to the gradient.
/// Called for every latent, also for those without entries.
/// - `loss.of_step(step)`: the same loss for one step: its coefficient multiplied by the schedule's factor, and set to
///   what the batch's code and the steps before say. Throws std::invalid_argument where it cannot serve a model of that
///   size.
/// - `Loss::needs_threshold`: it pushes on `gradient.gate`, which only an activation with a learnable threshold feels.
/// - `Loss::needs_value_moments`: it wants step.before.value and squared_value; optional, no member means no.
///
/// A loss has no memory: what it has to know of earlier steps the trainer measures, and keeps in checkpoints.
template <class Loss, class Scalar>
concept CodeLossFor = requires(const Loss loss, const LatentEntries<Scalar>& entries, Scalar decoder_norm, Index batch,
                               LatentGradient<Scalar>& gradient, const CodeLossStep& step) {
  { Loss::name } -> std::convertible_to<std::string_view>;
  { Loss::needs_threshold } -> std::convertible_to<bool>;
  { loss.add(entries, decoder_norm, batch, gradient) } -> std::same_as<double>;
  { loss.of_step(step) } -> std::same_as<Loss>;
};

/// A loss on the code that wants the running moments of each latent's values.
template <class Loss>
concept NeedsValueMoments = requires {
  requires Loss::needs_value_moments;
};

}  // namespace parsae::inline PARSAE_ABI

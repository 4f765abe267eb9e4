// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/loss.hpp>
#include <parsae/sparse/selection.hpp>

#include <concepts>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// What an auxiliary loss may know of the steps before this one.
struct LatentHistory {
  Slice<const std::uint8_t> dead;  ///< n_latents flags
  Index n_dead = 0;
  Slice<const double> density{};  ///< n_latents running firing rates; empty until a whole density window has passed
  Slice<const LatentId> rank{};   ///< n_latents places in the order of descending density, from 0; empty as long
};

/// What an auxiliary code reconstructs: what the main reconstruction leaves over, without bias; or the whole (scaled)
/// target, with the decoder's bias.
enum class AuxiliaryTarget { Residual, Full };

/// Whether an auxiliary loss trains the decoder that it decodes with, w_dec and (where it is used) b_dec, or takes it
/// for a constant. The encoder's own use of b_dec, in centering its inputs, has a gradient either way.
enum class AuxiliaryDecoder { Trained, Frozen };

/// A loss on a second, auxiliary reconstruction. It never sees the model: which latents are eligible is fixed before
/// the walk, the trainer decodes its code, and the loss is handed blocks of samples, n_outputs x block.
///
/// - `Auxiliary::target`, `Auxiliary::decoder`: an AuxiliaryTarget and an AuxiliaryDecoder.
/// - `aux.mark_eligible(history, eligible)`: writes n_latents flags, returns how many. A loss on the residual is off in
///   a step without any.
/// - `aux.select(batch, n_outputs, eligible, n_eligible)`: the rule of the auxiliary code.
/// - Residual: `aux.add(residual, recon, residual_variation, d_recon)`: the block's part of the weighted loss; writes
///   dL/d recon. The residual e = target - main recon is a constant; residual_variation = sum over the batch of
///   |e_i - mean e|^2.
/// - Full: `aux.add(target, recon, sample_weights, d_recon)`: as a ReconstructionLossFor has it.
template <class Auxiliary, class Scalar>
concept AuxiliaryFor = requires(const Auxiliary aux, const LatentHistory& history, Slice<std::uint8_t> flags,
                                Slice<const std::uint8_t> eligible, Index n) {
  { Auxiliary::name } -> std::convertible_to<std::string_view>;
  { Auxiliary::target } -> std::convertible_to<AuxiliaryTarget>;
  { Auxiliary::decoder } -> std::convertible_to<AuxiliaryDecoder>;
  { aux.mark_eligible(history, flags) } -> std::same_as<Index>;
  { aux.template select<Scalar>(n, n, eligible, n) } -> SelectionFor<Scalar>;
}
&&((Auxiliary::target == AuxiliaryTarget::Full && ReconstructionLossFor<Auxiliary, Scalar>) ||
   (Auxiliary::target == AuxiliaryTarget::Residual &&
    requires(const Auxiliary aux, double residual_variation, Eigen::Ref<const Matrix<Scalar>> residual,
             Eigen::Ref<Matrix<Scalar>> d_recon) {
      { aux.template add<Scalar>(residual, residual, residual_variation, d_recon) } -> std::same_as<double>;
    }));

/// No auxiliary loss.
struct NoAuxiliary {
  static constexpr AuxiliaryTarget target = AuxiliaryTarget::Residual;
  static constexpr AuxiliaryDecoder decoder = AuxiliaryDecoder::Trained;
};

}  // namespace parsae::inline PARSAE_ABI

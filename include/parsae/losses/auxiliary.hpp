// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/selection.hpp>

#include <concepts>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// What an auxiliary loss may know of the steps before this one.
struct LatentHistory {
  Slice<const std::uint8_t> dead;  ///< n_latents flags
  Index n_dead = 0;
};

/// A loss on a second, auxiliary reconstruction of the residual e = target - recon by latents that the main code
/// neglects. It never sees the model: which latents are eligible is fixed before the walk, the trainer decodes its code
/// (without bias), and the loss is handed residual and reconstruction of a block of samples, both n_outputs x block.
///
/// - `aux.mark_eligible(history, eligible)`: writes n_latents flags, returns how many; 0 switches the branch off this
/// step.
/// - `aux.select(batch, n_outputs, eligible, n_eligible)`: the rule of the auxiliary code.
/// - `aux.add(residual, recon, residual_variation, d_recon)`: the block's part of the weighted loss; writes dL/d recon.
/// The
///   residual is a constant, and residual_variation = sum over the batch of |e_i - mean e|^2.
template <class Auxiliary, class Scalar>
concept AuxiliaryFor = requires(const Auxiliary aux, const LatentHistory& history, Slice<std::uint8_t> flags,
                                Slice<const std::uint8_t> eligible, Index n, double residual_variation,
                                Eigen::Ref<const Matrix<Scalar>> residual, Eigen::Ref<Matrix<Scalar>> d_recon) {
  { Auxiliary::name } -> std::convertible_to<std::string_view>;
  { aux.mark_eligible(history, flags) } -> std::same_as<Index>;
  { aux.template select<Scalar>(n, n, eligible, n) } -> SelectionFor<Scalar>;
  { aux.template add<Scalar>(residual, residual, residual_variation, d_recon) } -> std::same_as<double>;
};

/// No auxiliary loss.
struct NoAuxiliary {};

}  // namespace parsae::inline PARSAE_ABI

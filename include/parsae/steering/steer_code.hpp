// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/sparse_code.hpp>
#include <parsae/steering/intervention.hpp>

namespace parsae::inline PARSAE_ABI {

namespace detail {

/// Entries of one sample under an intervention; `stimulated` ascending, merged in where the sample has none of them.
template <class Scalar>
void append_steered(const SparseCode<Scalar>& code, Index sample, const Intervention& intervention,
                    const Buffer<LatentId>& stimulated, SparseCode<Scalar>& steered) {
  const Intervention::Settings& how = intervention.settings();
  Scalar largest = 0;
  for (Index e = code.begin_of(sample); e < code.begin_of(sample + 1); ++e) largest = std::max(largest, code.values[e]);
  const auto append = [&](LatentId latent, Scalar value, Scalar pre_act) {
    steered.latents.push_back(latent);
    steered.values.push_back(value);
    steered.pre_acts.push_back(pre_act);
  };
  Index next = 0;
  for (Index e = code.begin_of(sample); e < code.begin_of(sample + 1); ++e) {
    const LatentId latent = code.latents[e];
    for (; next < stimulated.size() && stimulated[next] < latent; ++next)
      append(stimulated[next], how.treated(Treatment::Stimulate, Scalar(0), largest), 0);
    if (next < stimulated.size() && stimulated[next] == latent) ++next;
    append(latent, how.treated(intervention[latent], code.values[e], largest), code.pre_acts[e]);
  }
  for (; next < stimulated.size(); ++next)
    append(stimulated[next], how.treated(Treatment::Stimulate, Scalar(0), largest), 0);
  steered.offsets.push_back(steered.stored());
}

}  // namespace detail

/// A code under an intervention on its latents: what is suppressed keeps the share 1 - c of its activation and stays as
/// an explicit zero where that is none; what is stimulated is active in every sample that has anything active. No
/// other activation changes, unlike behind a router, whose weights have a sum to keep.
///
/// Throws std::invalid_argument for SuppressionPolicy::MaskLogit, which comes before the choice (`mask_latents`), for
/// stimulated latents without stimulation > 0, which would not be active, and for latents beyond the intervention's.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> steer_code(const SparseCode<Scalar>& code, const Intervention& intervention) {
  require_latents("steer_code latent", code, intervention.n_units());
  if (intervention.settings().policy == SuppressionPolicy::MaskLogit && intervention.count(Treatment::Suppress) > 0)
    reject("steer_code policy", "ZeroWeight (mask_latents masks before the choice)", "MaskLogit");
  Buffer<LatentId> stimulated;
  for (Index latent = 0; latent < intervention.n_units(); ++latent)
    if (intervention[latent] == Treatment::Stimulate) stimulated.push_back(static_cast<LatentId>(latent));
  if (!stimulated.empty()) require_positive("steer_code stimulation", intervention.settings().stimulation);
  SparseCode<Scalar> steered;
  for (Index i = 0; i < code.n_samples(); ++i) detail::append_steered(code, i, intervention, stimulated, steered);
  return steered;
}

}  // namespace parsae::inline PARSAE_ABI

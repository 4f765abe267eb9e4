// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/latent_entries.hpp>
#include <parsae/sparse/sparse_code.hpp>

namespace parsae::inline PARSAE_ABI {

/// A sparse code and the gradient at its values, re-ordered latent by latent (a counting sort), ascending in sample
/// within a latent. All memory is kept for the next batch.
template <class Scalar>
class LatentMajor {
 public:
  /// \param d_values  one for each stored entry of `code`, in the code's order
  void build(const SparseCode<Scalar>& code, const Buffer<Scalar>& d_values, Index n_latents) {
    offsets_.assign(n_latents + 1, 0);
    for (const LatentId latent : code.latents) ++offsets_[latent + 1];
    for (Index j = 0; j < n_latents; ++j) offsets_[j + 1] += offsets_[j];
    samples_.resize(code.stored());
    values_.resize(code.stored());
    pre_acts_.resize(code.stored());
    d_values_.resize(code.stored());

    // While filling, offsets[j] is where the next entry of latent j goes; afterwards it is where latent j + 1 begins.
    for (Index i = 0; i < code.n_samples(); ++i) {
      for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e) {
        const Index at = offsets_[code.latents[e]]++;
        samples_[at] = static_cast<SampleId>(i);
        values_[at] = code.values[e];
        pre_acts_[at] = code.pre_acts[e];
        d_values_[at] = d_values[e];
      }
    }
    for (Index j = n_latents; j > 0; --j) offsets_[j] = offsets_[j - 1];
    offsets_[0] = 0;
  }

  [[nodiscard]] Index n_latents() const { return offsets_.size() - 1; }
  [[nodiscard]] Index count_of(Index latent) const { return offsets_[latent + 1] - offsets_[latent]; }

  [[nodiscard]] LatentEntries<Scalar> entries(Index latent) const {
    const Index first = offsets_[latent];
    const Index count = count_of(latent);
    return {latent, samples_.slice().part(first, count), values_.slice().part(first, count),
            pre_acts_.slice().part(first, count)};
  }

  /// dL/d value of the latent's entries, as the sampled product left it.
  [[nodiscard]] Slice<const Scalar> d_values(Index latent) const {
    return d_values_.slice().part(offsets_[latent], count_of(latent));
  }

 private:
  Buffer<Index> offsets_ = Buffer<Index>(1);
  Buffer<SampleId> samples_;
  Buffer<Scalar> values_;
  Buffer<Scalar> pre_acts_;
  Buffer<Scalar> d_values_;
};

}  // namespace parsae::inline PARSAE_ABI

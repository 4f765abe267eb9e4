// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/candidate.hpp>
#include <parsae/sparse/panel_product.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// The memory behind Floors for one block of samples, and the comparison of the filter loop.
template <class Scalar>
class FloorArrays {
 public:
  using Pack = Simd<Scalar>;
  static constexpr Index row = PanelProduct<Scalar>::latents;

  void reserve(Index n_samples, Index n_latents) {
    by_sample_.reserve(n_samples);
    by_latent_.reserve(divide_up(n_latents, row) * row);
  }

  void resize(Index n_samples, Index n_latents) {
    n_latents_ = n_latents;
    by_sample_.assign(n_samples, floor_always<Scalar>);
    by_latent_.assign(divide_up(n_latents, row) * row, floor_never<Scalar>);
    std::fill_n(by_latent_.data(), n_latents, floor_always<Scalar>);
  }

  [[nodiscard]] Floors<Scalar> floors() { return {by_sample_.slice(), by_latent_.slice().part(0, n_latents_)}; }

  [[nodiscard]] Scalar of(Index sample, Index latent) const { return std::max(by_sample_[sample], by_latent_[latent]); }

  void raise(Index sample, Scalar floor) { by_sample_[sample] = std::max(by_sample_[sample], floor); }

  /// The floors of `first_latent` and those that follow, up to the end of its row.
  [[nodiscard]] const Scalar* of_latents(Index first_latent) const { return by_latent_.data() + first_latent; }

  /// Nothing can survive.
  [[nodiscard]] bool exclude_all() const {
    const auto never = [](Scalar floor) { return floor == floor_never<Scalar>; };
    return std::all_of(by_sample_.begin(), by_sample_.end(), never) ||
           std::all_of(by_latent_.begin(), by_latent_.end(), never);
  }

  /// Bit j is set where values[j] reaches the floors of `sample` and latent `first_latent + j`, j < row.
  [[nodiscard]] std::uint32_t reached(const Scalar* values, Index sample, Index first_latent) const {
    return compare(values, sample, first_latent, Pack::reached);
  }

  /// The same, and NaN survives: an upper bound that is not a number excludes nothing. Bounds may be infinite, so
  /// floors alone cannot keep out the places behind the last latent.
  [[nodiscard]] std::uint32_t not_below(const Scalar* values, Index sample, Index first_latent) const {
    const Index n_real = std::min(n_latents_ - first_latent, row);
    const auto real = static_cast<std::uint32_t>((std::uint64_t{1} << n_real) - 1);
    return compare(values, sample, first_latent, Pack::not_below) & real;
  }

  void raise_to(const FloorArrays& other) {
    for (Index i = 0; i < by_sample_.size(); ++i) by_sample_[i] = std::max(by_sample_[i], other.by_sample_[i]);
    for (Index j = 0; j < by_latent_.size(); ++j) by_latent_[j] = std::max(by_latent_[j], other.by_latent_[j]);
  }

 private:
  template <class Compare>
  [[nodiscard, gnu::always_inline]] inline std::uint32_t compare(const Scalar* values, Index sample, Index first_latent,
                                                                 const Compare& compare_lanes) const {
    const typename Pack::Lanes by_sample = Pack::broadcast(by_sample_[sample]);
    const Scalar* by_latent = of_latents(first_latent);
    const std::uint32_t left = compare_lanes(Pack::load(values), Pack::larger(Pack::load(by_latent), by_sample));
    const std::uint32_t right =
        compare_lanes(Pack::load(values + Pack::width), Pack::larger(Pack::load(by_latent + Pack::width), by_sample));
    return left | right << Pack::width;
  }

  Index n_latents_ = 0;
  Buffer<Scalar> by_sample_;
  Buffer<Scalar> by_latent_;  ///< padded to whole rows with floor_never
};

}  // namespace parsae::inline PARSAE_ABI

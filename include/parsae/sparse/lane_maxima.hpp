// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/floor_arrays.hpp>
#include <parsae/sparse/kth_largest.hpp>

namespace parsae::inline PARSAE_ABI {

/// A floor for a sample before any of its entries is kept: the k-th largest of the maxima that the lanes of its first
/// panels reach. At least k entries reach it, so an entry below it is not among the k largest; and about 1.3 k do,
/// which spares the filter most of the positive half that it would keep from those panels otherwise.
template <class Scalar>
class LaneMaxima {
 public:
  using Pack = Simd<Scalar>;
  static constexpr Index row = PanelProduct<Scalar>::latents;
  static constexpr Index panels = 16;  ///< that many give a good floor; their tiles stay in the first-level cache

  /// \param k  0: no floors
  void begin(Index k) {
    k_ = k;
    n_rows_ = divide_up(2 * k, row);
    if (!is_used()) return;
    maxima_.resize(n_rows_ * row);
    largest_.reserve(n_rows_ * row);
  }

  /// Few entries share a lane where k is large; then there is little to gain.
  [[nodiscard]] bool is_used() const { return k_ > 0 && n_rows_ <= panels / 2; }

  /// Raises the floors of the samples of a tile.
  /// \param tiles  `n_panels` tiles of PanelProduct, one after the other, of the first latents
  void raise(const Scalar* tiles, Index n_panels, Index first_sample, Index n_samples, FloorArrays<Scalar>& floors) {
    for (Index i = 0; i < n_samples; ++i)
      floors.raise(first_sample + i, floor(tiles + i * row, n_panels, floors.of_latents(0)));
  }

 private:
  /// \param values     the sample's row in the first tile
  /// \param by_latent  floors of the latents; entries below theirs do not count
  /// \return  >= 0; 0 where fewer than k lanes are positive
  [[nodiscard]] Scalar floor(const Scalar* values, Index n_panels, const Scalar* by_latent) {
    constexpr Index tile = PanelProduct<Scalar>::samples * row;
    for (Index r = 0; r < n_rows_; ++r) {
      for (Index j = 0; j < row; j += Pack::width) {
        typename Pack::Lanes maxima = Pack::broadcast(Scalar(0));
        for (Index panel = r; panel < n_panels; panel += n_rows_)
          maxima = Pack::larger(
              Pack::or_zero(Pack::load(values + panel * tile + j), Pack::load(by_latent + panel * row + j)), maxima);
        Pack::store(maxima_.data() + r * row + j, maxima);
      }
    }
    largest_.assign(maxima_.size(), [&](Index e) { return maxima_[e]; });
    return largest_.threshold(k_);
  }

  Index k_ = 0;
  Index n_rows_ = 0;
  Buffer<Scalar> maxima_;  ///< n_rows x row
  KthLargest<Scalar> largest_;
};

}  // namespace parsae::inline PARSAE_ABI

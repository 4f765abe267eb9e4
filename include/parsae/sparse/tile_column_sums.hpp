// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/column_slices.hpp>
#include <parsae/sparse/latent_entries.hpp>

namespace parsae::inline PARSAE_ABI {

/// Weighted sums of a matrix's columns (samples) for up to `group` latents at a time, in register tiles: what
/// Column::add_scaled_columns does for one latent with few entries, for latents with many. Each entry of a sum is the
/// same chain of multiply_add, ascending in sample, with terms 0 * x between: the same numbers where x is finite.
/// Worth it from a third of the samples on, see TileChoice.
template <class Scalar>
class TileColumnSums {
 public:
  /// Latents of a group: their sums fit the second-level cache, and they share one pass over the matrix.
  static constexpr Index group = 8 * PanelProduct<Scalar>::samples;

  /// Makes room for any group, so that what a worker meets later allocates nothing.
  void reserve(Index batch) {
    factors_.reserve(group * batch);
    tiles_.reserve(group * ColumnSlices<Scalar>::width);
  }

  /// Sets all factors of `n_latents` <= group latents to zero.
  void begin(Index n_latents, Index batch) {
    n_latents_ = n_latents;
    batch_ = batch;
    factors_.assign(divide_up(n_latents, Product::samples) * Product::samples * batch, Scalar(0));
  }

  /// The factors of the group's latent number `at`, at the samples where it has an entry.
  void set_factors(Index at, Slice<const SampleId> samples, const Scalar* factors) {
    Scalar* to = factors_.data() + at / Product::samples * Product::samples * batch_ + at % Product::samples;
    for (Index e = 0; e < samples.size(); ++e) to[samples[e] * Product::samples] = factors[e];
  }

  /// sums(:, at) += sum_i factor(at, i) * columns(:, i)
  /// \param sums    rows entries for each latent of the group, one every `stride`
  void add(const ColumnSlices<Scalar>& columns, Scalar* sums, Index stride) {
    constexpr Index width = ColumnSlices<Scalar>::width;
    tiles_.resize(divide_up(n_latents_, Product::samples) * Product::samples * width);
    for (Index first = 0; first < batch_; first += chunk)
      for (Index q = 0; q < columns.rows(); q += width) {
        const Index count = std::min(width, columns.rows() - q);
        std::fill(tiles_.begin(), tiles_.end(), Scalar(0));
        for (Index at = 0; at < n_latents_; ++at)
          std::copy_n(sums + at * stride + q, count, tiles_.data() + at * width);
        multiply(columns.slice(q), first);
        for (Index at = 0; at < n_latents_; ++at)
          std::copy_n(tiles_.data() + at * width, count, sums + at * stride + q);
      }
  }

 private:
  using Product = PanelProduct<Scalar>;

  /// Samples at a time: their factors and one slice stay in the second-level cache.
  static constexpr Index chunk = 1024;

  void multiply(const Scalar* slice, Index first) {
    constexpr Index width = ColumnSlices<Scalar>::width;
    for (Index at = 0; at < n_latents_; at += Product::samples)
      Product::accumulate(factors_.data() + at * batch_ + first * Product::samples, slice + first * width, width,
                          std::min(chunk, batch_ - first), tiles_.data() + at * width);
  }

  Index n_latents_ = 0;
  Index batch_ = 0;
  Buffer<Scalar> factors_;  ///< n_tiles x batch x samples
  Buffer<Scalar> tiles_;    ///< n_tiles x samples x width
};

}  // namespace parsae::inline PARSAE_ABI

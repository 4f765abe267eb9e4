// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>

namespace parsae::inline PARSAE_ABI {

/// Whether a product that is wanted at some entries only is cheaper entry by entry, gathering a column for each, or
/// whole, in register tiles. Depends on counts alone, never on threads, so it is the same in every run.
template <class Scalar>
struct TileChoice {
  /// Entries of a product in tiles in the time of one that gathers its column, from a cache or from memory. Measured
  /// with columns of 768 floats on two Zen 4 cores: 3 from 2000 columns, 8 from 12288.
  static constexpr Index cached_cost = 3;
  static constexpr Index uncached_cost = 8;

  /// Columns of fewer bytes together stay in the third-level cache.
  static constexpr Index cache_bytes = Index{16} << 20;

  [[nodiscard]] static Index entry_cost(Index n_columns, Index column_size) {
    const Index bytes = n_columns * column_size * static_cast<Index>(sizeof(Scalar));
    return bytes <= cache_bytes ? cached_cost : uncached_cost;
  }

  /// \param n_stored  wanted entries, among rows x columns
  /// \param cost      entry_cost of what is gathered
  [[nodiscard]] static bool prefers_tiles(Index n_stored, Index rows, Index columns, Index cost) {
    using Product = PanelProduct<Scalar>;
    const Index tiles = divide_up(rows, Product::samples) * divide_up(columns, Product::latents);
    return n_stored > 0 && n_stored * cost >= tiles * Product::samples * Product::latents;
  }
};

}  // namespace parsae::inline PARSAE_ABI

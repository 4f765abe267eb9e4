// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

namespace parsae::inline PARSAE_ABI {

/// Where units stand: `per_layer` in each of `n_layers` layers, numbered layer by layer. A unit is whatever can be
/// switched: a routed expert of one layer, or a latent, whose dictionary is a single layer.
struct UnitGrid {
  Index n_layers = 1;   ///< >= 1
  Index per_layer = 0;  ///< >= 1

  void check() const {
    require_between("UnitGrid n_layers", n_layers, Index{1}, Index{1} << 20);
    require_between("UnitGrid per_layer", per_layer, Index{1}, Index{1} << 31);
  }

  [[nodiscard]] Index n_units() const { return n_layers * per_layer; }
  [[nodiscard]] Index unit(Index layer, Index place) const { return layer * per_layer + place; }
  [[nodiscard]] Index layer_of(Index unit) const { return unit / per_layer; }
  [[nodiscard]] Index place_of(Index unit) const { return unit % per_layer; }
};

}  // namespace parsae::inline PARSAE_ABI

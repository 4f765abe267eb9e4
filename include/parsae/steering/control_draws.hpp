// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/shuffle.hpp>
#include <parsae/steering/unit_grid.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Units to switch in place of those that a contrast names: whatever they change as well, any units would. Draw number
/// `draw` of a seed is always the same one.
class ControlDraws {
 public:
  struct Settings {
    UnitGrid grid;
    std::uint64_t seed = 1;
    Index n_strata = 10;  ///< of usage within a layer, 1 to 1000; 1: layers alone are matched
  };

  explicit ControlDraws(const Settings& settings) : settings_(settings) {
    settings.grid.check();
    require_between("ControlDraws n_strata", settings.n_strata, Index{1}, Index{1000});
  }

  /// n different units out of all, n <= n_units, each set as likely as any other.
  [[nodiscard]] std::vector<Index> random(Index n, std::uint64_t draw) const {
    const Index n_units = settings_.grid.n_units();
    require_between("ControlDraws n", n, Index{0}, n_units);
    std::vector<Index> units(static_cast<std::size_t>(n_units));
    std::iota(units.begin(), units.end(), Index{0});
    shuffle_front(Slice<Index>(units.data(), n_units), n, Random(settings_.seed, Draws::Controls, 2 * draw));
    units.resize(static_cast<std::size_t>(n));
    return units;
  }

  /// For each target another unit that is none of the targets, from its layer and its stratum of usage: units of a
  /// layer, sorted by usage, are cut into n_strata equal parts. Where a stratum has none left, from the nearest that
  /// has; where the layer has none, from the nearest stratum of any layer.
  /// \param targets  different units, at most half of all
  /// \param usage    n_units, such as the mean activity over samples
  [[nodiscard]] std::vector<Index> matched(const std::vector<Index>& targets, const Vector<double>& usage,
                                           std::uint64_t draw) const {
    const UnitGrid& grid = settings_.grid;
    require_shape("ControlDraws usage", usage.size(), 1, grid.n_units(), 1);
    require_finite("ControlDraws usage", usage);
    require_between("ControlDraws targets", static_cast<Index>(targets.size()), Index{0}, grid.n_units() / 2);
    const Buffer<Index> strata = strata_of(usage);
    Buffer<char> is_taken(grid.n_units(), 0);
    for (const Index target : targets) {
      require_between("ControlDraws target", target, Index{0}, grid.n_units() - 1);
      is_taken[target] = 1;
    }
    const Random numbers(settings_.seed, Draws::Controls, 2 * draw + 1);
    std::vector<Index> units;
    for (const Index target : targets) {
      const std::vector<Index> nearest = nearest_to(target, strata, is_taken);
      units.push_back(nearest[numbers.below(nearest.size(), units.size())]);
      is_taken[units.back()] = 1;
    }
    return units;
  }

 private:
  [[nodiscard]] Buffer<Index> strata_of(const Vector<double>& usage) const {
    const UnitGrid& grid = settings_.grid;
    Buffer<Index> strata(grid.n_units());
    std::vector<Index> sorted(static_cast<std::size_t>(grid.per_layer));
    for (Index layer = 0; layer < grid.n_layers; ++layer) {
      for (Index place = 0; place < grid.per_layer; ++place)
        sorted[static_cast<std::size_t>(place)] = grid.unit(layer, place);
      std::stable_sort(sorted.begin(), sorted.end(), [&](Index a, Index b) { return usage[a] < usage[b]; });
      for (Index rank = 0; rank < grid.per_layer; ++rank)
        strata[sorted[static_cast<std::size_t>(rank)]] = rank * settings_.n_strata / grid.per_layer;
    }
    return strata;
  }

  [[nodiscard]] std::vector<Index> nearest_to(Index target, const Buffer<Index>& strata,
                                              const Buffer<char>& is_taken) const {
    const UnitGrid& grid = settings_.grid;
    std::vector<Index> nearest;
    Index least = std::numeric_limits<Index>::max();
    for (Index unit = 0; unit < grid.n_units(); ++unit) {
      if (is_taken[unit] != 0) continue;
      const Index distance = std::abs(strata[unit] - strata[target]) +
                             (grid.layer_of(unit) == grid.layer_of(target) ? 0 : settings_.n_strata);
      if (distance < least) nearest.clear();
      least = std::min(least, distance);
      if (distance == least) nearest.push_back(unit);
    }
    return nearest;
  }

  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI

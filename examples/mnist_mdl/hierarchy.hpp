// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/chow_liu.hpp>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "digit_message.hpp"

namespace parsae_examples {

/// One architecture at one bound: what its shortest message takes, as the grid counts it and as a file.
struct HierarchyRow {
  std::string method;
  GridRow row;
  DigitMessage message;  ///< meaningless where the row is infeasible
};

/// Who may gate whom: of every edge of a forest over presence whose ends are active together more often than by chance,
/// the less frequent end becomes the child of the more frequent one, and a latent with several such parents keeps the
/// one that tells most about it. All else is a root.
[[nodiscard]] inline parsae::PresenceTree gating_forest(const parsae::PairCounts& counts,
                                                        const parsae::PresenceTree& forest) {
  using namespace parsae;
  PresenceTree gates = independent_latents(forest.n_latents());
  Buffer<double> best(forest.n_latents(), 0.0);
  for (Index j = 0; j < forest.n_latents(); ++j) {
    if (forest.parents[j] == PresenceTree::none) continue;
    Index child = j;
    Index parent = forest.parents[j];
    const auto frequency = [&](Index latent) { return std::pair(counts.active(latent), -latent); };
    if (frequency(child) > frequency(parent)) std::swap(child, parent);
    const double expected = static_cast<double>(counts.active(child)) * static_cast<double>(counts.active(parent)) /
                            static_cast<double>(counts.n_samples());
    const double bits = mutual_information(counts, child, parent);
    if (static_cast<double>(counts.together(child, parent)) <= expected || bits <= best[child]) continue;
    best[child] = bits;
    gates.parents[child] = static_cast<LatentId>(parent);
  }
  return gates;
}

struct HierarchySettings {
  Index width = 256;
  Index k = 3;  ///< to begin with
  std::uint64_t seed = 1;
  double eps = 0.4;
};

/// Trains TopK, TreeGated (TopK for half of the run, then under the forest of its own codes) and TopK on nested
/// prefixes of an eighth, a quarter, a half and all latents, with the grid's recipe but without AuxK, and writes the
/// message of each to `path`, one after the other. Each has the first of k, 4/3 k, 2 k and 3 k that keeps eps.
/// \param all_images  what the message holds
/// \param go_on       told a name before each is trained; false stops
[[nodiscard]] std::vector<HierarchyRow> compare_hierarchies(const HierarchySettings& settings, const Recipe& recipe,
                                                            const Images& images,
                                                            const parsae::Matrix<float>& all_images,
                                                            const std::filesystem::path& path,
                                                            const std::function<bool(const std::string&)>& go_on);

}  // namespace parsae_examples

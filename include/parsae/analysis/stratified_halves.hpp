// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/shuffle.hpp>

#include <algorithm>
#include <vector>

namespace parsae::inline PARSAE_ABI {

struct StratifiedHalvesSettings {
  std::uint64_t seed = 0;
  Index repeat = 0;  ///< which of the seed's splits, 0 to 2^20 - 1
};

/// Samples in two halves, each with half of every class: something is chosen on one and judged on the other.
struct StratifiedHalves {
  using Settings = StratifiedHalvesSettings;

  Buffer<Index> first;   ///< ascending
  Buffer<Index> second;  ///< ascending

  /// Of a class of odd size the first half gets the extra sample in every second such class, beginning with the first,
  /// so that halves differ by one sample at most.
  /// \param label      by sample, 0 to n_classes - 1
  /// \param n_classes  1 to 2^28
  StratifiedHalves(Slice<const Index> label, Index n_classes, const Settings& settings = {}) {
    require_between("StratifiedHalves n_classes", n_classes, Index{1}, Index{1} << 28);
    require_between("StratifiedHalves repeat", settings.repeat, Index{0}, (Index{1} << 20) - 1);
    std::vector<Buffer<Index>> members(static_cast<std::size_t>(n_classes));
    for (Index i = 0; i < label.size(); ++i) {
      require_between("StratifiedHalves label", label[i], Index{0}, n_classes - 1);
      members[static_cast<std::size_t>(label[i])].push_back(i);
    }
    Index n_odd = 0;
    for (Index c = 0; c < n_classes; ++c) {
      Buffer<Index>& samples = members[static_cast<std::size_t>(c)];
      shuffle(samples.slice(),
              Random(settings.seed, Draws::Split, static_cast<std::uint64_t>(settings.repeat << 28 | c)));
      const bool is_odd = samples.size() % 2 == 1;
      const Index n_first = samples.size() / 2 + (is_odd && n_odd % 2 == 0 ? 1 : 0);
      n_odd += is_odd;
      for (Index i = 0; i < samples.size(); ++i) (i < n_first ? first : second).push_back(samples[i]);
    }
    std::sort(first.begin(), first.end());
    std::sort(second.begin(), second.end());
  }
};

}  // namespace parsae::inline PARSAE_ABI

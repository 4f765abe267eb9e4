// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>
#include <parsae/core/slice.hpp>
#include <parsae/core/types.hpp>

#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Puts the items in random order, every order equally likely (Fisher and Yates): from the last one on, item i changes
/// places with one of the items 0 to i, which draw number i of `random` chooses.
template <class T>
void shuffle(Slice<T> items, const Random& random) {
  for (Index i = items.size() - 1; i > 0; --i) {
    const auto draw = static_cast<std::uint64_t>(i);
    std::swap(items[i], items[static_cast<Index>(random.below(draw + 1, draw))]);
  }
}

/// Brings n of the items to the front, every choice in every order equally likely: item i, from 0 to n - 1, changes
/// places with one of the items from i on, which draw number i of `random` chooses.
/// \param n  0 to items.size()
template <class T>
void shuffle_front(Slice<T> items, Index n, const Random& random) {
  for (Index i = 0; i < n; ++i) {
    const auto rest = static_cast<std::uint64_t>(items.size() - i);
    std::swap(items[i], items[i + static_cast<Index>(random.below(rest, static_cast<std::uint64_t>(i)))]);
  }
}

}  // namespace parsae::inline PARSAE_ABI

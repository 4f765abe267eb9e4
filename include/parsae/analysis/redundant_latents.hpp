// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/row_similarities.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace parsae::inline PARSAE_ABI {

struct RedundantLatentsSettings {
  double above = 0.95;          ///< the Pearson correlation beyond which two latents say the same, -1 to 1
  double active_above = 1e-10;  ///< a latent is dead that exceeds this in no sample, >= 0
  Threads threads = Threads::available();
};

/// How many latents say what another one says already. Pairs are counted once (i < j), and no latent with itself.
struct RedundantLatents {
  Index n_latents = 0;
  Index n_active = 0;     ///< latents that are active in some sample; the others are dead and take no part
  Index n_pairs = 0;      ///< pairs of active latents with a correlation above the bound
  Index n_redundant = 0;  ///< active latents that are in such a pair

  [[nodiscard]] double dead_fraction() const { return share(n_latents - n_active, n_latents); }

  /// Of the active latents; 0 where there are none.
  [[nodiscard]] double redundant_fraction() const { return share(n_redundant, n_active); }

 private:
  [[nodiscard]] static double share(Index part, Index whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

namespace detail {

/// Pairs within and between blocks of the active latents. Units are made anew for every pair of blocks, so that memory
/// does not grow with the number of latents.
template <class Scalar>
class RedundantPairs {
 public:
  RedundantPairs(const Matrix<Scalar>& latents, const Buffer<Index>& active, double above)
      : latents_(latents), active_(active), above_(above) {}

  [[nodiscard]] Index n_blocks() const { return divide_up(active_.size(), similarity_block); }

  /// Pairs (i, j), i < j, with i in the block. \param is_redundant  by place in `active`; places are only ever set
  [[nodiscard]] Index count(Index block, Buffer<std::uint8_t>& is_redundant) const {
    Matrix<double> own;
    Matrix<double> other;
    fill(block, own);
    Index n_pairs = 0;
    for (Index second = block; second < n_blocks(); ++second) {
      fill(second, other);
      double products[similarity_block];
      for (Index b = 0; b < other.cols(); ++b) {
        const Index n_before = second == block ? b : own.cols();
        const auto column_at = [&](Index a) { return own.col(a).data(); };
        Column<double>::dot_columns(column_at, n_before, other.col(b).data(), products, own.rows());
        for (Index a = 0; a < n_before; ++a) {
          if (!(products[a] > above_)) continue;
          ++n_pairs;
          is_redundant[block * similarity_block + a] = 1;
          is_redundant[second * similarity_block + b] = 1;
        }
      }
    }
    return n_pairs;
  }

 private:
  void fill(Index block, Matrix<double>& units) const {
    const Index first = block * similarity_block;
    const Index count = std::min(similarity_block, active_.size() - first);
    units.resize(latents_.cols(), count);
    for (Index a = 0; a < count; ++a) unit_row(latents_, active_[first + a], Similarity::Pearson, units.col(a).data());
  }

  const Matrix<Scalar>& latents_;
  const Buffer<Index>& active_;
  double above_;
};

}  // namespace detail

/// Time grows with n times the square of the active latents: 4000 over 10,000 samples are 80 billion multiply-adds.
/// \param latents  n_latents x n, finite; dense codes
template <class Scalar>
[[nodiscard]] RedundantLatents redundant_latents(const Matrix<Scalar>& latents,
                                                 const RedundantLatentsSettings& settings = {}) {
  require_between("redundant_latents above", settings.above, -1.0, 1.0);
  require_not_negative("redundant_latents active_above", settings.active_above);
  require_finite("redundant_latents latents", latents);
  Buffer<Index> active;
  for (Index j = 0; j < latents.rows(); ++j)
    if ((latents.row(j).template cast<double>().array() > settings.active_above).any()) active.push_back(j);

  const detail::RedundantPairs<Scalar> pairs(latents, active, settings.above);
  // Marks of workers are joined by "or", in which order does not matter.
  std::vector<Buffer<std::uint8_t>> marks(static_cast<std::size_t>(settings.threads.count()),
                                          Buffer<std::uint8_t>(active.size(), 0));
  Buffer<Index> n_pairs(pairs.n_blocks(), 0);
  settings.threads.for_each(pairs.n_blocks(), [&](Index block, int worker) {
    n_pairs[block] = pairs.count(block, marks[static_cast<std::size_t>(worker)]);
  });

  RedundantLatents result{.n_latents = latents.rows(), .n_active = active.size()};
  for (const Index count : n_pairs) result.n_pairs += count;
  for (Index a = 0; a < active.size(); ++a)
    result.n_redundant += std::any_of(marks.begin(), marks.end(), [&](const auto& mark) { return mark[a] != 0; });
  return result;
}

}  // namespace parsae::inline PARSAE_ABI

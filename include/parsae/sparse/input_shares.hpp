// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/types.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Inputs that are much larger than the others, told in equal shares. A code with one scale for a whole sample has to
/// be as coarse as its largest entry asks for, and a few such inputs, as language models have them, make its bounds
/// useless. With m copies of input q, each x_q / m in a sample and w_q in a latent,
///
///     sum over copies of (x_q / m) w_q = x_q w_q,
///
/// every share is as small as the other inputs. m is a power of two, so that shares are exact. The copies stand behind
/// the n_inputs entries of a column.
class InputShares {
 public:
  /// Finds what to share among inputs whose largest magnitude in the batch is more than twice `level`, 1.25 times the
  /// median input's. None are shared where a magnitude is not finite. Too many copies double the level.
  /// \param inputs  n_inputs x batch
  /// \param most    copies, beside the inputs themselves, >= 0
  void measure(const Matrix<float>& inputs, Index most) {
    n_inputs_ = inputs.rows();
    shared_.clear();
    copies_.clear();
    shared_.reserve(most);  // so that no later batch allocates
    copies_.reserve(most);
    largest_.assign(n_inputs_, 0);
    for (Index i = 0; i < inputs.cols(); ++i)
      for (Index q = 0; q < n_inputs_; ++q)  // as integers, so that compilers vectorize it
        largest_[q] = std::max(largest_[q], std::bit_cast<std::uint32_t>(inputs(q, i)) & 0x7FFFFFFFU);
    if (n_inputs_ == 0 || *std::max_element(largest_.begin(), largest_.end()) >= infinity) return;
    sorted_.assign(n_inputs_, 0);
    std::copy(largest_.begin(), largest_.end(), sorted_.begin());
    std::nth_element(sorted_.begin(), sorted_.begin() + n_inputs_ / 2, sorted_.end());
    float level = 1.25F * std::bit_cast<float>(sorted_[n_inputs_ / 2]);
    if (!(level > 0x1p-100F)) return;
    while (count(level) > most) level *= 2;
    for (Index q = 0; q < n_inputs_; ++q) {
      const Index n_shares = shares(q, level);
      if (n_shares == 1) continue;
      shared_.push_back({q, 1 / static_cast<float>(n_shares)});
      for (Index copy = 1; copy < n_shares; ++copy) copies_.push_back(q);
    }
  }

  /// Nothing is shared: columns are what they were.
  [[nodiscard]] bool empty() const { return copies_.empty(); }

  /// Entries of a column with its copies.
  [[nodiscard]] Index size(Index n_inputs) const { return n_inputs + copies_.size(); }

  /// \param to  size(n_inputs) entries
  void spread_sample(const float* from, float* to) const {
    std::copy_n(from, n_inputs_, to);
    for (const Shared& one : shared_) to[one.input] *= one.part;
    for (Index copy = 0; copy < copies_.size(); ++copy) to[n_inputs_ + copy] = to[copies_[copy]];
  }
  void spread_latent(const float* from, float* to) const {
    std::copy_n(from, n_inputs_, to);
    for (Index copy = 0; copy < copies_.size(); ++copy) to[n_inputs_ + copy] = from[copies_[copy]];
  }

 private:
  struct Shared {
    Index input = 0;
    float part = 1;  ///< 1 / m
  };
  static constexpr std::uint32_t infinity = 0x7F800000U;
  static constexpr float most_shares = 0x1p12F;

  [[nodiscard]] Index shares(Index q, float level) const {
    const float ratio = std::bit_cast<float>(largest_[q]) / level;
    return ratio > 2
               ? static_cast<Index>(std::bit_ceil(static_cast<std::uint32_t>(std::min(std::ceil(ratio), most_shares))))
               : 1;
  }

  [[nodiscard]] Index count(float level) const {
    Index n_copies = 0;
    for (Index q = 0; q < n_inputs_; ++q) n_copies += shares(q, level) - 1;
    return n_copies;
  }

  Index n_inputs_ = 0;
  Buffer<std::uint32_t> largest_;  ///< of each input, the bits of max |x|
  Buffer<std::uint32_t> sorted_;
  Buffer<Shared> shared_;
  Buffer<Index> copies_;  ///< which input each of them is of
};

}  // namespace parsae::inline PARSAE_ABI

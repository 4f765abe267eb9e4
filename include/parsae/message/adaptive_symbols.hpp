// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/message/range_decoder.hpp>

#include <bit>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// A model of symbols 0 to n - 1 that learns from those it has coded, with the estimator of Krichevsky and Trofimov:
///
///     P(s) = (count(s) + 1/2) / (symbols so far + n/2)
///
/// Nothing has to be sent ahead; encoder and decoder begin with equal models and keep them equal. Sums are kept in a
/// tree (Fenwick 1994): log2 n steps a symbol. All counts are halved when their sum comes near 2^32.
class AdaptiveSymbols {
 public:
  /// \param n_symbols  1 to 2^24
  explicit AdaptiveSymbols(Index n_symbols) : n_symbols_(n_symbols) {
    require_between("AdaptiveSymbols n_symbols", n_symbols, Index{1}, Index{1} << 24);
    weights_.assign(n_symbols, 1);
    build_tree();
  }

  [[nodiscard]] Index n_symbols() const { return n_symbols_; }

  /// \param encoder  RangeEncoder or BitMeter
  template <class Encoder>
  void encode(Encoder& encoder, Index symbol) {
    encoder.encode({.begin = sum_before(symbol), .size = weights_[symbol], .total = total_});
    learn(symbol);
  }

  [[nodiscard]] Index decode(RangeDecoder& decoder) {
    const std::uint64_t part = decoder.part_of(total_);
    Index symbol = 0;
    std::uint64_t before = 0;
    for (Index step = static_cast<Index>(std::bit_floor(static_cast<std::uint64_t>(n_symbols_))); step > 0; step /= 2) {
      if (symbol + step > n_symbols_ || before + tree_[symbol + step] > part) continue;
      symbol += step;
      before += tree_[symbol];
    }
    decoder.take({.begin = before, .size = weights_[symbol], .total = total_});
    learn(symbol);
    return symbol;
  }

 private:
  static constexpr std::uint64_t largest_total = SymbolInterval::largest_total - 2;

  void build_tree() {
    tree_.assign(n_symbols_ + 1, 0);
    total_ = 0;
    for (Index s = 0; s < n_symbols_; ++s) add(s, weights_[s]);
  }

  void add(Index symbol, std::uint64_t more) {
    total_ += more;
    for (Index at = symbol + 1; at <= n_symbols_; at += at & -at) tree_[at] += more;
  }

  [[nodiscard]] std::uint64_t sum_before(Index symbol) const {
    std::uint64_t sum = 0;
    for (Index at = symbol; at > 0; at -= at & -at) sum += tree_[at];
    return sum;
  }

  void learn(Index symbol) {
    weights_[symbol] += 2;
    add(symbol, 2);
    if (total_ <= largest_total) return;
    for (std::uint64_t& weight : weights_) weight = weight / 2 | 1;
    build_tree();
  }

  Index n_symbols_;
  std::uint64_t total_ = 0;
  Buffer<std::uint64_t> weights_;  // 2 count + 1
  Buffer<std::uint64_t> tree_;     // n + 1: entry i holds the sum of the i & -i weights up to i - 1
};

}  // namespace parsae::inline PARSAE_ABI

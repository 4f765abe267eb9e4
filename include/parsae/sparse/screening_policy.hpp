// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/bf16_code.hpp>
#include <parsae/sparse/int8_code.hpp>
#include <parsae/sparse/precision.hpp>

#include <algorithm>
#include <array>

namespace parsae::inline PARSAE_ABI {

/// Decides from the counts of earlier walks (never from a clock: decisions repeat) which products the next walk screens
/// with: int8, bf16, or none. Bounds of int8 are the cheapest and the widest; where entries of a sample differ
/// too much for InputShares they are useless, and then bf16 does.
///
/// A way's cost is estimated in units of one pre-activation in full precision: the product itself, the entries that
/// waited, and the entries that were computed after all.
class ScreeningPolicy {
 public:
  enum class Way { Int8, Bf16, Exact };

  [[nodiscard]] Way next(Index n_inputs) {
    if (walks_++ % retry_after == 0) {
      cost_ = product_cost;
      has_tried_bf16_ = false;
    }
    Way best = Way::Exact;
    for (const Way way : {Way::Bf16, Way::Int8})
      if (is_possible(way, n_inputs) && cost_[place(way)] < cost_[place(best)]) best = way;
    return best;
  }

  /// \param entries  n_latents x batch
  void observe(Way way, Index entries, Index n_inputs, Index samples, Index survivors, Index rescored) {
    count(way);
    if (way == Way::Exact || entries == 0 || n_inputs == 0) return;
    report_.samples += samples;
    report_.survivors += survivors;
    report_.rescored += rescored;
    // Measured on one core: one pre-activation of the exact walk takes 0.017 ns an input, and 0.25 more where the
    // weights come from memory for a single sample; waiting 14 ns; computing it after all 20 ns and 0.07 ns an input
    // where the caches hold the weights, 0.17 where memory does.
    const double inputs = static_cast<double>(n_inputs);
    const Index walked = std::max<Index>(samples, 1);
    const bool is_cached = entries / walked * n_inputs <= most_cached;
    const double exact = 0.017 * inputs;
    const double extra = 14.0 * static_cast<double>(survivors) +
                         (20.0 + (is_cached ? 0.07 : 0.17) * inputs) * static_cast<double>(rescored);
    cost_[place(Way::Exact)] = is_cached ? 1.0 : 1.0 + 0.25 / 0.017 / static_cast<double>(walked);
    const double left_over = extra / (exact * static_cast<double>(entries));
    cost_[place(way)] = product_cost[place(way)] + left_over;
    if (way == Way::Int8 && !has_tried_bf16_)
      cost_[place(Way::Bf16)] = product_cost[place(Way::Bf16)] + std::min(left_over / 5, most_expected);
    has_tried_bf16_ |= way == Way::Bf16;
  }

  /// Whether this build has the instructions, and the bounds hold for so many inputs.
  [[nodiscard]] static bool is_possible(Way way, Index n_inputs) {
    if (way == Way::Int8) return Int8Code::is_native && n_inputs <= Int8Code::most_inputs;
    if (way == Way::Exact) return true;
    return Bf16Code::is_native && n_inputs <= Bf16Code::most_inputs;
  }

  [[nodiscard]] const ScreeningReport& report() const { return report_; }

 private:
  static constexpr Index most_cached = Index{2} << 20;  ///< weights
  static constexpr Index retry_after = 128;             ///< walks, then every way gets another chance
  static constexpr std::array<double, 3> product_cost{0.27, 0.53, 1.0};

  /// Bounds of bf16 are five times as narrow, so until they were tried, a fifth is expected to be left over of what
  /// int8 leaves over, but never so much that they are not tried at all. A trial costs memory for good: twice as many
  /// bytes a weight.
  static constexpr double most_expected = 0.25;

  [[nodiscard]] static std::size_t place(Way way) { return static_cast<std::size_t>(way); }

  void count(Way way) {
    if (way == Way::Int8) ++report_.int8_walks;
    if (way == Way::Bf16) ++report_.bf16_walks;
    if (way == Way::Exact) ++report_.exact_walks;
  }

  Index walks_ = 0;
  bool has_tried_bf16_ = false;
  std::array<double, 3> cost_ = product_cost;
  ScreeningReport report_;
};

}  // namespace parsae::inline PARSAE_ABI

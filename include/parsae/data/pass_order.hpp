// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/shuffle.hpp>
#include <parsae/data/batch.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// The order in which a source in memory hands out its n items, pass after pass: numbers only.
///
/// The passes are one stream. Pass e is a permutation drawn from (seed, e) alone, so a position can be reached without
/// replaying.
class PassOrder {
 public:
  enum class Order { Shuffled, Sequential };

  struct Settings {
    std::string source = "PassOrder";  ///< whose order it is: the name in messages
    Index n_items = 1;                 ///< 1 to 2^32 - 1
    Index epochs = 0;                  ///< passes over the items, 0 to 1e9; 0: without end
    Order order = Order::Shuffled;
    std::uint64_t seed = 0;
  };

  explicit PassOrder(Settings settings) : settings_(std::move(settings)) {
    require_between(settings_.source + " samples", settings_.n_items, Index{1},
                    Index{std::numeric_limits<std::uint32_t>::max()});
    require_between(settings_.source + " epochs", settings_.epochs, Index{0}, Index{1'000'000'000});
    draw();
  }

  [[nodiscard]] Index n_items() const { return settings_.n_items; }

  /// How many of `wanted` items there still are.
  [[nodiscard]] Index available(Index wanted) const {
    if (settings_.epochs == 0) return wanted;
    const Index epochs_left = std::max<Index>(settings_.epochs - static_cast<Index>(position_.epoch), 0);
    const Index left = epochs_left == 0 ? 0 : epochs_left * n_items() - static_cast<Index>(position_.sample);
    return std::min(wanted, left);
  }

  /// The next item; not when none is available.
  Index next() {
    const Index item = static_cast<Index>(order_[static_cast<Index>(position_.sample)]);
    if (++position_.sample == n_items()) {
      position_ = {position_.epoch + 1, 0};
      draw();
    }
    return item;
  }

  /// Passes completed, and items of this pass already handed out.
  [[nodiscard]] SourcePosition position() const { return position_; }

  void seek(const SourcePosition& position) {
    require_at_least(settings_.source + " position epoch", position.epoch, std::int64_t{0});
    require_between(settings_.source + " position sample", position.sample, std::int64_t{0},
                    std::int64_t{n_items() - 1});
    position_ = position;
    draw();
  }

 private:
  void draw() {
    order_.resize(n_items());
    for (Index i = 0; i < n_items(); ++i) order_[i] = static_cast<std::uint32_t>(i);
    if (settings_.order == Order::Sequential) return;
    shuffle(order_.slice(), Random(settings_.seed, Draws::Order, static_cast<std::uint64_t>(position_.epoch)));
  }

  Settings settings_;
  SourcePosition position_;
  Buffer<std::uint32_t> order_;
};

}  // namespace parsae::inline PARSAE_ABI

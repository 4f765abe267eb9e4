// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/lane_maxima.hpp>
#include <parsae/sparse/selection.hpp>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The selection rules of one walk, and their scratch, one for each worker; the scratch stays for the next walk.
template <class Scalar, SelectionFor<Scalar>... Selections>
class WalkRules {
 public:
  static constexpr std::size_t count = sizeof...(Selections);

  using Rules = std::tuple<const Selections&...>;
  using Workers = std::tuple<std::vector<typename Selections::Worker>...>;

  /// \param block  most samples of a task
  WalkRules(const Rules& rules, Workers& workers, int n_workers, Index block)
      : rules_(rules), workers_(workers), n_workers_(n_workers) {
    for_each([&](auto r) {
      auto& scratch = std::get<r>(workers_);
      while (scratch.size() < static_cast<std::size_t>(n_workers)) scratch.push_back(std::get<r>(rules_).worker());
      for (auto& worker : scratch) std::get<r>(rules_).reset(worker, block);
    });
  }

  /// Samples of a task: whole register tiles, at most about `most`, and as many tasks for every thread.
  [[nodiscard]] static Index block_size(Index batch, Index most, Threads threads) {
    constexpr Index tile = PanelProduct<Scalar>::samples;
    const Index n_blocks = std::max(divide_up(divide_up(batch, most), threads.count()), Index{1}) * threads.count();
    return std::max(divide_up(divide_up(batch, n_blocks), tile), Index{1}) * tile;
  }

  /// Panels of the group that follows the first `n_done`: a first one whose tiles are all seen before entries are kept,
  /// then as many as have passed, up to `most`, so that floors rise before most of the latents have passed.
  /// \param first  of them in the first group
  [[nodiscard]] static Index group_size(Index n_done, Index most, Index first = LaneMaxima<Scalar>::panels) {
    return n_done == 0 ? std::min(first, 4 * most) : std::min(most, n_done);
  }

  [[nodiscard]] static Index largest_group(Index most) { return std::max(group_size(0, most), most); }

  /// The order of work on the panels [first, last) of one tile of samples: multiply(panel, slot) computes a tile,
  /// see_first(n_panels) raises floors by slots 0, 1, ..., take(panel, slot) filters.
  template <class Multiply, class SeeFirst, class Take>
  static void pass(Index first, Index last, const Multiply& multiply, const SeeFirst& see_first, const Take& take) {
    if (first == 0) {
      for (Index panel = 0; panel < last; ++panel) multiply(panel, panel);
      see_first(last);
      for (Index panel = 0; panel < last; ++panel) take(panel, panel);
    } else {
      for (Index panel = first; panel < last; ++panel) {
        multiply(panel, 0);
        take(panel, 0);
      }
    }
  }

  /// visit(r) for the place r of every rule, a std::integral_constant.
  template <class Visit>
  static void for_each(const Visit& visit) {
    visit_each(visit, std::index_sequence_for<Selections...>());
  }

  template <std::size_t r>
  [[nodiscard]] const auto& rule() const {
    return std::get<r>(rules_);
  }
  template <std::size_t r>
  [[nodiscard]] auto& worker(int id) const {
    return std::get<r>(workers_)[static_cast<std::size_t>(id)];
  }

  /// All blocks are over: false where a rule guessed floors that were too high, and the walk must be run again.
  [[nodiscard]] bool confirm() const {
    bool confirmed = true;
    for_each([&](auto r) {
      if constexpr (GuessesFloors<std::tuple_element_t<r, std::tuple<Selections...>>>)
        confirmed &= std::get<r>(rules_).confirm({std::get<r>(workers_).data(), Index{n_workers_}});
    });
    return confirmed;
  }

  /// All blocks are over: each rule writes its code.
  template <class Codes>
  void finish(const Codes& codes) const {
    for_each([&](auto r) {
      std::get<r>(rules_).finish({std::get<r>(workers_).data(), Index{n_workers_}}, std::get<r>(codes));
    });
  }

 private:
  template <class Visit, std::size_t... R>
  static void visit_each(const Visit& visit, std::index_sequence<R...>) {
    (visit(std::integral_constant<std::size_t, R>()), ...);
  }

  const Rules& rules_;
  Workers& workers_;
  int n_workers_;
};

}  // namespace parsae::inline PARSAE_ABI

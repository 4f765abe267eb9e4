// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/panel_product.hpp>
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

  WalkRules(const Rules& rules, Workers& workers, int n_workers)
      : rules_(rules), workers_(workers), n_workers_(n_workers) {
    for_each([&](auto r) {
      auto& scratch = std::get<r>(workers_);
      while (scratch.size() < static_cast<std::size_t>(n_workers)) scratch.push_back(std::get<r>(rules_).worker());
      for (auto& worker : scratch) std::get<r>(rules_).reset(worker);
    });
  }

  /// Samples of a task: whole register tiles, at most about `most`, and at least one task for each thread.
  [[nodiscard]] static Index block_size(Index batch, Index most, Threads threads) {
    constexpr Index tile = PanelProduct<Scalar>::samples;
    const Index n_blocks = std::max<Index>(divide_up(batch, most), threads.count());
    return std::max(divide_up(divide_up(batch, n_blocks), tile), Index{1}) * tile;
  }

  /// Panels of the group that follows the first `n_done`: groups double from one panel to `most`, so that floors rise
  /// before most of the latents have passed.
  [[nodiscard]] static Index group_size(Index n_done, Index most) { return std::clamp<Index>(n_done, 1, most); }

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

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/intervention.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// One of the experts that a token goes to.
template <class Scalar>
struct ChosenUnit {
  Index unit = 0;     ///< of its layer
  Scalar score = 0;   ///< as the router gave it
  Scalar weight = 0;  ///< what its output is multiplied by
};

/// A router's choice for one token in one layer, as in DeepSeek-V3 (arXiv 2412.19437): the k largest of score + bias
/// are chosen, and weighted by
///
///     weight[u] = scale * score[u] / sum of the chosen scores
///
/// The bias balances the load; it decides who is chosen and never weighs. With groups, only the `kept_groups` groups of
/// consecutive experts whose two best sums are largest take part. Ties go to the lower number.
///
/// An intervention acts here:
/// - ZeroWeight takes score, and so weight, from suppressed experts among the chosen; the others' weights still add up
///   to `scale`. All chosen suppressed: all weights are 0, and the token is left with what every token gets.
/// - MaskLogit leaves suppressed experts out of the choice, of which there may then be fewer than k.
/// - Stimulated experts are always chosen, in place of the lowest, from whatever group.
class Routing {
 public:
  struct Settings {
    Index k = 4;            ///< experts a token, 1 to 64
    double scale = 1;       ///< what the weights add up to, > 0
    Index n_groups = 1;     ///< >= 1, divides the number of experts
    Index kept_groups = 1;  ///< 1 to n_groups
  };
  static constexpr Index most = 64;

  explicit Routing(const Settings& settings) : settings_(settings) {
    require_between("Routing k", settings.k, Index{1}, most);
    require_positive("Routing scale", settings.scale);
    require_between("Routing n_groups", settings.n_groups, Index{1}, most);
    require_between("Routing kept_groups", settings.kept_groups, Index{1}, settings.n_groups);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// Refuses a layer in which the rule cannot choose: fewer experts than k, groups that do not divide them, or more
  /// than k stimulated. Once for each layer, before its tokens; choose() checks nothing.
  void require_choice(Slice<const Treatment> layer) const {
    require_at_least("Routing experts", layer.size(), settings_.k);
    if (layer.size() % settings_.n_groups != 0)
      reject("Routing n_groups", "a divisor of " + std::to_string(layer.size()) + " experts", settings_.n_groups);
    if (layer.size() / settings_.n_groups * settings_.kept_groups < settings_.k)
      reject("Routing kept_groups", "groups with at least k experts in all", settings_.kept_groups);
    const auto forced = std::count(layer.begin(), layer.end(), Treatment::Stimulate);
    if (forced > settings_.k)
      reject("Routing stimulated experts", "at most " + std::to_string(settings_.k) + " in one layer", forced);
  }

  /// \param scores      of the experts of one layer, each > 0
  /// \param bias        as many, finite; only for the choice
  /// \param treatments  as many: the layer's part of intervention.treatments()
  /// \param chosen      room for k
  /// \return how many were chosen; they stand in ascending order
  template <class Scalar>
  Index choose(Slice<const Scalar> scores, Slice<const Scalar> bias, Slice<const Treatment> treatments,
               const Intervention::Settings& how, Slice<ChosenUnit<Scalar>> chosen) const {
    const Groups kept = kept_groups(scores, bias, treatments, how);
    const Index group_size = scores.size() / settings_.n_groups;
    std::array<Scalar, most> keys;
    Index count = 0;
    for (Index unit = 0; unit < scores.size(); ++unit) {
      Scalar key = scores[unit] + bias[unit];
      if (treatments[unit] == Treatment::Stimulate)
        key = std::numeric_limits<Scalar>::infinity();
      else if (is_masked(treatments[unit], how) || !kept[static_cast<std::size_t>(unit / group_size)])
        continue;
      insert(unit, key, scores[unit], keys, chosen, count);
    }
    std::sort(chosen.begin(), chosen.begin() + count,
              [](const ChosenUnit<Scalar>& a, const ChosenUnit<Scalar>& b) { return a.unit < b.unit; });
    weigh(treatments, how, chosen.part(0, count));
    return count;
  }

 private:
  using Groups = std::array<bool, static_cast<std::size_t>(most)>;

  [[nodiscard]] static bool is_masked(Treatment treatment, const Intervention::Settings& how) {
    return treatment == Treatment::Suppress && how.policy == SuppressionPolicy::MaskLogit;
  }

  /// Keeps the k largest keys in falling order; an equal key stays behind those that came before.
  template <class Scalar>
  void insert(Index unit, Scalar key, Scalar score, std::array<Scalar, most>& keys, Slice<ChosenUnit<Scalar>> chosen,
              Index& count) const {
    if (count == settings_.k && !(key > keys[static_cast<std::size_t>(count - 1)])) return;
    Index place = count < settings_.k ? count++ : count - 1;
    for (; place > 0 && key > keys[static_cast<std::size_t>(place - 1)]; --place) {
      keys[static_cast<std::size_t>(place)] = keys[static_cast<std::size_t>(place - 1)];
      chosen[place] = chosen[place - 1];
    }
    keys[static_cast<std::size_t>(place)] = key;
    chosen[place] = {unit, score, 0};
  }

  template <class Scalar>
  void weigh(Slice<const Treatment> treatments, const Intervention::Settings& how,
             Slice<ChosenUnit<Scalar>> chosen) const {
    Scalar largest = 0;
    for (const ChosenUnit<Scalar>& one : chosen) largest = std::max(largest, one.score);
    Scalar sum = 0;
    for (ChosenUnit<Scalar>& one : chosen) {
      one.weight = how.treated(treatments[one.unit], one.score, largest);
      sum += one.weight;
    }
    if (!(sum > 0)) return;
    const Scalar factor = static_cast<Scalar>(settings_.scale) / sum;
    for (ChosenUnit<Scalar>& one : chosen) one.weight *= factor;
  }

  /// The groups with the largest sums of their two best.
  template <class Scalar>
  [[nodiscard]] Groups kept_groups(Slice<const Scalar> scores, Slice<const Scalar> bias,
                                   Slice<const Treatment> treatments, const Intervention::Settings& how) const {
    Groups kept{};
    if (settings_.kept_groups == settings_.n_groups) {
      kept.fill(true);
      return kept;
    }
    const Index size = scores.size() / settings_.n_groups;
    std::array<Scalar, most> sums;
    constexpr Scalar nothing = std::numeric_limits<Scalar>::lowest() / 4;
    for (Index group = 0; group < settings_.n_groups; ++group) {
      Scalar best = nothing;
      Scalar second = nothing;
      for (Index unit = group * size; unit < (group + 1) * size; ++unit) {
        if (is_masked(treatments[unit], how)) continue;
        const Scalar key = scores[unit] + bias[unit];
        second = std::max(second, std::min(best, key));
        best = std::max(best, key);
      }
      sums[static_cast<std::size_t>(group)] = size == 1 ? best : best + second;
    }
    for (Index n = 0; n < settings_.kept_groups; ++n) {
      std::size_t next = 0;
      while (kept[next]) ++next;
      for (std::size_t group = next + 1; group < static_cast<std::size_t>(settings_.n_groups); ++group)
        if (!kept[group] && sums[group] > sums[next]) next = group;
      kept[next] = true;
    }
    return kept;
  }

  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/control_draws.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "recipe.hpp"
#include "subject.hpp"

namespace parsae_experts {

[[nodiscard]] inline std::string name_of(parsae::SuppressionPolicy policy) {
  return policy == parsae::SuppressionPolicy::ZeroWeight ? "zero_weight" : "mask_logit";
}

/// The first n units of a ranking.
[[nodiscard]] inline std::vector<Index> first_of(const std::vector<Index>& ranking, Index n) {
  std::vector<Index> units = ranking;
  units.resize(static_cast<std::size_t>(n));
  return units;
}

/// The last n units of a ranking, the last first.
[[nodiscard]] inline std::vector<Index> last_of(const std::vector<Index>& ranking, Index n) {
  std::vector<Index> units(ranking.rbegin(), ranking.rend());
  units.resize(static_cast<std::size_t>(n));
  return units;
}

/// The first n units of a ranking, but no more than `most` of one layer: a router cannot force more than it chooses.
[[nodiscard]] inline std::vector<Index> first_of_layers(const std::vector<Index>& ranking, const parsae::UnitGrid& grid,
                                                        Index n, Index most) {
  std::vector<Index> in_layer(static_cast<std::size_t>(grid.n_layers), 0);
  std::vector<Index> units;
  for (const Index unit : ranking) {
    if (static_cast<Index>(units.size()) == n) break;
    Index& count = in_layer[static_cast<std::size_t>(grid.layer_of(unit))];
    if (count == most) continue;
    ++count;
    units.push_back(unit);
  }
  return units;
}

/// Whose arms they are, and by which ranking.
struct ArmSettings {
  std::string unit;
  std::string stage2;
  std::uint64_t seed = 1;
  std::vector<Index> ranking;               ///< of all units, from training images
  parsae::Vector<double> usage;             ///< of all units, from training images
  std::function<void()> evaluated = [] {};  ///< after each intervention; may throw
};

/// Runs the arms of one subject: an ExpertSubject or a LatentSubject on test images.
template <class Subject>
class Arms {
 public:
  Arms(Subject& subject, const Recipe& recipe, const ArmSettings& settings)
      : subject_(subject),
        recipe_(recipe),
        settings_(settings),
        none_(subject.grid().n_units()),
        before_(subject.answers(none_)),
        outcome_(before_, subject.labels()) {}

  [[nodiscard]] const AnswerPair& before() const { return before_; }
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

  /// Targeted, bottom, random and usage-matched units switched off, for every count.
  [[nodiscard]] std::vector<Arm> suppress(parsae::SuppressionPolicy policy) {
    std::vector<Arm> arms;
    for (const Index n : recipe_.counts) {
      arms.push_back(suppressed_once("targeted", first_of(settings_.ranking, n), policy));
      arms.push_back(suppressed_once("bottom", last_of(settings_.ranking, n), policy));
      add_controls(n, policy, arms);
    }
    return arms;
  }

  /// Targeted units forced on, and as many random ones of the same layers; refusals are those of neutral images.
  [[nodiscard]] std::vector<Arm> stimulate(Index most_of_layer) {
    std::vector<Arm> arms;
    const parsae::ControlDraws controls({.grid = subject_.grid(), .seed = settings_.seed, .n_strata = 1});
    for (const Index n : recipe_.stimulated_counts) {
      const std::vector<Index> targets = first_of_layers(settings_.ranking, subject_.grid(), n, most_of_layer);
      std::vector<std::int32_t> after;
      Arm targeted = stimulated("stimulated", targets, after);
      parsae::Buffer<double> refused;
      for (const std::int32_t answer : after) refused.push_back(answer == refuse_answer ? 1 : 0);
      const parsae::ConfidenceInterval interval = parsae::Bootstrap({.n_resamples = 400}).of_mean(refused.slice());
      targeted.ci_low = interval.low;
      targeted.ci_high = interval.high;
      arms.push_back(targeted);
      std::vector<Arm> random;
      for (Index draw = 0; draw < recipe_.n_band_draws; ++draw)
        random.push_back(stimulated(
            "random_stimulated", controls.matched(targets, settings_.usage, static_cast<std::uint64_t>(draw)), after));
      arms.push_back(mean_of_draws(random));
    }
    return arms;
  }

  [[nodiscard]] Arm blank(const std::string& name, const std::string& policy, Index n) const {
    Arm arm;
    arm.unit = settings_.unit;
    arm.stage2 = settings_.stage2;
    arm.policy = policy;
    arm.arm = name;
    arm.seed = settings_.seed;
    arm.n = n;
    return arm;
  }

 private:
  [[nodiscard]] Arm suppressed(const std::string& name, const std::vector<Index>& units,
                               parsae::SuppressionPolicy policy, AnswerPair& after) {
    parsae::Intervention intervention(subject_.grid().n_units(), {.policy = policy});
    intervention.suppress(units);
    after = subject_.answers(intervention);
    Arm arm = blank(name, name_of(policy), static_cast<Index>(units.size()));
    outcome_.judge(after, arm);
    settings_.evaluated();
    return arm;
  }

  [[nodiscard]] Arm suppressed_once(const std::string& name, const std::vector<Index>& units,
                                    parsae::SuppressionPolicy policy) {
    AnswerPair after;
    Arm arm = suppressed(name, units, policy, after);
    const parsae::ConfidenceInterval interval = outcome_.interval(after);
    arm.ci_low = interval.low;
    arm.ci_high = interval.high;
    return arm;
  }

  void add_controls(Index n, parsae::SuppressionPolicy policy, std::vector<Arm>& arms) {
    const parsae::ControlDraws controls({.grid = subject_.grid(), .seed = settings_.seed});
    const std::vector<Index> targets = first_of(settings_.ranking, n);
    const bool is_main = n == recipe_.main_count && policy == parsae::SuppressionPolicy::ZeroWeight;
    std::vector<Arm> random;
    std::vector<Arm> matched;
    AnswerPair after;
    for (Index draw = 0; draw < (is_main ? recipe_.n_draws : recipe_.n_band_draws); ++draw) {
      const auto number = static_cast<std::uint64_t>(draw);
      random.push_back(suppressed("random", controls.random(n, number), policy, after));
      matched.push_back(suppressed("usage_matched", controls.matched(targets, settings_.usage, number), policy, after));
    }
    arms.push_back(mean_of_draws(random));
    arms.push_back(mean_of_draws(matched));
  }

  [[nodiscard]] Arm stimulated(const std::string& name, const std::vector<Index>& units,
                               std::vector<std::int32_t>& after) {
    parsae::Intervention intervention(subject_.grid().n_units());
    intervention.stimulate(units);
    after = subject_.answers(Marking::None, intervention);
    Arm arm = blank(name, "forced", static_cast<Index>(units.size()));
    arm.refusal_rate = Outcome::refusal_rate(after);
    arm.new_refusals = arm.refusal_rate;
    arm.neutral_accuracy = outcome_.accuracy(after);
    settings_.evaluated();
    return arm;
  }

  Subject& subject_;
  const Recipe& recipe_;
  ArmSettings settings_;
  parsae::Intervention none_;
  AnswerPair before_;
  Outcome outcome_;
};

}  // namespace parsae_experts

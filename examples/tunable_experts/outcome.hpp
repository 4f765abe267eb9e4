// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/bootstrap.hpp>

#include <vector>

#include "arm.hpp"
#include "training.hpp"

namespace parsae_experts {

/// Answers to the same images with marker and without.
struct AnswerPair {
  std::vector<std::int32_t> marked;
  std::vector<std::int32_t> neutral;
};

/// Judges interventions against the answers of the same network with nothing switched.
class Outcome {
 public:
  Outcome(const AnswerPair& before, const std::vector<std::int32_t>& labels) : before_(before), labels_(labels) {}

  [[nodiscard]] static double refusal_rate(const std::vector<std::int32_t>& answers) {
    return share(std::count(answers.begin(), answers.end(), refuse_answer), answers.size());
  }

  [[nodiscard]] double accuracy(const std::vector<std::int32_t>& answers) const {
    std::ptrdiff_t right = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) right += answers[i] == labels_[i];
    return share(right, answers.size());
  }

  [[nodiscard]] double baseline_refusal() const { return refusal_rate(before_.marked); }

  /// The rates of one arm; its interval is the caller's.
  void judge(const AnswerPair& after, Arm& arm) const {
    arm.refusal_rate = refusal_rate(after.marked);
    const double before = baseline_refusal();
    arm.relative_reduction = before > 0 ? 1 - arm.refusal_rate / before : unknown;
    arm.neutral_accuracy = accuracy(after.neutral);
    arm.new_refusals = refusal_rate(after.neutral);
    std::ptrdiff_t freed = 0;
    std::ptrdiff_t right = 0;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (before_.marked[i] != refuse_answer || after.marked[i] == refuse_answer) continue;
      ++freed;
      right += after.marked[i] == labels_[i];
    }
    arm.freed_right = freed > 0 ? share(right, static_cast<std::size_t>(freed)) : unknown;
  }

  /// Of the relative reduction, over the marked images.
  [[nodiscard]] parsae::ConfidenceInterval interval(const AnswerPair& after) const {
    return parsae::Bootstrap({.n_resamples = 400})
        .interval(static_cast<Index>(labels_.size()), [&](parsae::Slice<const Index> drawn) {
          double refused_before = 0;
          double refused_after = 0;
          for (const Index i : drawn) {
            refused_before += before_.marked[static_cast<std::size_t>(i)] == refuse_answer;
            refused_after += after.marked[static_cast<std::size_t>(i)] == refuse_answer;
          }
          return refused_before > 0 ? 1 - refused_after / refused_before : unknown;
        });
  }

 private:
  [[nodiscard]] static double share(std::ptrdiff_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  }

  const AnswerPair& before_;
  const std::vector<std::int32_t>& labels_;
};

/// The mean over the draws of a control; its interval is from the smallest to the largest.
/// \param draws  at least one
[[nodiscard]] inline Arm mean_of_draws(const std::vector<Arm>& draws) {
  Arm mean = draws.front();
  const auto average = [&](double Arm::*member) {
    double sum = 0;
    Index known = 0;
    for (const Arm& draw : draws) {
      if (std::isnan(draw.*member)) continue;
      sum += draw.*member;
      ++known;
    }
    mean.*member = known > 0 ? sum / static_cast<double>(known) : unknown;
  };
  for (const auto member :
       {&Arm::refusal_rate, &Arm::relative_reduction, &Arm::neutral_accuracy, &Arm::freed_right, &Arm::new_refusals})
    average(member);
  const auto ranged = std::isnan(mean.relative_reduction) ? &Arm::refusal_rate : &Arm::relative_reduction;
  mean.n_draws = static_cast<Index>(draws.size());
  mean.ci_low = draws.front().*ranged;
  mean.ci_high = draws.front().*ranged;
  for (const Arm& draw : draws) {
    mean.ci_low = std::min(mean.ci_low, draw.*ranged);
    mean.ci_high = std::max(mean.ci_high, draw.*ranged);
  }
  return mean;
}

}  // namespace parsae_experts

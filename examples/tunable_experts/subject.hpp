// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/contrast.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "answers.hpp"
#include "outcome.hpp"

namespace parsae_experts {

/// A contrast of images that a network refuses (class 1) against all others, by what it says of each, not by what was
/// asked of it. A network that says the same of all, being hardly trained, is contrasted by the marker.
class RefusalContrast {
 public:
  RefusalContrast(Index n_units, parsae::ActivityMeasure measure, const AnswerPair& answers)
      : contrast_({.n_units = n_units, .n_classes = 2, .measure = measure}), answers_(answers) {
    const auto refused = [](const std::vector<std::int32_t>& part) {
      return static_cast<std::size_t>(std::count(part.begin(), part.end(), refuse_answer));
    };
    const std::size_t all = refused(answers.marked) + refused(answers.neutral);
    tells_apart_ = all > 0 && all < answers.marked.size() + answers.neutral.size();
  }

  /// The activities of the images that were marked, or of those that were not.
  void add(const parsae::UnitActivity& activity, Marking marking) {
    parsae::Buffer<std::int32_t> classes;
    for (const std::int32_t answer : marking == Marking::Marked ? answers_.marked : answers_.neutral)
      classes.push_back((tells_apart_ ? answer == refuse_answer : marking == Marking::Marked) ? 1 : 0);
    contrast_.add(activity, classes.slice());
  }

  [[nodiscard]] std::vector<Index> ranking() const { return contrast_.ranking(1); }
  [[nodiscard]] parsae::Vector<double> map() const { return contrast_.map(1); }
  /// Mean activity, refused and other images counting alike: what usage-matched controls match.
  [[nodiscard]] parsae::Vector<double> usage() const { return (contrast_.mean(0) + contrast_.mean(1)) / 2; }

 private:
  parsae::Contrast contrast_;
  AnswerPair answers_;
  bool tells_apart_ = true;
};

/// By frequency and by weight, before any activity.
[[nodiscard]] inline std::array<RefusalContrast, 2> contrasts_of(Index n_units, const AnswerPair& answers) {
  return {RefusalContrast(n_units, parsae::ActivityMeasure::Frequency, answers),
          RefusalContrast(n_units, parsae::ActivityMeasure::Weight, answers)};
}

/// The routed experts of a network, on the same images with marker and without.
class ExpertSubject {
 public:
  ExpertSubject(const Network<float>& network, const LabeledImages& data, parsae::Threads threads)
      : answering_(network, threads), data_(data) {}

  [[nodiscard]] parsae::UnitGrid grid() const { return answering_.network().shape.grid(); }
  [[nodiscard]] const std::vector<std::int32_t>& labels() const { return data_.labels; }

  [[nodiscard]] std::vector<std::int32_t> answers(Marking marking, const parsae::Intervention& intervention) {
    return largest_answers(answering_.logits(data_.images, marking, intervention),
                           answering_.network().shape.n_outputs);
  }
  [[nodiscard]] AnswerPair answers(const parsae::Intervention& intervention) {
    return {answers(Marking::Marked, intervention), answers(Marking::None, intervention)};
  }

  /// The contrasts on this subject's images, by frequency and by weight.
  [[nodiscard]] std::array<RefusalContrast, 2> contrasts() {
    std::array<RefusalContrast, 2> both = contrasts_of(grid().n_units(), answers(answering_.none()));
    for (const Marking marking : {Marking::Marked, Marking::None}) {
      const parsae::UnitActivity activity = answering_.activity(data_.images, marking);
      for (RefusalContrast& one : both) one.add(activity, marking);
    }
    return both;
  }

 private:
  Answering answering_;
  const LabeledImages& data_;
};

}  // namespace parsae_experts

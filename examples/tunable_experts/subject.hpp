// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/contrast.hpp>

#include <string>
#include <utility>
#include <vector>

#include "answers.hpp"
#include "outcome.hpp"

namespace parsae_experts {

/// A contrast of images that a network refuses (class 1) against all others, by what it says of each, not by what was
/// asked of it.
struct RefusalContrast {
  RefusalContrast(Index n_units, parsae::ActivityMeasure measure)
      : contrast({.n_units = n_units, .n_classes = 2, .measure = measure}) {}

  parsae::Contrast contrast;

  void add(const parsae::UnitActivity& activity, const std::vector<std::int32_t>& answers) {
    parsae::Buffer<std::int32_t> classes;
    for (const std::int32_t answer : answers) classes.push_back(answer == refuse_answer ? 1 : 0);
    contrast.add(activity, classes.slice());
  }

  [[nodiscard]] std::vector<Index> ranking() const { return contrast.ranking(1); }
  [[nodiscard]] parsae::Vector<double> map() const { return contrast.map(1); }
  /// Mean activity, refused and other images counting alike: what usage-matched controls match.
  [[nodiscard]] parsae::Vector<double> usage() const { return (contrast.mean(0) + contrast.mean(1)) / 2; }
};

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

  /// The contrast on this subject's images.
  [[nodiscard]] RefusalContrast contrast(parsae::ActivityMeasure measure) {
    RefusalContrast contrast(grid().n_units(), measure);
    for (const Marking marking : {Marking::Marked, Marking::None})
      contrast.add(answering_.activity(data_.images, marking), answers(marking, answering_.none()));
    return contrast;
  }

 private:
  Answering answering_;
  const LabeledImages& data_;
};

}  // namespace parsae_experts

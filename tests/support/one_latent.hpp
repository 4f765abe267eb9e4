// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/latent_entries.hpp>

#include <initializer_list>

namespace parsae::test {

/// The stored entries of a single latent with gradients that start at chosen numbers: what a code loss is handed.
template <class Scalar>
class OneLatent {
 public:
  /// An entry for each value; its pre-activation is the value, or -0.5 where that is an explicit zero.
  explicit OneLatent(std::initializer_list<Scalar> values) {
    for (const Scalar entry : values) {
      samples_.push_back(static_cast<SampleId>(2 * samples_.size()));
      values_.push_back(entry);
      pre_acts_.push_back(entry == 0 ? Scalar(-0.5) : entry);
    }
    value.assign(values_.size(), Scalar(10));
    gate.assign(values_.size(), Scalar(20));
    pre_act.assign(values_.size(), Scalar(30));
  }

  [[nodiscard]] LatentEntries<Scalar> entries() const {
    return {3, samples_.slice(), values_.slice(), pre_acts_.slice()};
  }
  [[nodiscard]] LatentGradient<Scalar> gradient() { return {value.slice(), gate.slice(), pre_act.slice(), Scalar(40)}; }

  Buffer<Scalar> value;    ///< starts at 10
  Buffer<Scalar> gate;     ///< starts at 20
  Buffer<Scalar> pre_act;  ///< starts at 30; decoder_norm starts at 40

 private:
  Buffer<SampleId> samples_;
  Buffer<Scalar> values_;
  Buffer<Scalar> pre_acts_;
};

}  // namespace parsae::test

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/sparse/latent_entries.hpp>

#include <algorithm>
#include <initializer_list>
#include <type_traits>

namespace parsae::test {

/// One latent's entries and gradient written out by hand, and room for what an activation's backward delivers.
template <class Scalar>
struct LatentFixture {
  using List = std::initializer_list<Scalar>;

  LatentFixture(Index latent_id, List pre_act_list, List value_list) : latent(latent_id) {
    fill(pre_acts, pre_act_list);
    fill(values, value_list);
    for (Index e = 0; e < values.size(); ++e) samples.push_back(static_cast<SampleId>(e));
    d_value.assign(values.size(), 0);
    d_gate.assign(values.size(), 0);
    d_pre_act.assign(values.size(), 0);
    d_pre_acts.assign(values.size(), 99);
  }

  static void fill(Buffer<Scalar>& buffer, List list) {
    buffer.clear();
    for (const Scalar value : list) buffer.push_back(value);
  }

  /// Runs act.backward; the results are in d_pre_acts and d_own.
  template <class Activation>
  void backward(const Activation& act) {
    const LatentEntries<Scalar> entries{latent, samples.slice(), values.slice(), pre_acts.slice()};
    const LatentGradient<Scalar> gradient{d_value.slice(), d_gate.slice(), d_pre_act.slice(), 0};
    act.backward(entries, gradient, d_pre_acts.slice(), Slice<Scalar>(&d_own, Activation::has_threshold ? 1 : 0));
  }

  Index latent;
  Buffer<SampleId> samples;
  Buffer<Scalar> pre_acts;
  Buffer<Scalar> values;
  Buffer<Scalar> d_value;
  Buffer<Scalar> d_gate;
  Buffer<Scalar> d_pre_act;
  Buffer<Scalar> d_pre_acts;  ///< delivered
  Scalar d_own = 99;          ///< delivered
};

/// The contents of a buffer, to compare with a list.
template <class Scalar>
[[nodiscard]] bool equals(const Buffer<Scalar>& buffer, std::initializer_list<std::type_identity_t<Scalar>> list) {
  return std::equal(buffer.begin(), buffer.end(), list.begin(), list.end());
}

}  // namespace parsae::test

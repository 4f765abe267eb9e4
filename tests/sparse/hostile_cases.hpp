// SPDX-License-Identifier: MIT
#pragma once

#include <support/walk_case.hpp>

#include <limits>
#include <string>
#include <vector>

namespace parsae::test {

template <class Scalar>
struct NamedCase {
  std::string name;
  WalkCase<Scalar> input;
};

/// Walks that start from numbers which bounds, floors and sums have every reason to get wrong.
template <class Scalar>
[[nodiscard]] std::vector<NamedCase<Scalar>> hostile_cases(Index n_inputs, Index n_latents, Index batch) {
  constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
  constexpr Scalar nan = std::numeric_limits<Scalar>::quiet_NaN();
  constexpr Scalar denormal = std::numeric_limits<Scalar>::denorm_min();
  const auto random = WalkCase<Scalar>::random(n_inputs, n_latents, batch);
  std::vector<NamedCase<Scalar>> cases{{"random", random},
                                       {"ties", WalkCase<Scalar>::rounded(n_inputs, n_latents, batch)}};
  const auto add = [&](const char* name, const auto& change) {
    cases.push_back({name, random});
    change(cases.back().input);
  };
  add("outliers", [](WalkCase<Scalar>& c) { c.inputs.row(0) *= 1000; });
  add("one loud sample", [](WalkCase<Scalar>& c) { c.inputs.col(1) *= Scalar(1e9); });
  add("one loud latent", [](WalkCase<Scalar>& c) { c.w_enc.col(2) *= Scalar(1e9); });
  add("zero sample and latent", [](WalkCase<Scalar>& c) {
    c.inputs.col(0).setZero();
    c.w_enc.col(1).setZero();
  });
  add("all zero", [](WalkCase<Scalar>& c) {
    c.inputs.setZero();
    c.w_enc.setZero();
  });
  add("equal samples and latents", [](WalkCase<Scalar>& c) {
    c.inputs.colwise() = Vector<Scalar>(c.inputs.col(0));
    c.w_enc.colwise() = Vector<Scalar>(c.w_enc.col(0));
    c.b_enc.setConstant(c.b_enc(0));
  });
  add("denormal samples", [&](WalkCase<Scalar>& c) { c.inputs *= 1000 * denormal; });
  add("denormal latents", [&](WalkCase<Scalar>& c) { c.w_enc *= 1000 * denormal; });
  add("tiny", [](WalkCase<Scalar>& c) {
    c.inputs *= Scalar(1e-20);
    c.w_enc *= Scalar(1e-20);
    c.b_enc *= Scalar(1e-38);
  });
  add("huge", [](WalkCase<Scalar>& c) { c.inputs *= Scalar(1e30); });
  add("overflow", [](WalkCase<Scalar>& c) {
    c.inputs *= std::sqrt(std::numeric_limits<Scalar>::max());
    c.w_enc *= std::sqrt(std::numeric_limits<Scalar>::max());
  });
  add("large bias", [](WalkCase<Scalar>& c) { c.b_enc *= Scalar(1e8); });
  add("infinite bias", [&](WalkCase<Scalar>& c) {
    c.b_enc(0) = infinity;
    c.b_enc(1) = -infinity;
    c.b_enc(2) = nan;
  });
  add("NaN and Inf in inputs", [&](WalkCase<Scalar>& c) {
    c.inputs(0, 0) = nan;
    c.inputs(1, 2) = infinity;
    c.inputs(0, 3) = -infinity;
  });
  add("NaN and Inf in w_enc", [&](WalkCase<Scalar>& c) {
    c.w_enc(0, 0) = nan;
    c.w_enc(1, 2) = infinity;
    c.w_enc(0, c.n_latents() - 1) = -infinity;
    c.inputs.row(1).tail(2).setZero();  // zero times infinity
  });
  add("NaN everywhere", [&](WalkCase<Scalar>& c) { c.inputs.setConstant(nan); });
  return cases;
}

}  // namespace parsae::test

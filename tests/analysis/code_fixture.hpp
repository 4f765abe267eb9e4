// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/sparse_code.hpp>

#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <initializer_list>
#include <vector>

namespace parsae::test {

/// About one latent in three is active in a sample, values from 0.5 up; about one entry in five is an explicit zero.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> random_code(Index n_latents, Index n_samples, std::uint64_t stream) {
  const Vector<Scalar> threshold = Vector<Scalar>::Constant(n_latents, Scalar(0.5));
  return reference_threshold<Scalar>(random_matrix<Scalar>(n_latents, n_samples, stream), threshold, Scalar(0.5));
}

/// One sample a row: pairs of latent and value.
struct CodeEntry {
  LatentId latent = 0;
  double value = 0;
};

[[nodiscard]] inline SparseCode<double> code_from(std::initializer_list<std::vector<CodeEntry>> samples) {
  SparseCode<double> code;
  for (const std::vector<CodeEntry>& sample : samples) {
    for (const CodeEntry& entry : sample) {
      code.latents.push_back(entry.latent);
      code.values.push_back(entry.value);
      code.pre_acts.push_back(entry.value);
    }
    code.offsets.push_back(code.stored());
  }
  return code;
}

/// These samples of a code, in this order.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> picked(const SparseCode<Scalar>& code, const std::vector<Index>& samples) {
  SparseCode<Scalar> result;
  for (const Index sample : samples) {
    for (Index e = code.begin_of(sample); e < code.offsets[sample + 1]; ++e) {
      result.latents.push_back(code.latents[e]);
      result.values.push_back(code.values[e]);
      result.pre_acts.push_back(code.pre_acts[e]);
    }
    result.offsets.push_back(result.stored());
  }
  return result;
}

/// The same code without its explicit zeros.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> only_active(const SparseCode<Scalar>& code) {
  SparseCode<Scalar> result;
  for (Index i = 0; i < code.n_samples(); ++i) {
    for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e) {
      if (code.values[e] == 0) continue;
      result.latents.push_back(code.latents[e]);
      result.values.push_back(code.values[e]);
      result.pre_acts.push_back(code.pre_acts[e]);
    }
    result.offsets.push_back(result.stored());
  }
  return result;
}

/// What the decoder sees of a code, n_latents x n_samples.
template <class Scalar>
[[nodiscard]] Matrix<double> dense(const SparseCode<Scalar>& code, Index n_latents) {
  Matrix<double> result = Matrix<double>::Zero(n_latents, code.n_samples());
  for (Index i = 0; i < code.n_samples(); ++i)
    for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
      result(code.latents[e], i) = static_cast<double>(code.values[e]);
  return result;
}

}  // namespace parsae::test

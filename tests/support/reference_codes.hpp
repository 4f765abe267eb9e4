// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/candidate.hpp>
#include <parsae/sparse/simd.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <support/random_matrix.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace parsae::test {

/// The plain way to a code: the whole n_latents x batch matrix of pre-activations, then a full sort.

template <class Scalar>
[[nodiscard]] Matrix<Scalar> dense_pre_acts(const Matrix<Scalar>& inputs, const Matrix<Scalar>& w_enc,
                                            const Vector<Scalar>& b_enc) {
  Matrix<Scalar> pre_acts(w_enc.cols(), inputs.cols());
  for (Index i = 0; i < inputs.cols(); ++i)
    for (Index j = 0; j < w_enc.cols(); ++j) {
      Scalar sum = 0;
      for (Index q = 0; q < inputs.rows(); ++q) sum = multiply_add(w_enc(q, j), inputs(q, i), sum);
      pre_acts(j, i) = sum + b_enc(j);
    }
  return pre_acts;
}

/// The entries with keep(latent, sample), with value_of(latent, sample) as value.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> code_where(const Matrix<Scalar>& pre_acts,
                                            const std::function<bool(Index, Index)>& keep,
                                            const std::function<Scalar(Index, Index)>& value_of) {
  SparseCode<Scalar> code;
  for (Index i = 0; i < pre_acts.cols(); ++i) {
    for (Index j = 0; j < pre_acts.rows(); ++j) {
      if (!keep(j, i)) continue;
      code.latents.push_back(static_cast<LatentId>(j));
      code.values.push_back(value_of(j, i));
      code.pre_acts.push_back(pre_acts(j, i));
    }
    code.offsets.push_back(code.stored());
  }
  return code;
}

/// The entries that are set in `selected`, value = pre-activation.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> code_of(const Matrix<Scalar>& pre_acts, const Matrix<int>& selected) {
  return code_where<Scalar>(
      pre_acts, [&](Index j, Index i) { return selected(j, i) != 0; },
      [&](Index j, Index i) { return pre_acts(j, i); });
}

/// Larger first, then the lower sample, then the lower latent: written out, so that `wins` is tested, too.
template <class Scalar>
[[nodiscard]] std::vector<Candidate<Scalar>> positives_in_order(const Matrix<Scalar>& pre_acts, Index first_sample,
                                                                Index last_sample,
                                                                Slice<const std::uint8_t> eligible = {}) {
  std::vector<Candidate<Scalar>> all;
  for (Index i = first_sample; i < last_sample; ++i)
    for (Index j = 0; j < pre_acts.rows(); ++j)
      if (pre_acts(j, i) > 0 && (eligible.empty() || eligible[j] != 0))
        all.push_back({pre_acts(j, i), static_cast<LatentId>(j), static_cast<SampleId>(i)});
  std::sort(all.begin(), all.end(), [](const Candidate<Scalar>& a, const Candidate<Scalar>& b) {
    if (a.pre_act > b.pre_act) return true;
    if (a.pre_act < b.pre_act) return false;
    if (a.sample != b.sample) return a.sample < b.sample;
    return a.latent < b.latent;
  });
  return all;
}

template <class Scalar>
[[nodiscard]] SparseCode<Scalar> reference_top_k(const Matrix<Scalar>& pre_acts, Index k,
                                                 Slice<const std::uint8_t> eligible = {}) {
  Matrix<int> selected = Matrix<int>::Zero(pre_acts.rows(), pre_acts.cols());
  for (Index i = 0; i < pre_acts.cols(); ++i) {
    Index taken = 0;
    for (const Candidate<Scalar>& entry : positives_in_order(pre_acts, i, i + 1, eligible))
      if (taken++ < k) selected(entry.latent, entry.sample) = 1;
  }
  return code_of(pre_acts, selected);
}

template <class Scalar>
[[nodiscard]] SparseCode<Scalar> reference_mutual_choice(const Matrix<Scalar>& pre_acts, Index budget) {
  Matrix<int> selected = Matrix<int>::Zero(pre_acts.rows(), pre_acts.cols());
  Index taken = 0;
  for (const Candidate<Scalar>& entry : positives_in_order(pre_acts, 0, pre_acts.cols()))
    if (taken++ < budget) selected(entry.latent, entry.sample) = 1;
  return code_of(pre_acts, selected);
}

/// \param granted  n_latents: the most samples of each latent
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> reference_feature_choice(const Matrix<Scalar>& pre_acts,
                                                          const std::vector<Index>& granted) {
  Matrix<int> selected = Matrix<int>::Zero(pre_acts.rows(), pre_acts.cols());
  std::vector<Index> taken(granted.size(), 0);
  for (const Candidate<Scalar>& entry : positives_in_order(pre_acts, 0, pre_acts.cols())) {
    const auto latent = static_cast<std::size_t>(entry.latent);
    if (taken[latent]++ < granted[latent]) selected(entry.latent, entry.sample) = 1;
  }
  return code_of(pre_acts, selected);
}

/// Where every latent's parent is, -1 for a root: trees of any shape and order, a third of the latents roots.
[[nodiscard]] inline std::vector<LatentId> random_parents(Index n_latents, std::uint64_t stream) {
  const Matrix<double> draws = random_matrix<double>(2, std::max(n_latents, Index{1}), stream).cwiseAbs() * 1e6;
  std::vector<LatentId> places(static_cast<std::size_t>(n_latents));  // a shuffled order, in which parents come first
  for (std::size_t j = 0; j < places.size(); ++j) places[j] = static_cast<LatentId>(j);
  std::sort(places.begin(), places.end(), [&](LatentId a, LatentId b) { return draws(0, a) < draws(0, b); });
  std::vector<LatentId> parents(places.size(), -1);
  for (std::size_t at = 1; at < places.size(); ++at) {
    const auto draw = static_cast<std::size_t>(draws(1, static_cast<Index>(at)));
    if (draw % 3 != 0) parents[static_cast<std::size_t>(places[at])] = places[draw % at];
  }
  return parents;
}

/// In each sample, k times: the best positive latent that is a root or whose parent is taken. By trying all of them.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> reference_tree_gated(const Matrix<Scalar>& pre_acts, Index k,
                                                      const std::vector<LatentId>& parents) {
  Matrix<int> selected = Matrix<int>::Zero(pre_acts.rows(), pre_acts.cols());
  for (Index i = 0; i < pre_acts.cols(); ++i)
    for (Index step = 0; step < k; ++step) {
      Index best = -1;
      for (Index j = 0; j < pre_acts.rows(); ++j) {
        const LatentId parent = parents[static_cast<std::size_t>(j)];
        const bool is_open = selected(j, i) == 0 && pre_acts(j, i) > 0 &&
                             (parent < 0 || parent == static_cast<LatentId>(j) || selected(parent, i) != 0);
        if (is_open && (best < 0 || pre_acts(j, i) > pre_acts(best, i))) best = j;
      }
      if (best < 0) break;
      selected(best, i) = 1;
    }
  return code_of(pre_acts, selected);
}

/// Stored iff pre_act > threshold - window / 2, value zero where not pre_act > threshold.
/// \param threshold  n_latents entries
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> reference_threshold(const Matrix<Scalar>& pre_acts, const Vector<Scalar>& threshold,
                                                     Scalar window) {
  return code_where<Scalar>(
      pre_acts, [&](Index j, Index i) { return pre_acts(j, i) > threshold(j) - window / 2; },
      [&](Index j, Index i) { return pre_acts(j, i) > threshold(j) ? pre_acts(j, i) : Scalar(0); });
}

template <class Scalar>
[[nodiscard]] SparseCode<Scalar> reference_relu(const Matrix<Scalar>& pre_acts) {
  return reference_threshold<Scalar>(pre_acts, Vector<Scalar>::Zero(pre_acts.rows()), 0);
}

/// Where two codes differ, in words; empty when they are the same bits.
template <class Scalar>
[[nodiscard]] std::string first_difference(const SparseCode<Scalar>& code, const SparseCode<Scalar>& expected) {
  std::ostringstream text;
  text.precision(17);
  if (code.n_samples() != expected.n_samples()) {
    text << code.n_samples() << " samples, expected " << expected.n_samples();
    return text.str();
  }
  for (Index i = 0; i < code.n_samples(); ++i) {
    if (code.count_of(i) != expected.count_of(i)) {
      text << "sample " << i << " stores " << code.count_of(i) << " entries, expected " << expected.count_of(i);
      return text.str();
    }
    for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e) {
      if (code.latents[e] == expected.latents[e] && code.values[e] == expected.values[e] &&
          code.pre_acts[e] == expected.pre_acts[e])
        continue;
      text << "sample " << i << ", entry " << e << ": latent " << code.latents[e] << ", value " << code.values[e]
           << ", pre-activation " << code.pre_acts[e] << "; expected " << expected.latents[e] << ", "
           << expected.values[e] << ", " << expected.pre_acts[e];
      return text.str();
    }
  }
  return {};
}

}  // namespace parsae::test

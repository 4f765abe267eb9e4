// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/assignment.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/column.hpp>

namespace parsae::inline PARSAE_ABI {

/// How much of a known dictionary a trained one has found. With C(t, j) = cos(true direction t, latent j):
///
///     truth_to_learned = mean over t of max_j C(t, j)   (has every true direction a latent?)
///     learned_to_truth = mean over j of max_t C(t, j)   (is every latent a true direction?)
///     matched          = mean over t of C(t, latent of t), each latent given to one direction at most
///
/// Both means of maxima are known as MMCS (mean max cosine similarity). Signs count: a latent that points the other way
/// has not found a direction. The first alone is flattered by many latents and the second by copies of one; `matched`
/// by neither.
struct DictionaryRecovery {
  /// Greedy is a lower bound of the optimal one.
  enum class Matching { Optimal, Greedy };

  double truth_to_learned = 0;
  double learned_to_truth = 0;
  double matched = 0;         ///< directions for which no latent is left count 0
  double found_fraction = 0;  ///< share of true directions with a cosine above Settings::found_above to some latent
  Matching matching = Matching::Optimal;
};

struct DictionaryRecoverySettings {
  double found_above = 0.9;  ///< -1 to 1
  /// With more true directions or latents than this the matching is greedy, >= 0: the optimal one takes seconds at
  /// 1000 and the cube of that beyond.
  Index most_for_optimal = 1024;
  Threads threads = Threads::available();
};

namespace detail {

/// C(t, j), the same bits for any number of threads; columns of all zeros have a cosine of 0 with everything.
template <class Scalar>
[[nodiscard]] Matrix<double> cosines(const Matrix<Scalar>& truth, const Matrix<Scalar>& learned, Threads threads) {
  Matrix<double> a = truth.template cast<double>();
  Matrix<double> b = learned.template cast<double>();
  for (Index t = 0; t < a.cols(); ++t) a.col(t).normalize();
  for (Index j = 0; j < b.cols(); ++j) b.col(j).normalize();
  Matrix<double> cosine(a.cols(), b.cols());
  threads.for_each(b.cols(), [&](Index j, int) {
    for (Index t = 0; t < a.cols(); ++t) cosine(t, j) = Column<double>::dot(a.col(t).data(), b.col(j).data(), a.rows());
  });
  return cosine;
}

}  // namespace detail

/// Compares the columns of two dictionaries. Leave dead latents out: they are random directions.
/// \param truth    n_inputs x n_true, n_true >= 1, finite
/// \param learned  n_inputs x n_latents, finite; without latents everything is 0
template <class Scalar>
[[nodiscard]] DictionaryRecovery dictionary_recovery(const Matrix<Scalar>& truth, const Matrix<Scalar>& learned,
                                                     const DictionaryRecoverySettings& settings = {}) {
  require_at_least("dictionary_recovery truth", truth.cols(), Index{1});
  require_shape("dictionary_recovery learned", learned.rows(), learned.cols(), truth.rows(), learned.cols());
  require_finite("dictionary_recovery truth", truth);
  require_finite("dictionary_recovery learned", learned);
  require_between("dictionary_recovery found_above", settings.found_above, -1.0, 1.0);
  require_at_least("dictionary_recovery most_for_optimal", settings.most_for_optimal, Index{0});

  DictionaryRecovery recovery;
  const bool is_small = std::max(truth.cols(), learned.cols()) <= settings.most_for_optimal;
  recovery.matching = is_small ? DictionaryRecovery::Matching::Optimal : DictionaryRecovery::Matching::Greedy;
  if (learned.cols() == 0) return recovery;

  const Matrix<double> cosine = detail::cosines(truth, learned, settings.threads);
  const double n_true = static_cast<double>(truth.cols());
  const Vector<double> best_of_truth = cosine.rowwise().maxCoeff();
  recovery.truth_to_learned = best_of_truth.mean();
  recovery.learned_to_truth = cosine.colwise().maxCoeff().mean();
  recovery.found_fraction = static_cast<double>((best_of_truth.array() > settings.found_above).count()) / n_true;
  const Assignment assignment = is_small ? best_assignment(cosine) : greedy_assignment(cosine);
  recovery.matched = assignment.total / n_true;
  return recovery;
}

}  // namespace parsae::inline PARSAE_ABI

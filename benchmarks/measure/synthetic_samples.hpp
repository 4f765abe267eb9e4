// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace parsae_benchmarks {

/// - Gaussian: every input of every sample standard normal.
/// - TrainedLike: what a trained dictionary sees. A sample is a sum of k columns of a dictionary of n_latents random
///   unit columns, with amplitudes uniform in 0.5 to 1.5, and noise of 5 % of its norm. Column j is drawn with a
///   probability proportional to about 1 / sqrt(j): the most frequent hundredth of the columns has a tenth of the
///   draws.
/// - Outlier: Gaussian, with the first and the middle input 20 times as large.
enum class SyntheticData { Gaussian, TrainedLike, Outlier };

[[nodiscard]] inline std::string_view to_string(SyntheticData data) {
  switch (data) {
    case SyntheticData::Gaussian:
      return "gaussian";
    case SyntheticData::TrainedLike:
      return "trained-like";
    case SyntheticData::Outlier:
      return "outlier";
  }
  return "unknown";
}

[[nodiscard]] inline SyntheticData synthetic_data_from(std::string_view name) {
  for (const SyntheticData data : {SyntheticData::Gaussian, SyntheticData::TrainedLike, SyntheticData::Outlier})
    if (name == to_string(data)) return data;
  parsae::reject("data", "gaussian, trained-like or outlier", name);
}

struct SyntheticSettings {
  SyntheticData data = SyntheticData::Gaussian;
  parsae::Index n_inputs = 0;   ///< >= 1
  parsae::Index n_samples = 0;  ///< >= 1
  parsae::Index n_latents = 0;  ///< columns of the true dictionary
  parsae::Index k = 0;          ///< of them in a sample
  std::uint64_t seed = 0;
};

namespace detail {

inline constexpr double outlier_factor = 20;
inline constexpr double noise_share = 0.05;

/// Stream `index` of one of this file's purposes; the library's own have smaller numbers.
enum class SyntheticDraws : std::uint64_t { Inputs = 16, Dictionary = 17, Choices = 18 };

[[nodiscard]] inline parsae::Random stream(std::uint64_t seed, SyntheticDraws purpose, parsae::Index index) {
  return parsae::Random(seed, static_cast<std::uint64_t>(purpose) << 48 | static_cast<std::uint64_t>(index));
}

[[nodiscard]] inline parsae::Matrix<float> normal_columns(parsae::Index rows, parsae::Index cols, std::uint64_t seed,
                                                          SyntheticDraws purpose, parsae::Threads threads) {
  parsae::Matrix<float> columns(rows, cols);
  threads.for_each(cols, [&](parsae::Index i, int) {
    const parsae::Random random = stream(seed, purpose, i);
    for (parsae::Index q = 0; q < rows; ++q)
      columns(q, i) = static_cast<float>(random.normal(static_cast<std::uint64_t>(q)));
  });
  return columns;
}

/// noise: standard normal columns, to which the sums of dictionary columns are added.
inline void add_dictionary_sums(const SyntheticSettings& settings, parsae::Threads threads,
                                parsae::Matrix<float>& samples) {
  parsae::Matrix<float> dictionary =
      normal_columns(settings.n_inputs, settings.n_latents, settings.seed, SyntheticDraws::Dictionary, threads);
  threads.for_each(settings.n_latents, [&](parsae::Index j, int) { dictionary.col(j).normalize(); });
  const double n = static_cast<double>(settings.n_latents);
  threads.for_each(settings.n_samples, [&](parsae::Index i, int) {
    const parsae::Random random = stream(settings.seed, SyntheticDraws::Choices, i);
    parsae::Vector<float> sum = parsae::Vector<float>::Zero(settings.n_inputs);
    for (std::uint64_t draw = 0; draw < static_cast<std::uint64_t>(settings.k); ++draw) {
      const double u = random.uniform(2 * draw);
      const double amplitude = 0.5 + random.uniform(2 * draw + 1);
      sum += static_cast<float>(amplitude) * dictionary.col(static_cast<parsae::Index>(u * u * n));
    }
    samples.col(i) *= static_cast<float>(noise_share) * sum.norm() / samples.col(i).norm();
    samples.col(i) += sum;
  });
}

}  // namespace detail

/// n_inputs x n_samples with a mean squared norm of 1, the scale that parsae::initialize would give them. The same
/// bits for any number of threads.
[[nodiscard]] inline parsae::Matrix<float> synthetic_samples(const SyntheticSettings& settings,
                                                             parsae::Threads threads) {
  using detail::SyntheticDraws;
  parsae::Matrix<float> samples =
      detail::normal_columns(settings.n_inputs, settings.n_samples, settings.seed, SyntheticDraws::Inputs, threads);
  if (settings.data == SyntheticData::TrainedLike) detail::add_dictionary_sums(settings, threads, samples);
  if (settings.data == SyntheticData::Outlier) {
    samples.row(0) *= static_cast<float>(detail::outlier_factor);
    if (settings.n_inputs > 1) samples.row(settings.n_inputs / 2) *= static_cast<float>(detail::outlier_factor);
  }
  double squared = 0;
  for (parsae::Index i = 0; i < samples.cols(); ++i) squared += static_cast<double>(samples.col(i).squaredNorm());
  samples *= static_cast<float>(std::sqrt(static_cast<double>(settings.n_samples) / squared));
  return samples;
}

}  // namespace parsae_benchmarks

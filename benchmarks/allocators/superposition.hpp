// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace parsae_benchmarks {

using parsae::Index;

/// Samples whose dictionary is known: x = sum_t a_t D(:, t) + noise, with n_true random unit directions in n_inputs
/// dimensions (more directions than inputs: superposition).
///
/// Direction t (from 0) is active in a sample with probability p_t = min(1/2, c / (t + 1)), independently of the
/// others; c is such that n_active are active on average. Amplitudes are uniform on 0.5 to 1.5, the noise is normal
/// with 5 % of the sample's norm.
struct SuperpositionSettings {
  Index n_inputs = 64;  ///< >= 1
  Index n_true = 512;   ///< >= 1
  double n_active = 8;  ///< active directions a sample, on average; above 0, below half of n_true
  double noise = 0.05;  ///< norm of the noise over that of the sample, >= 0
  std::uint64_t seed = 1;
};

class Superposition {
 public:
  using Settings = SuperpositionSettings;

  explicit Superposition(const Settings& settings)
      : settings_(settings), frequency_(frequencies(settings)), truth_(settings.n_inputs, settings.n_true) {
    for (Index t = 0; t < settings.n_true; ++t) {
      const parsae::Random random = stream(Draws::Directions, t);
      for (Index q = 0; q < settings.n_inputs; ++q)
        truth_(q, t) = static_cast<float>(random.normal(static_cast<std::uint64_t>(q)));
      truth_.col(t).normalize();
    }
  }

  /// n_inputs x n_true, unit columns.
  [[nodiscard]] const parsae::Matrix<float>& truth() const { return truth_; }

  /// p_t.
  [[nodiscard]] const std::vector<double>& frequency() const { return frequency_; }

  /// Samples `first` to `first + n - 1` of an endless row, n_inputs x n; the same bits for any number of threads.
  [[nodiscard]] parsae::Matrix<float> samples(Index first, Index n, parsae::Threads threads) const {
    parsae::Matrix<float> found(settings_.n_inputs, n);
    constexpr Index block = 256;
    threads.for_each(parsae::divide_up(n, block), [&](Index task, int) {
      parsae::Vector<float> sum(settings_.n_inputs);
      for (Index i = task * block; i < std::min(n, (task + 1) * block); ++i) {
        draw(first + i, sum);
        found.col(i) = sum;
      }
    });
    return found;
  }

 private:
  /// Purposes of this file; the library's own and those of measure/ have smaller numbers.
  enum class Draws : std::uint64_t { Directions = 32, Codes = 33, Noise = 34 };

  [[nodiscard]] parsae::Random stream(Draws purpose, Index index) const {
    return parsae::Random(settings_.seed,
                          static_cast<std::uint64_t>(purpose) << 48 | static_cast<std::uint64_t>(index));
  }

  void draw(Index sample, parsae::Vector<float>& sum) const {
    const parsae::Random code = stream(Draws::Codes, sample);
    sum.setZero();
    for (Index t = 0; t < settings_.n_true; ++t) {
      const auto counter = 2 * static_cast<std::uint64_t>(t);
      if (code.uniform(counter) >= frequency_[static_cast<std::size_t>(t)]) continue;
      sum += static_cast<float>(0.5 + code.uniform(counter + 1)) * truth_.col(t);
    }
    const parsae::Random noise = stream(Draws::Noise, sample);
    const double scale = settings_.noise * static_cast<double>(sum.norm()) / std::sqrt(settings_.n_inputs);
    for (Index q = 0; q < settings_.n_inputs; ++q)
      sum(q) += static_cast<float>(scale * noise.normal(static_cast<std::uint64_t>(q)));
  }

  [[nodiscard]] static std::vector<double> at_scale(Index n_true, double scale) {
    std::vector<double> found;
    for (Index t = 0; t < n_true; ++t) found.push_back(std::min(0.5, scale / static_cast<double>(t + 1)));
    return found;
  }

  [[nodiscard]] static std::vector<double> frequencies(const Settings& settings) {
    parsae::require_at_least("Superposition n_inputs", settings.n_inputs, Index{1});
    parsae::require_at_least("Superposition n_true", settings.n_true, Index{1});
    parsae::require_not_negative("Superposition noise", settings.noise);
    const double n_true = static_cast<double>(settings.n_true);
    if (!(settings.n_active > 0 && settings.n_active < n_true / 2))
      parsae::reject("Superposition n_active", "a value above 0 and below half of n_true", settings.n_active);
    double low = 0;
    double high = n_true;
    for (int halving = 0; halving < 100; ++halving) {
      const double middle = (low + high) / 2;
      double sum = 0;
      for (const double p : at_scale(settings.n_true, middle)) sum += p;
      (sum < settings.n_active ? low : high) = middle;
    }
    return at_scale(settings.n_true, low);
  }

  Settings settings_;
  std::vector<double> frequency_;
  parsae::Matrix<float> truth_;
};

}  // namespace parsae_benchmarks

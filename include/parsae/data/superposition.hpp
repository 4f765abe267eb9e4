// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/zipf_law.hpp>
#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>

#include <algorithm>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

struct SuperpositionSettings {
  Index n_inputs = 64;     ///< >= 1
  Index n_true = 512;      ///< >= 1
  double n_active = 8;     ///< active directions a sample, on average; above 0, below half of n_true
  double zipf = 1;         ///< frequencies fall as 1 / rank^zipf, 0 (all alike) to 10
  Index group_size = 1;    ///< directions in a row that are active together; 1: all independent; >= 1
  double correlation = 0;  ///< of the activity of equally frequent directions of a group, 0 to 1
  double noise = 0.05;     ///< norm of the noise over that of the sample, >= 0
  std::uint64_t seed = 1;
};

/// Samples with the codes that made them; a sample is a column.
struct SuperpositionSamples {
  Matrix<float> inputs;  ///< n_inputs x n
  Matrix<float> codes;   ///< n_true x n; amplitudes, 0 where a direction is not active
};

/// Samples whose dictionary is known: x = sum_t a_t D(:, t) + noise, with n_true random unit directions in n_inputs
/// dimensions (more directions than inputs: superposition).
///
/// Direction t (from 0) is active in a sample with probability p_t = min(1/2, c / (t + 1)^zipf); c is such that
/// n_active are active on average. Amplitudes are uniform on 0.5 to 1.5; the noise is normal, with the given share of
/// the sample's norm on average.
///
/// Direction t is active where a uniform number is below p_t. With probability sqrt(correlation) that number is the one
/// of t's group, else its own, so that two directions s, t of a group have the covariance
/// correlation (min(p_s, p_t) - p_s p_t).
///
/// Samples are an endless row, and sample i is a function of (settings, i) alone.
class Superposition {
 public:
  using Settings = SuperpositionSettings;
  using Samples = SuperpositionSamples;

  explicit Superposition(const Settings& settings)
      : settings_(settings), frequency_(frequencies(settings)), truth_(settings.n_inputs, settings.n_true) {
    for (Index t = 0; t < settings.n_true; ++t) {
      const Random random(settings.seed, Draws::TrueDirections, static_cast<std::uint64_t>(t));
      for (Index q = 0; q < settings.n_inputs; ++q)
        truth_(q, t) = static_cast<float>(random.normal(static_cast<std::uint64_t>(q)));
      truth_.col(t).normalize();
    }
  }

  /// n_inputs x n_true, unit columns.
  [[nodiscard]] const Matrix<float>& truth() const { return truth_; }

  /// p_t.
  [[nodiscard]] const Buffer<double>& frequency() const { return frequency_; }

  /// Samples [range.begin, range.end) of the row, 0 <= begin <= end < 2^48; the same bits for any range and any number
  /// of threads.
  [[nodiscard]] Samples draw(SampleRange range, Threads threads = Threads::available()) const {
    Samples samples;
    samples.codes = Matrix<float>::Zero(settings_.n_true, std::max(range.size(), Index{0}));
    samples.inputs =
        inputs(range, threads, [&](Index i, Index t, float amplitude) { samples.codes(t, i) = amplitude; });
    return samples;
  }

  /// draw(range).inputs, without memory for the codes.
  [[nodiscard]] Matrix<float> inputs(SampleRange range, Threads threads = Threads::available()) const {
    return inputs(range, threads, [](Index, Index, float) {});
  }

 private:
  /// \param keep  keep(i, t, a) is called for every active direction t of the i-th sample of the range
  template <class Keep>
  [[nodiscard]] Matrix<float> inputs(SampleRange range, Threads threads, const Keep& keep) const {
    require_between("Superposition range", range.begin, Index{0}, range.end);
    require_between("Superposition range", range.end, Index{0}, (Index{1} << 48) - 1);
    Matrix<float> found(settings_.n_inputs, range.size());
    constexpr Index block = 256;
    threads.for_each(divide_up(range.size(), block), [&](Index task, int) {
      Vector<float> sum(settings_.n_inputs);
      for (Index i = task * block; i < std::min(range.size(), (task + 1) * block); ++i) {
        draw_sample(range.begin + i, sum, [&](Index t, float amplitude) { keep(i, t, amplitude); });
        found.col(i) = sum;
      }
    });
    return found;
  }

  template <class Keep>
  void draw_sample(Index sample, Vector<float>& sum, const Keep& keep) const {
    const auto number = static_cast<std::uint64_t>(sample);
    const Random code(settings_.seed, Draws::TrueCodes, number);
    sum.setZero();
    for (Index t = 0; t < settings_.n_true; ++t) {
      const auto counter = 2 * static_cast<std::uint64_t>(t);
      const double chance = follows_group(number, t) ? of_group(number, t) : code.uniform(counter);
      if (chance >= frequency_[t]) continue;
      const auto amplitude = static_cast<float>(0.5 + code.uniform(counter + 1));
      sum += amplitude * truth_.col(t);
      keep(t, amplitude);
    }
    const Random noise(settings_.seed, Draws::TrueNoise, number);
    const double scale = settings_.noise * static_cast<double>(sum.norm()) / std::sqrt(settings_.n_inputs);
    for (Index q = 0; q < settings_.n_inputs; ++q)
      sum(q) += static_cast<float>(scale * noise.normal(static_cast<std::uint64_t>(q)));
  }

  [[nodiscard]] bool follows_group(std::uint64_t sample, Index t) const {
    if (settings_.correlation == 0 || settings_.group_size == 1) return false;
    return Random(settings_.seed, Draws::TrueGroups, sample)
        .bernoulli(std::sqrt(settings_.correlation), 2 * static_cast<std::uint64_t>(t));
  }

  [[nodiscard]] double of_group(std::uint64_t sample, Index t) const {
    return Random(settings_.seed, Draws::TrueGroups, sample)
        .uniform(2 * static_cast<std::uint64_t>(t / settings_.group_size) + 1);
  }

  [[nodiscard]] static Buffer<double> frequencies(const Settings& settings) {
    require_at_least("Superposition n_inputs", settings.n_inputs, Index{1});
    require_at_least("Superposition n_true", settings.n_true, Index{1});
    require_between("Superposition zipf", settings.zipf, 0.0, 10.0);
    require_at_least("Superposition group_size", settings.group_size, Index{1});
    require_between("Superposition correlation", settings.correlation, 0.0, 1.0);
    require_not_negative("Superposition noise", settings.noise);
    const double n_true = static_cast<double>(settings.n_true);
    if (!(settings.n_active > 0 && settings.n_active < n_true / 2))
      reject("Superposition n_active", "a value above 0 and below half of n_true", settings.n_active);
    Buffer<double> found = ZipfLaw{.exponent = settings.zipf}.densities(settings.n_true, 2 * settings.n_active);
    for (double& p : found) p /= 2;
    return found;
  }

  Settings settings_;
  Buffer<double> frequency_;
  Matrix<float> truth_;
};

}  // namespace parsae::inline PARSAE_ABI

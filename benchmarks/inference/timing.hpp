// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/inference_encoder.hpp>

#include <algorithm>
#include <chrono>
#include <vector>

namespace parsae_benchmarks {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Seconds of each call of once(i), i = 0, 1, ..., repeated for `seconds` and at least `least` times after two that do
/// not count.
template <class Once>
[[nodiscard]] std::vector<double> repeat(double seconds, std::size_t least, const Once& once) {
  parsae::Index i = 0;
  for (; i < 2; ++i) once(i);
  std::vector<double> times;
  for (const Clock::time_point begin = Clock::now(); times.size() < least || seconds_since(begin) < seconds; ++i) {
    const Clock::time_point start = Clock::now();
    once(i);
    times.push_back(seconds_since(start));
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// Seconds for one sample, ascending.
template <class Encoder, class Workspace>
[[nodiscard]] std::vector<double> time_single_samples(const Encoder& encoder, const parsae::Matrix<float>& samples,
                                                      Workspace& workspace, parsae::Threads threads, double seconds) {
  parsae::SparseCode<float> code;
  return repeat(seconds, 100, [&](parsae::Index i) {
    encoder.encode(samples.data() + (i % samples.cols()) * samples.rows(), workspace, code, threads);
  });
}

/// Seconds for all samples at once, ascending.
template <class Encoder, class Workspace>
[[nodiscard]] std::vector<double> time_batches(const Encoder& encoder, const parsae::Matrix<float>& samples,
                                               Workspace& workspace, parsae::Threads threads, double seconds) {
  parsae::SparseCode<float> code;
  return repeat(seconds, 3, [&](parsae::Index) { encoder.encode(samples, workspace, code, threads); });
}

}  // namespace parsae_benchmarks

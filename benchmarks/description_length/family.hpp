// SPDX-License-Identifier: MIT
#pragma once

#include <allocators/data_set.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "message.hpp"

namespace parsae_benchmarks::description_length {

/// One training run.
struct Job {
  const DataSet* data = nullptr;
  Index n_latents = 0;
  int place = 0;         ///< of the operating point on its family's grid
  double parameter = 0;  ///< k, a coefficient, a noise: what moves the operating point
  double learning_rate = 0;
  std::uint64_t seed = 1;
  Index samples = 0;  ///< to train on; whole batches
  Index batch = 1024;
  parsae::Threads threads = parsae::Threads::available();

  /// Where thresholds start: the L0 that this place of the grid is likely to end at.
  [[nodiscard]] double likely_l0() const;
};

/// What came of it.
struct Trained {
  Messages validation;  ///< what learning rates and quantizers are chosen by
  Messages test;        ///< what figures are made of
};

/// One way to train codes, with a grid of operating points: parameter = first * step^place, for any whole place. Places
/// are ordered alike in all families: a higher one has fewer bits and more error.
struct Family {
  static constexpr double l0_step = 1.41421356237309505;  ///< between neighbors, about

  std::string name;
  std::string parameter_name;
  double first = 1;                                         ///< the parameter at place 0: an L0 of about 16
  enum class Grid { Rising, Falling } grid = Grid::Rising;  ///< the parameter, with the place
  double stored_rate = 1.6e-2;  ///< where the search begins: near the best for 64 inputs, 512 latents
  double step = l0_step;        ///< of the parameter, above 1
  std::function<Trained(const Job&)> train;

  [[nodiscard]] double parameter(int place) const {
    return first * std::pow(step, grid == Grid::Rising ? place : -place);
  }
};

inline double Job::likely_l0() const {
  const double l0 = 16 * std::pow(Family::l0_step, -place);
  return std::min(l0, static_cast<double>(n_latents));
}

[[nodiscard]] std::vector<Family> jump_relu_families();
[[nodiscard]] std::vector<Family> allocator_families();

/// All of them, in the order in which tables show them.
[[nodiscard]] inline std::vector<Family> all_families() {
  std::vector<Family> all;
  for (const auto& some : {jump_relu_families, allocator_families})
    for (const Family& family : some()) all.push_back(family);
  return all;
}

}  // namespace parsae_benchmarks::description_length

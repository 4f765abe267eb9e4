// SPDX-License-Identifier: MIT
// TopK and Mutual Choice, whose sparsity is a budget.

#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/train/threshold_calibration.hpp>

#include <cmath>

#include "family.hpp"
#include "train_point.hpp"

namespace parsae_benchmarks::description_length {
namespace {

/// Operating points beyond the model: there is no such code.
bool is_too_dense(const Job& job) { return job.parameter > static_cast<double>(job.n_latents) / 2; }

Trained train_mutual_choice(const Job& job) {
  using Act = parsae::MutualChoice<float>;
  if (is_too_dense(job)) return {};
  const auto calibrate = [&](parsae::Autoencoder<Act>& model) {
    parsae::MatrixSource<float> source(
        job.data->train,
        {.batch_size = job.batch, .epochs = 1, .order = parsae::MatrixSource<float>::Order::Sequential});
    parsae::calibrate_thresholds(model, source, {.threads = job.threads});
  };
  return train_point(Act({.k = job.parameter}), parsae::Objective(parsae::MeanSquaredError()), job,
                     Hooks<Act>{.after = calibrate});
}

Trained train_top_k(const Job& job) {
  if (is_too_dense(job)) return {};
  const Index k = std::max<Index>(std::llround(job.parameter), 1);
  return train_point(parsae::TopK<float>({.k = k}), parsae::Objective(parsae::MeanSquaredError()), job);
}

}  // namespace

std::vector<Family> allocator_families() {
  return {{.name = "topk", .parameter_name = "k", .first = 16, .grid = Family::Grid::Falling, .train = train_top_k},
          {.name = "mutual_choice",
           .parameter_name = "k",
           .first = 16,
           .grid = Family::Grid::Falling,
           .train = train_mutual_choice}};
}

}  // namespace parsae_benchmarks::description_length

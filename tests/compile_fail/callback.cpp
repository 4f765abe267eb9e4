// SPDX-License-Identifier: MIT
// CASE_MISSPELLED_HOOK: no matching (member )?function for call to
#include <parsae/activations/relu.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/trainer.hpp>

struct Callback {
#if defined(CASE_MISSPELLED_HOOK)
  void on_step_ends(const parsae::TrainProgress&) {}
#else
  void on_step_end(const parsae::TrainProgress&) {}
#endif
};

int main() {
  const parsae::Matrix<float> samples = parsae::Matrix<float>::Ones(4, 16);
  parsae::MatrixSource<float> source(samples, {.batch_size = 8});
  parsae::Autoencoder<parsae::ReLU<float>> model({.n_inputs = 4, .n_latents = 8});
  parsae::Trainer trainer(model, parsae::Objective(parsae::MeanSquaredError()), parsae::Adam(), {.steps = 1});
  return static_cast<int>(trainer.train(source, Callback()).reason);
}

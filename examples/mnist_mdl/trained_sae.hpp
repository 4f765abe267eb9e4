// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/analysis/code_quantizer_search.hpp>
#include <parsae/analysis/evaluate.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/trainer.hpp>

#include <stdexcept>
#include <string>

namespace parsae_examples {

using parsae::Index;

/// How every SAE of the grid is trained.
struct Recipe {
  std::string activation = "top_k";  ///< "top_k" or "mutual_choice"
  double epochs = 4;                 ///< passes over the training images, > 0
  double learning_rate = 1e-3;       ///< > 0
  Index batch_size = 512;            ///< images a step, >= 1
  int threads = 1;
};

/// The three parts of the data, 784 x n each: to train on, to search quantizers on, to judge by.
struct Images {
  parsae::Matrix<float> train;
  parsae::Matrix<float> validation;
  parsae::Matrix<float> test;
};

/// What the rest of the program needs of an SAE, whatever its activation was.
struct TrainedSae {
  Index width = 0;
  Index k = 0;
  std::uint64_t seed = 0;
  parsae::Matrix<float> w_dec;  ///< 784 x width
  parsae::Vector<float> b_dec;
  float scale = 1;
  double l0 = 0;  ///< l0, fvu and dead_fraction on the test images
  double fvu = 0;
  double dead_fraction = 0;
  parsae::CodedSamples<float> validation;
  parsae::CodedSamples<float> test;
};

namespace detail {

template <class Act>
[[nodiscard]] parsae::CodedSamples<float> coded(const parsae::Autoencoder<Act>& model,
                                                const parsae::Matrix<float>& images, parsae::Threads threads) {
  return {model.input_scale * images, model.encode(images, threads)};
}

/// What a trained model makes of the held-out images.
template <class Act>
[[nodiscard]] TrainedSae measured(const parsae::Autoencoder<Act>& model, Index k, std::uint64_t seed,
                                  const Images& images, parsae::Threads threads) {
  using namespace parsae;
  MatrixSource<float> held_out(images.test,
                               {.batch_size = 1000, .epochs = 1, .order = MatrixSource<float>::Order::Sequential});
  const Evaluation evaluation = evaluate(model, held_out, {.threads = threads});
  TrainedSae sae;
  sae.width = model.n_latents();
  sae.k = k;
  sae.seed = seed;
  sae.w_dec = model.decoder.w_dec;
  sae.b_dec = model.decoder.b_dec;
  sae.scale = model.input_scale;
  sae.l0 = evaluation.l0;
  sae.fvu = evaluation.fvu;
  sae.dead_fraction = evaluation.dead_fraction;
  sae.validation = coded(model, images.validation, threads);
  sae.test = coded(model, images.test, threads);
  return sae;
}

/// The settings of one SAE's training: the grid's recipe for so many images.
[[nodiscard]] inline parsae::TrainSettings train_settings(const Recipe& recipe, Index n_images, Index batch_size) {
  const double steps = recipe.epochs * static_cast<double>(n_images) / static_cast<double>(batch_size);
  parsae::TrainSettings settings;
  settings.steps = std::max(static_cast<Index>(steps), Index{1});
  settings.learning_rate = recipe.learning_rate;
  settings.learning_rate_schedule = {.warmup_steps = 20, .decay_fraction = 0.6};
  settings.dead_after_samples = n_images;
  settings.threads = parsae::Threads(recipe.threads);
  return settings;
}

/// Trains a model and measures it on the held-out images.
template <class Act, class Objective>
[[nodiscard]] TrainedSae train_model(parsae::Autoencoder<Act>& model, const Objective& objective, Index k,
                                     std::uint64_t seed, const Recipe& recipe, const Images& images) {
  using namespace parsae;
  const Index batch_size = std::min(recipe.batch_size, images.train.cols());
  MatrixSource<float> source(images.train, {.batch_size = batch_size, .seed = seed});
  Trainer trainer(model, objective, Adam(), train_settings(recipe, images.train.cols(), batch_size));
  const TrainReport report = trainer.train(source);
  if (report.reason != StopReason::Completed)
    throw std::runtime_error("the SAE with " + std::to_string(model.n_latents()) +
                             " latents and k = " + std::to_string(k) + " " + report.message);
  return measured(model, k, seed, images, Threads(recipe.threads));
}

/// Two ways to keep latents alive, found by training on MNIST. Codes of a few latents start from images, so that every
/// latent wins some from the first step; an auxiliary loss would only pull the rare ones, which fire once in thousands
/// of images, towards a residual that they could never carry alone. Denser codes do better from random directions, with
/// AuxK for the latents that a whole pass over the images left silent.
template <class Act>
[[nodiscard]] TrainedSae train_with(const Act& activation, Index width, Index k, std::uint64_t seed,
                                    const Recipe& recipe, const Images& images) {
  using namespace parsae;
  Autoencoder<Act> model({.n_inputs = images.train.rows(), .n_latents = width}, activation);
  if (k <= 4) {
    initialize(model, images.train, {.seed = seed, .latents = LatentStart::CenteredSamples});
    return train_model(model, Objective(MeanSquaredError()), k, seed, recipe, images);
  }
  initialize(model, images.train, {.seed = seed, .latents = LatentStart::RandomDirections});
  return train_model(model, Objective(MeanSquaredError(), AuxK({.k_aux = 32})), k, seed, recipe, images);
}

}  // namespace detail

/// Trains one SAE of the grid.
[[nodiscard]] inline TrainedSae train_sae(Index width, Index k, std::uint64_t seed, const Recipe& recipe,
                                          const Images& images) {
  if (recipe.activation == "top_k")
    return detail::train_with(parsae::TopK<float>({.k = k}), width, k, seed, recipe, images);
  if (recipe.activation == "mutual_choice")
    return detail::train_with(parsae::MutualChoice<float>({.k = static_cast<double>(k)}), width, k, seed, recipe,
                              images);
  parsae::reject("activation", "top_k or mutual_choice", recipe.activation);
}

}  // namespace parsae_examples

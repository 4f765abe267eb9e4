// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/relu.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/analysis/dense_code.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/objective.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/sparse/pre_activation.hpp>
#include <parsae/train/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace parsae_examples::cells {

using parsae::Index;
using parsae::Matrix;

/// The three SAEs of Schuster (arXiv 2410.11468).
enum class SaeType {
  Vanilla,  ///< ReLU, nothing subtracted from the input, a free decoder; L1
  ReluL1,   ///< ReLU, the decoder's bias subtracted, decoder columns of norm 1 (theirs are free); L1
  TopK      ///< the same, k latents a sample instead of L1
};

[[nodiscard]] inline std::string name_of(SaeType type) {
  return type == SaeType::Vanilla ? "vanilla" : type == SaeType::ReluL1 ? "relu_l1" : "top_k";
}

struct SaeRecipe {
  SaeType type = SaeType::TopK;
  Index width = 128;  ///< latents
  /// Theirs: on the mean over samples and latents of the code, against the mean squared error over samples and inputs.
  double l1 = 1e-2;
  double k_percent = 5;  ///< of the width, rounded up
  Index steps = 1500;
  Index batch_size = 256;
  double learning_rate = 3e-3;
  std::uint64_t seed = 1;
  parsae::Threads threads = parsae::Threads(1);

  [[nodiscard]] Index k() const {
    const auto exact = static_cast<double>(width) * k_percent / 100;
    return std::clamp(static_cast<Index>(std::ceil(exact - 1e-9)), Index{1}, width);
  }

  /// The same L1 for a loss that sums over inputs and latents.
  [[nodiscard]] double l1_coefficient(Index n_inputs) const {
    return l1 * static_cast<double>(n_inputs) / static_cast<double>(width);
  }
};

namespace detail {

template <class Act, class Objective>
void train(parsae::Autoencoder<Act>& sae, const Objective& objective, const Matrix<float>& samples,
           const SaeRecipe& recipe) {
  parsae::MatrixSource<float> source(samples, {.batch_size = recipe.batch_size, .seed = recipe.seed});
  parsae::TrainSettings settings;
  settings.steps = recipe.steps;
  settings.learning_rate = recipe.learning_rate;
  settings.learning_rate_schedule = {.decay_fraction = 0.3};
  settings.threads = recipe.threads;
  parsae::Trainer trainer(sae, objective, parsae::Adam(), settings);
  trainer.train(source);
}

}  // namespace detail

/// Trains an SAE on some samples and gives the code of others, with its zeros: width x n.
/// \param train  n_inputs x n, finite
[[nodiscard]] inline Matrix<float> trained_code(const SaeRecipe& recipe, const Matrix<float>& train,
                                                const Matrix<float>& test) {
  using parsae::Autoencoder;
  const parsae::L1 l1({.coefficient = recipe.l1_coefficient(train.rows())});
  const auto objective = parsae::Objective(parsae::MeanSquaredError(), parsae::NoAuxiliary(), l1);
  if (recipe.type == SaeType::TopK) {
    Autoencoder<parsae::TopK<float>> sae({.n_inputs = train.rows(), .n_latents = recipe.width},
                                         parsae::TopK<float>({.k = recipe.k()}));
    parsae::initialize(sae, train, {.seed = recipe.seed});
    detail::train(sae, parsae::Objective(parsae::MeanSquaredError()), train, recipe);
    return parsae::dense_code(sae.encode(test, recipe.threads), recipe.width);
  }
  if (recipe.type == SaeType::ReluL1) {
    Autoencoder<parsae::ReLU<float>> sae({.n_inputs = train.rows(), .n_latents = recipe.width});
    parsae::initialize(sae, train, {.seed = recipe.seed});
    detail::train(sae, objective, train, recipe);
    return parsae::dense_code(sae.encode(test, recipe.threads), recipe.width);
  }
  Autoencoder<parsae::ReLU<float>> sae({.n_inputs = train.rows(),
                                        .n_latents = recipe.width,
                                        .decoder_norm = parsae::DecoderNorm::Free,
                                        .centering = parsae::Centering::None});
  parsae::initialize(sae, train, train, {.seed = recipe.seed});
  detail::train(sae, objective, train, recipe);
  return parsae::dense_code(sae.encode(test, recipe.threads), recipe.width);
}

/// What as many random directions say, without any training: n_directions x n.
[[nodiscard]] inline Matrix<float> random_projections(const Matrix<float>& samples, Index n_directions,
                                                      std::uint64_t seed) {
  Matrix<float> scores(n_directions, samples.cols());
  parsae::Vector<float> direction(samples.rows());
  for (Index j = 0; j < n_directions; ++j) {
    parsae::set_random_direction<float>(seed + 1000, j, direction);
    for (Index i = 0; i < samples.cols(); ++i)
      scores(j, i) = parsae::Column<float>::dot(direction.data(), samples.col(i).data(), samples.rows());
  }
  return scores;
}

/// All pre-activations, n_latents x n: what the rule chooses from, and a score of every latent for every sample.
template <class Act>
[[nodiscard]] Matrix<float> pre_activations(const parsae::Autoencoder<Act>& sae, const Matrix<float>& samples,
                                            parsae::Threads threads) {
  Matrix<float> centered;
  sae.encoder.center(samples, sae.input_scale, sae.decoder.b_dec, threads, centered);
  Matrix<float> scores(sae.n_latents(), samples.cols());
  threads.for_each(samples.cols(), [&](Index i, int) {
    for (Index j = 0; j < sae.n_latents(); ++j)
      scores(j, i) = parsae::pre_activation(sae.encoder.w_enc.col(j).data(), centered.col(i).data(), sae.n_inputs(),
                                            sae.encoder.b_enc(j));
  });
  return scores;
}

}  // namespace parsae_examples::cells

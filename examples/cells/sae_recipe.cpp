// SPDX-License-Identifier: MIT
#include "sae_recipe.hpp"

#include <parsae/activations/relu.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/analysis/dense_code.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/objective.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/sparse/pre_activation.hpp>
#include <parsae/train/trainer.hpp>

#include <stdexcept>

namespace parsae_examples::cells {
namespace {

template <class Act, class Objective>
void train_sae(parsae::Autoencoder<Act>& sae, const Objective& objective, const Matrix<float>& samples,
               const SaeRecipe& recipe) {
  parsae::MatrixSource<float> source(samples, {.batch_size = recipe.batch_size, .seed = recipe.seed});
  parsae::TrainSettings settings;
  settings.steps = recipe.steps;
  settings.learning_rate = recipe.learning_rate;
  settings.learning_rate_schedule = {.decay_fraction = 0.3};
  settings.threads = recipe.threads;
  parsae::Trainer trainer(sae, objective, parsae::Adam(), settings);
  const parsae::TrainReport report = trainer.train(source);
  if (report.reason != parsae::StopReason::Completed) throw std::runtime_error("the SAE on cells: " + report.message);
}

}  // namespace

Matrix<float> trained_code(const SaeRecipe& recipe, const Matrix<float>& train, const Matrix<float>& test) {
  using parsae::Autoencoder;
  const parsae::L1 l1({.coefficient = recipe.l1_coefficient(train.rows())});
  const auto objective = parsae::Objective(parsae::MeanSquaredError(), parsae::NoAuxiliary(), l1);
  if (recipe.type == SaeType::TopK) {
    Autoencoder<parsae::TopK<float>> sae({.n_inputs = train.rows(), .n_latents = recipe.width},
                                         parsae::TopK<float>({.k = recipe.k()}));
    parsae::initialize(sae, train, {.seed = recipe.seed});
    train_sae(sae, parsae::Objective(parsae::MeanSquaredError()), train, recipe);
    return parsae::dense_code(sae.encode(test, recipe.threads), recipe.width);
  }
  if (recipe.type == SaeType::ReluL1) {
    Autoencoder<parsae::ReLU<float>> sae({.n_inputs = train.rows(), .n_latents = recipe.width});
    parsae::initialize(sae, train, {.seed = recipe.seed});
    train_sae(sae, objective, train, recipe);
    return parsae::dense_code(sae.encode(test, recipe.threads), recipe.width);
  }
  Autoencoder<parsae::ReLU<float>> sae({.n_inputs = train.rows(),
                                        .n_latents = recipe.width,
                                        .decoder_norm = parsae::DecoderNorm::Free,
                                        .centering = parsae::Centering::None});
  parsae::initialize(sae, train, train, {.seed = recipe.seed});
  train_sae(sae, objective, train, recipe);
  return parsae::dense_code(sae.encode(test, recipe.threads), recipe.width);
}

Matrix<float> random_projections(const Matrix<float>& samples, Index n_directions, std::uint64_t seed) {
  Matrix<float> scores(n_directions, samples.cols());
  parsae::Vector<float> direction(samples.rows());
  for (Index j = 0; j < n_directions; ++j) {
    parsae::set_random_direction<float>(seed + 1000, j, direction);
    for (Index i = 0; i < samples.cols(); ++i)
      scores(j, i) = parsae::Column<float>::dot(direction.data(), samples.col(i).data(), samples.rows());
  }
  return scores;
}

struct TrainedSae::Model {
  parsae::Autoencoder<parsae::TopK<float>> sae;
};

TrainedSae::TrainedSae(const SaeRecipe& recipe, Index k, const Matrix<float>& samples) : threads_(recipe.threads) {
  const auto model = std::make_shared<Model>(Model{parsae::Autoencoder<parsae::TopK<float>>(
      {.n_inputs = samples.rows(), .n_latents = recipe.width}, parsae::TopK<float>({.k = k}))});
  parsae::initialize(model->sae, samples, {.seed = recipe.seed});
  train_sae(model->sae, parsae::Objective(parsae::MeanSquaredError(), parsae::AuxK()), samples, recipe);
  model_ = model;
}

Matrix<float> TrainedSae::codes(const Matrix<float>& samples) const {
  return parsae::dense_code(model_->sae.encode(samples, threads_), model_->sae.n_latents());
}

Matrix<float> TrainedSae::pre_activations(const Matrix<float>& samples) const {
  const parsae::Autoencoder<parsae::TopK<float>>& sae = model_->sae;
  Matrix<float> centered;
  sae.encoder.center(samples, sae.input_scale, sae.decoder.b_dec, threads_, centered);
  Matrix<float> scores(sae.n_latents(), samples.cols());
  threads_.for_each(samples.cols(), [&](Index i, int) {
    for (Index j = 0; j < sae.n_latents(); ++j)
      scores(j, i) = parsae::pre_activation(sae.encoder.w_enc.col(j).data(), centered.col(i).data(), sae.n_inputs(),
                                            sae.encoder.b_enc(j));
  });
  return scores;
}

}  // namespace parsae_examples::cells

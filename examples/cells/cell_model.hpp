// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/aux_k.hpp>

#include <memory>
#include <optional>
#include <string>

#include "dense_autoencoder.hpp"
#include "normalization.hpp"
#include "principal_components.hpp"
#include "sae_recipe.hpp"

namespace parsae_examples::cells {

enum class Embedding { Pca, Autoencoder };

struct CellModelSettings {
  Embedding embedding = Embedding::Pca;
  Index n_components = 10;  ///< of the embedding
  Index most_genes = 2000;  ///< those that vary most
  Index n_latents = 128;
  Index k = 8;
  Index steps = 2000;
  double learning_rate = 3e-3;
  std::uint64_t seed = 1;
  parsae::Threads threads = parsae::Threads::available();
};

/// What is fitted to cells, step by step: z-scores of genes, a few components, a sparse autoencoder on them. Other
/// cells go the same way.
class CellModel {
 public:
  using Sae = parsae::Autoencoder<parsae::TopK<float>>;

  /// \param expression  n_genes x n, log counts per million
  CellModel(const Matrix<float>& expression, const CellModelSettings& settings)
      : threads_(settings.threads),
        z_score_(expression, settings.most_genes),
        sae_({.n_inputs = settings.n_components, .n_latents = settings.n_latents},
             parsae::TopK<float>({.k = settings.k})) {
    const Matrix<float> scores = z_score_.transform(expression);
    if (settings.embedding == Embedding::Pca)
      pca_.emplace(scores,
                   PrincipalComponentsSettings{.n_components = settings.n_components, .threads = settings.threads});
    else
      autoencoder_.emplace(scores, DenseAutoencoderSettings{.n_latents = settings.n_components,
                                                            .n_hidden = 64,
                                                            .steps = 1000,
                                                            .batch_size = 128,
                                                            .learning_rate = 1e-3,
                                                            .seed = settings.seed,
                                                            .threads = settings.threads});
    const Matrix<float> embedded = embed(expression);
    parsae::initialize(sae_, embedded, {.seed = settings.seed});
    SaeRecipe recipe;
    recipe.steps = settings.steps;
    recipe.batch_size = 128;
    recipe.learning_rate = settings.learning_rate;
    recipe.seed = settings.seed;
    recipe.threads = settings.threads;
    detail::train(sae_, parsae::Objective(parsae::MeanSquaredError(), parsae::AuxK()), embedded, recipe);
  }

  [[nodiscard]] const ZScore& z_score() const { return z_score_; }
  [[nodiscard]] const Sae& sae() const { return sae_; }

  /// n_components x n.
  [[nodiscard]] Matrix<float> embed(const Matrix<float>& expression) const {
    const Matrix<float> scores = z_score_.transform(expression);
    return pca_ ? pca_->transform(scores) : autoencoder_->encode(scores);
  }

  /// n_latents x n, with their zeros.
  [[nodiscard]] Matrix<float> codes(const Matrix<float>& embedded) const {
    return parsae::dense_code(sae_.encode(embedded, threads_), sae_.n_latents());
  }

  [[nodiscard]] Matrix<float> pre_activations(const Matrix<float>& embedded) const {
    return cells::pre_activations(sae_, embedded, threads_);
  }

 private:
  parsae::Threads threads_;
  ZScore z_score_;
  std::optional<PrincipalComponents> pca_;
  std::optional<DenseAutoencoder> autoencoder_;
  Sae sae_;
};

}  // namespace parsae_examples::cells

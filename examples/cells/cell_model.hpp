// SPDX-License-Identifier: MIT
#pragma once

#include "normalization.hpp"
#include "representation.hpp"
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
  /// \param expression  n_genes x n, log counts per million
  CellModel(const Matrix<float>& expression, const CellModelSettings& settings)
      : z_score_(expression, settings.most_genes),
        represent_(fitted(z_score_.transform(expression), settings)),
        sae_(recipe_of(settings), settings.k, embed(expression)) {}

  [[nodiscard]] const ZScore& z_score() const { return z_score_; }
  [[nodiscard]] const TrainedSae& sae() const { return sae_; }

  /// n_components x n.
  [[nodiscard]] Matrix<float> embed(const Matrix<float>& expression) const {
    return represent_(z_score_.transform(expression));
  }

 private:
  [[nodiscard]] static Representation fitted(const Matrix<float>& scores, const CellModelSettings& settings) {
    if (settings.embedding == Embedding::Pca) return fit_pca(scores, settings.n_components, settings.threads);
    // Without hidden layers: a few hundred cells do not tell what bends from noise.
    return fit_autoencoder(scores, {.n_latents = settings.n_components,
                                    .steps = 1000,
                                    .batch_size = 128,
                                    .first_weights = 0.05,
                                    .seed = settings.seed,
                                    .threads = settings.threads});
  }

  [[nodiscard]] static SaeRecipe recipe_of(const CellModelSettings& settings) {
    SaeRecipe recipe;
    recipe.width = settings.n_latents;
    recipe.steps = settings.steps;
    recipe.batch_size = 128;
    recipe.learning_rate = settings.learning_rate;
    recipe.seed = settings.seed;
    recipe.threads = settings.threads;
    return recipe;
  }

  ZScore z_score_;
  Representation represent_;
  TrainedSae sae_;
};

}  // namespace parsae_examples::cells

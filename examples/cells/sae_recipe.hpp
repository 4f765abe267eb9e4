// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/core/types.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
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

/// Trains an SAE on some samples and gives the code of others, with its zeros: width x n.
/// \param train  n_inputs x n, finite
[[nodiscard]] Matrix<float> trained_code(const SaeRecipe& recipe, const Matrix<float>& train,
                                         const Matrix<float>& test);

/// What as many random directions say, without any training: n_directions x n.
[[nodiscard]] Matrix<float> random_projections(const Matrix<float>& samples, Index n_directions, std::uint64_t seed);

/// A trained TopK SAE that answers for any samples. Dead latents are revived by an auxiliary loss.
class TrainedSae {
 public:
  /// \param recipe   its k_percent does not matter
  /// \param samples  n_inputs x n, finite
  TrainedSae(const SaeRecipe& recipe, Index k, const Matrix<float>& samples);

  /// n_latents x n, with their zeros.
  [[nodiscard]] Matrix<float> codes(const Matrix<float>& samples) const;

  /// All pre-activations, n_latents x n: what the rule chooses from, and a score of every latent for every sample.
  [[nodiscard]] Matrix<float> pre_activations(const Matrix<float>& samples) const;

 private:
  struct Model;
  std::shared_ptr<const Model> model_;
  parsae::Threads threads_;
};

}  // namespace parsae_examples::cells

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/layered_source.hpp>
#include <parsae/model/any_autoencoder.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "host.hpp"
#include "layer_row.hpp"

namespace parsae_examples::multilayer {

/// The sparsity rules that are compared.
inline constexpr std::array<std::string_view, 4> rules{"topk", "mutual_choice", "jumprelu", "relu_l1"};

/// How one SAE is trained: Adam in batches of 1024, w_enc = w_dec to begin with, samples centered and scaled to a mean
/// squared norm of 1, a learning rate that fits the rule (found for 64 inputs and 512 latents; with more latents it
/// falls as 1 / root of their number), rising over the first tenth of the run (JumpReLU: quarter) and falling over the
/// last fifth. TopK has AuxK, ReLU a price that is found on the way (see priced_l1.hpp).
struct SaeRecipe {
  std::string rule = "topk";
  Index n_latents = 0;  ///< >= 1
  double l0 = 16;       ///< k of TopK and Mutual Choice, the target of JumpReLU and ReLU
  double passes = 4;    ///< over the samples, > 0
  std::uint64_t seed = 1;
  parsae::Threads threads = parsae::Threads::available();
};

/// Trains an SAE on samples (n_inputs x n), ready for encode(). Nothing where on_progress stopped it. Throws
/// std::runtime_error where training diverged.
[[nodiscard]] std::optional<parsae::AnyAutoencoder> train_sae(const parsae::Matrix<float>& samples,
                                                              const SaeRecipe& recipe, const OnProgress& on_progress);

/// One TopK SAE with AuxK for all layers of a source without end; its rule is "topk" whatever the recipe says.
[[nodiscard]] std::optional<parsae::AnyAutoencoder> train_multilayer_sae(parsae::LayeredSource<float>& source,
                                                                         Index tokens_per_batch,
                                                                         const SaeRecipe& recipe,
                                                                         const OnProgress& on_progress);

/// The members of the same names, whatever the rule.
[[nodiscard]] inline parsae::SparseCode<float> encode(const parsae::AnyAutoencoder& sae,
                                                      const Eigen::Ref<const parsae::Matrix<float>>& samples,
                                                      parsae::Threads threads) {
  return std::visit([&](const auto& model) { return model.encode(samples, threads); }, sae);
}
[[nodiscard]] inline parsae::Matrix<float> decode(const parsae::AnyAutoencoder& sae,
                                                  const parsae::SparseCode<float>& code, parsae::Threads threads) {
  return std::visit([&](const auto& model) { return model.decode(code, threads); }, sae);
}

}  // namespace parsae_examples::multilayer

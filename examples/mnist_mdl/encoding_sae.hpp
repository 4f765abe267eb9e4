// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "trained_sae.hpp"

namespace parsae_examples {

/// A trained SAE that can still encode, whatever its activation was.
struct EncodingSae {
  TrainedSae sae;
  std::function<parsae::SparseCode<float>(const parsae::Matrix<float>&)> encode;  ///< images, 784 x n
};

/// Keeps a model for encoding and measures it on the held-out images.
template <class Act>
[[nodiscard]] EncodingSae encoding_sae(parsae::Autoencoder<Act> model, Index k, std::uint64_t seed,
                                       const Images& images, parsae::Threads threads) {
  EncodingSae result;
  const auto kept = std::make_shared<const parsae::Autoencoder<Act>>(std::move(model));
  result.sae = detail::measured(*kept, k, seed, images, threads);
  result.encode = [kept, threads](const parsae::Matrix<float>& samples) { return kept->encode(samples, threads); };
  return result;
}

}  // namespace parsae_examples

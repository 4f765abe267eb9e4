// SPDX-License-Identifier: MIT
#include "representation.hpp"

#include <support/principal_components.hpp>

#include <memory>

#include "dense_autoencoder.hpp"

namespace parsae_examples::cells {

using parsae::Matrix;

Representation fit_pca(const Matrix<float>& samples, parsae::Index n_components, parsae::Threads threads) {
  const PrincipalComponentsSettings settings{.n_components = n_components, .threads = threads};
  const auto fitted = std::make_shared<const PrincipalComponents>(samples, settings);
  return [fitted](const Matrix<float>& cells) { return fitted->transform(cells); };
}

Representation fit_autoencoder(const Matrix<float>& samples, const DenseAutoencoderSettings& settings) {
  const auto fitted = std::make_shared<const DenseAutoencoder>(samples, settings);
  return [fitted](const Matrix<float>& cells) { return fitted->encode(cells); };
}

}  // namespace parsae_examples::cells

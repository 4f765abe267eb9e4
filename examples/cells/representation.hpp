// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <functional>

#include "dense_autoencoder_settings.hpp"

namespace parsae_examples::cells {

/// Fitted to some cells, puts any cells into a few numbers: n_inputs x n -> few x n.
using Representation = std::function<parsae::Matrix<float>(const parsae::Matrix<float>&)>;

/// The components of largest variance.
[[nodiscard]] Representation fit_pca(const parsae::Matrix<float>& samples, parsae::Index n_components,
                                     parsae::Threads threads);

/// The latents of a plain autoencoder.
[[nodiscard]] Representation fit_autoencoder(const parsae::Matrix<float>& samples,
                                             const DenseAutoencoderSettings& settings);

}  // namespace parsae_examples::cells

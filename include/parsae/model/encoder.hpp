// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/threads.hpp>

namespace parsae::inline PARSAE_ABI {

/// What is subtracted from a scaled input before the product: the decoder's bias, or nothing (transcoders).
enum class Centering { DecoderBias, None };

/// The affine half of an encoder: pi = w_enc^T (scale x - center) + b_enc. The activation turns pi into a code.
template <class Scalar>
struct Encoder {
  Matrix<Scalar> w_enc;  ///< n_inputs x n_latents, a latent a column
  Vector<Scalar> b_enc;  ///< n_latents
  Centering centering = Centering::DecoderBias;

  [[nodiscard]] Index n_inputs() const { return w_enc.rows(); }
  [[nodiscard]] Index n_latents() const { return w_enc.cols(); }

  /// centered(:, i) = scale * samples(:, i) - b_dec (or without b_dec), what the walk multiplies with.
  /// \param samples  n_inputs x batch, any stride between samples
  void center(const Eigen::Ref<const Matrix<Scalar>>& samples, Scalar scale, const Vector<Scalar>& b_dec,
              Threads threads, Matrix<Scalar>& centered) const {
    require_shape("samples", samples.rows(), samples.cols(), n_inputs(), samples.cols());
    centered.resize(n_inputs(), samples.cols());
    constexpr Index block = 64;
    threads.for_each(divide_up(samples.cols(), block), [&](Index task, int) {
      const Index last = std::min(samples.cols(), (task + 1) * block);
      for (Index i = task * block; i < last; ++i) {
        centered.col(i) = scale * samples.col(i);
        if (centering == Centering::DecoderBias) centered.col(i) -= b_dec;
      }
    });
  }
};

}  // namespace parsae::inline PARSAE_ABI

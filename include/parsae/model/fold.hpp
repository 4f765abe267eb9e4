// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/autoencoder.hpp>

namespace parsae::inline PARSAE_ABI {

/// Puts the scales of a trained model into its weights, so that it takes inputs and gives outputs in the user's units
/// without any scaling, in this program or in another one:
///
///     w_enc <- s w_enc,   w_dec <- w_dec / s',   b_dec <- b_dec / s',   s, s' <- 1,   decoder norm: Free
///
/// with s the input scale and s' the output scale. Pre-activations and codes keep their unit, and so do b_enc,
/// thresholds and whatever statistics the activation has: none of them changes. The function is the same, and its bits
/// are where s and s' are powers of two; otherwise pre-activations differ by rounding, and a code may only where one
/// lies that close to its threshold or to its rival.
///
/// Decoder columns have norm 1 / s' afterwards. To train on, train the model as it was before.
///
/// Throws std::invalid_argument where the folded weights are not finite, or where an input that is centered by b_dec
/// has another scale than the output: b_dec would need two units.
template <class Act>
void fold(Autoencoder<Act>& model) {
  using Scalar = typename Act::Scalar;
  const Scalar s = model.input_scale;
  const Scalar output = model.output_scale;
  require_positive("fold input_scale", static_cast<double>(s));
  require_positive("fold output_scale", static_cast<double>(output));
  if (model.encoder.centering == Centering::DecoderBias && s != output)
    reject("fold output_scale", "the input_scale of an autoencoder", output);
  const Matrix<Scalar> w_enc = s * model.encoder.w_enc;
  const Matrix<Scalar> w_dec = model.decoder.w_dec / output;
  const Vector<Scalar> b_dec = model.decoder.b_dec / output;
  require_finite("fold w_enc", w_enc);
  require_finite("fold w_dec", w_dec);
  require_finite("fold b_dec", b_dec);
  model.encoder.w_enc = w_enc;
  model.decoder.w_dec = w_dec;
  model.decoder.b_dec = b_dec;
  model.decoder.norm = DecoderNorm::Free;
  model.input_scale = model.output_scale = 1;
}

}  // namespace parsae::inline PARSAE_ABI

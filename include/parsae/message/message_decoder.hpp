// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/weight_quantizer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// What a receiver needs to make samples of codes: xhat = (w_dec z + b_dec) / output_scale.
template <class Scalar>
struct MessageDecoder {
  QuantizedDictionary<Scalar> dictionary;  ///< quantize_dictionary(w_dec, bits), n_outputs x n_latents
  QuantizedDictionary<Scalar> bias;        ///< quantize_dictionary<Scalar>(b_dec, bits), n_outputs x 1
  double output_scale = 1;                 ///< of the model (Autoencoder::output_scale); finite

  [[nodiscard]] Index n_outputs() const { return dictionary.w_dec.rows(); }
  [[nodiscard]] Index n_latents() const { return dictionary.w_dec.cols(); }
};

namespace detail {

/// Requires levels as quantize_dictionary() makes them.
template <class Scalar>
void require_levels(std::string_view argument, const QuantizedDictionary<Scalar>& dictionary) {
  const int bits = dictionary.bits_per_weight;
  require_between(argument, bits, 2, 24);
  if (dictionary.levels.size() != dictionary.w_dec.size())
    reject(argument, std::to_string(dictionary.w_dec.size()) + " levels", dictionary.levels.size());
  const std::int32_t most = (std::int32_t{1} << (bits - 1)) - 1;
  for (const std::int32_t level : dictionary.levels) require_between(argument, level, -most, most);
}

/// Requires a decoder whose parts fit together, for codes of n_latents.
template <class Scalar>
void require_decoder(const MessageDecoder<Scalar>& decoder, Index n_latents) {
  const Index n_outputs = decoder.n_outputs();
  require_shape("MessageDecoder dictionary", n_outputs, decoder.n_latents(), n_outputs, n_latents);
  require_shape("MessageDecoder bias", decoder.bias.w_dec.rows(), decoder.bias.w_dec.cols(), n_outputs, 1);
  require_levels("MessageDecoder dictionary levels", decoder.dictionary);
  require_levels("MessageDecoder bias levels", decoder.bias);
  for (const double scale : {decoder.output_scale, decoder.dictionary.step, decoder.bias.step})
    if (!std::isfinite(scale)) reject("MessageDecoder scales", "finite numbers", scale);
}

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

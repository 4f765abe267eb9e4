// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/relu.hpp>
#include <parsae/activations/threshold.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/model/fold.hpp>

#include <filesystem>
#include <type_traits>

#include "npz_writer.hpp"

namespace parsae_cli {

/// Writes a model in the layout of Gemma Scope: w_enc [n_inputs, n_latents], b_enc, w_dec [n_latents, n_inputs], b_dec,
/// threshold, all float32, for
///
///     f = pi [pi > threshold],   pi = x w_enc + b_enc,   xhat = f w_dec + b_dec
///
/// in the user's units: scales are folded into the weights, and the b_dec that parsae subtracts from its input into
/// b_enc. Throws std::invalid_argument unless inference is by thresholds (ReLU's are zero).
template <class Act>
void save_gemma_npz(const parsae::Autoencoder<Act>& model, const std::filesystem::path& path) {
  constexpr bool has_thresholds = std::is_same_v<Act, parsae::Threshold<float>>;
  if constexpr (!has_thresholds && !std::is_same_v<Act, parsae::ReLU<float>>) {
    parsae::reject("convert --to npz", "a rule with thresholds, such as jumprelu or mutual_choice", Act::name);
  } else {
    parsae::Vector<float> thresholds = parsae::Vector<float>::Zero(model.n_latents());
    if constexpr (has_thresholds) thresholds = model.activation.threshold();
    parsae::Autoencoder<Act> folded = model;
    parsae::fold(folded);
    parsae::Vector<float> b_enc = folded.encoder.b_enc;
    if (folded.encoder.centering == parsae::Centering::DecoderBias) {
      const parsae::Vector<double> shift =
          folded.encoder.w_enc.template cast<double>().transpose() * folded.decoder.b_dec.template cast<double>();
      b_enc -= shift.template cast<float>();
    }
    const parsae::Matrix<float> w_enc = folded.encoder.w_enc.transpose();
    const auto slice = [](const parsae::Vector<float>& v) { return parsae::Slice<const float>(v.data(), v.size()); };
    NpzWriter writer(path);
    writer.add("w_enc", w_enc);
    writer.add("b_enc", slice(b_enc));
    writer.add("w_dec", folded.decoder.w_dec);
    writer.add("b_dec", slice(folded.decoder.b_dec));
    writer.add("threshold", slice(thresholds));
    writer.finish();
  }
}

}  // namespace parsae_cli

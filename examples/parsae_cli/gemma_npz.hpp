// SPDX-License-Identifier: MIT
#pragma once

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
/// b_enc. Throws std::invalid_argument unless inference is by thresholds: for TopK and Gated.
template <class Act>
void save_gemma_npz(const parsae::Autoencoder<Act>& model, const std::filesystem::path& path) {
  using Rule = decltype(model.activation.inference());
  if constexpr (!std::is_same_v<Rule, parsae::Threshold<float>>) {
    parsae::reject("convert --to npz", "a rule with thresholds, such as jumprelu or mutual_choice", Act::name);
  } else {
    const parsae::Vector<float> thresholds = model.activation.inference().threshold();
    parsae::Autoencoder<Act> folded = model;
    parsae::fold(folded);
    parsae::Vector<float> b_enc = folded.encoder.b_enc;
    if (folded.encoder.centering == parsae::Centering::DecoderBias) {
      const parsae::Vector<double> shift =
          folded.encoder.w_enc.template cast<double>().transpose() * folded.decoder.b_dec.template cast<double>();
      b_enc -= shift.template cast<float>();
    }
    const parsae::Matrix<float> w_enc = folded.encoder.w_enc.transpose();
    const parsae::Vector<float> each =
        thresholds.size() == 1 ? parsae::Vector<float>::Constant(model.n_latents(), thresholds(0)).eval() : thresholds;
    const auto slice = [](const parsae::Vector<float>& v) { return parsae::Slice<const float>(v.data(), v.size()); };
    NpzWriter writer(path);
    writer.add("w_enc", w_enc);
    writer.add("b_enc", slice(b_enc));
    writer.add("w_dec", folded.decoder.w_dec);
    writer.add("b_dec", slice(folded.decoder.b_dec));
    writer.add("threshold", slice(each));
    writer.finish();
  }
}

}  // namespace parsae_cli

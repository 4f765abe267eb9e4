// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_metrics.hpp>
#include <parsae/analysis/reconstruction_metrics.hpp>

#include <algorithm>

#include "training.hpp"

namespace parsae_examples::multilayer {

/// The held-out text and what is known of it.
struct HeldOut {
  TokenCorpus text;
  CapturedStreams streams;  ///< without the first position of each sequence
  Baselines baselines;
};

/// Fills in L0, FVU and dead latents of an SAE that was trained on one layer's stream, and the loss with it in place.
inline void judge(const Host& host, const HeldOut& held_out, const parsae::AnyAutoencoder& sae, LayerRow& row,
                  parsae::Threads threads) {
  constexpr Index at_a_time = 2048;
  const parsae::Matrix<float>& samples = held_out.streams.layers[static_cast<std::size_t>(row.layer)];
  parsae::ReconstructionMetrics reconstruction;
  parsae::CodeMetrics codes(row.n_latents);
  for (Index first = 0; first < samples.cols(); first += at_a_time) {
    const parsae::Matrix<float> part = samples.middleCols(first, std::min(at_a_time, samples.cols() - first));
    const parsae::SparseCode<float> code = encode(sae, part, threads);
    reconstruction.add<float>(part, decode(sae, code, threads));
    codes.add(code);
  }
  row.fvu = reconstruction.fvu();
  row.l0 = codes.l0();
  row.dead_fraction = codes.dead_fraction();
  const Splice splice = [&](const Eigen::Ref<const parsae::Matrix<float>>& stream) {
    return decode(sae, encode(sae, stream, threads), threads);
  };
  const SpliceSettings settings{
      .layer = row.layer, .first_position = FirstPosition::LeftOut, .passes = {.threads = threads}};
  set_loss(row, spliced_cross_entropy(host.model, held_out.text, splice, settings).nats_a_token, held_out.baselines);
}

}  // namespace parsae_examples::multilayer

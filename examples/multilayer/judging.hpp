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

/// Fills in L0, FVU, dead latents, and the loss with reconstructions in place of the row's layer.
/// \param recon_of  recon_of(stream, code): the reconstruction of a stream, n_inputs x n, in the network's units; gives
///                  the code, too
template <class ReconOf>
void judge_by(const Host& host, const HeldOut& held_out, LayerRow& row, parsae::Threads threads,
              const ReconOf& recon_of) {
  constexpr Index at_a_time = 2048;
  const parsae::Matrix<float>& samples = held_out.streams.layers[static_cast<std::size_t>(row.layer)];
  parsae::ReconstructionMetrics reconstruction;
  parsae::CodeMetrics codes(row.n_latents);
  for (Index first = 0; first < samples.cols(); first += at_a_time) {
    const parsae::Matrix<float> part = samples.middleCols(first, std::min(at_a_time, samples.cols() - first));
    parsae::SparseCode<float> code;
    reconstruction.add<float>(part, recon_of(part, code));
    codes.add(code);
  }
  row.fvu = reconstruction.fvu();
  row.l0 = codes.l0();
  row.dead_fraction = codes.dead_fraction();
  const Splice splice = [&](const Eigen::Ref<const parsae::Matrix<float>>& stream) -> parsae::Matrix<float> {
    parsae::SparseCode<float> code;
    return recon_of(stream, code);
  };
  const SpliceSettings settings{
      .layer = row.layer, .first_position = FirstPosition::LeftOut, .passes = {.threads = threads}};
  set_loss(row, spliced_cross_entropy(host.model, held_out.text, splice, settings).nats_a_token, held_out.baselines);
}

/// For an SAE that was trained on one layer's stream.
inline void judge(const Host& host, const HeldOut& held_out, const parsae::AnyAutoencoder& sae, LayerRow& row,
                  parsae::Threads threads) {
  judge_by(host, held_out, row, threads,
           [&](const Eigen::Ref<const parsae::Matrix<float>>& stream, parsae::SparseCode<float>& code) {
             code = encode(sae, stream, threads);
             return decode(sae, code, threads);
           });
}

}  // namespace parsae_examples::multilayer

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/top_k.hpp>
#include <parsae/analysis/evaluate.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/steering/mask_latents.hpp>
#include <parsae/steering/steer_code.hpp>
#include <parsae/train/trainer.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "recipe.hpp"
#include "subject.hpp"

namespace parsae_experts {

using PooledSae = parsae::Autoencoder<parsae::TopK<float>>;

/// An SAE on the stream that the head reads.
/// \param pooled  width x n, of training images with marker and without
[[nodiscard]] inline PooledSae train_pooled_sae(const parsae::Matrix<float>& pooled, const Recipe& recipe,
                                                std::uint64_t seed) {
  using namespace parsae;
  PooledSae sae({.n_inputs = pooled.rows(), .n_latents = recipe.sae_latents}, TopK<float>({.k = recipe.sae_k}));
  initialize(sae, pooled, {.seed = seed, .latents = LatentStart::RandomDirections});
  const Index batch = std::min(Index{512}, pooled.cols());
  TrainSettings settings;
  settings.steps = std::max<Index>(
      1, static_cast<Index>(recipe.sae_epochs * static_cast<double>(pooled.cols()) / static_cast<double>(batch)));
  settings.learning_rate = 2e-3;
  settings.learning_rate_schedule = {.warmup_steps = settings.steps / 20, .decay_fraction = 0.6};
  settings.dead_after_samples = pooled.cols();
  settings.threads = recipe.threads;
  MatrixSource<float> source(pooled, {.batch_size = batch, .seed = seed});
  Trainer trainer(sae, Objective(MeanSquaredError(), AuxK({.k_aux = 32})), Adam(), settings);
  const TrainReport report = trainer.train(source);
  if (report.reason != StopReason::Completed) throw std::runtime_error("the SAE on the stream " + report.message);
  return sae;
}

/// The latents of an SAE on the pooled stream, on the same images with marker and without. An intervention changes the
/// stream by what it changes in the reconstruction; what the SAE does not explain stays as it is.
class LatentSubject {
 public:
  LatentSubject(const Network<float>& network, const PooledSae& sae, const LabeledImages& data, parsae::Threads threads)
      : answering_(network, threads), sae_(sae), threads_(threads), labels_(data.labels) {
    for (const Marking marking : {Marking::Marked, Marking::None}) {
      Stream stream;
      stream.pooled = answering_.pooled(data.images, marking);
      stream.code = sae.encode(stream.pooled, threads);
      stream.recon = sae.decode(stream.code, threads);
      (marking == Marking::Marked ? marked_ : neutral_) = std::move(stream);
    }
  }

  [[nodiscard]] parsae::UnitGrid grid() const { return {.n_layers = 1, .per_layer = sae_.n_latents()}; }
  [[nodiscard]] const std::vector<std::int32_t>& labels() const { return labels_; }

  [[nodiscard]] AnswerPair answers(const parsae::Intervention& intervention) const {
    return {answers(marked_, intervention), answers(neutral_, intervention)};
  }

  /// Answers from the reconstruction in place of the stream.
  [[nodiscard]] std::vector<std::int32_t> answers_of_reconstruction() const {
    return largest_answers(answering_.read_out(marked_.recon), answering_.network().shape.n_outputs);
  }

  [[nodiscard]] double fvu() const {
    parsae::ReconstructionMetrics metrics;
    for (const Stream* stream : {&marked_, &neutral_}) metrics.add<float>(stream->pooled, stream->recon);
    return metrics.fvu();
  }

  /// The contrasts on this subject's images, by frequency and by weight.
  [[nodiscard]] std::array<RefusalContrast, 2> contrasts() const {
    std::array<RefusalContrast, 2> both =
        contrasts_of(sae_.n_latents(), answers(parsae::Intervention(sae_.n_latents())));
    for (const Marking marking : {Marking::Marked, Marking::None}) {
      const parsae::SparseCode<float>& code = (marking == Marking::Marked ? marked_ : neutral_).code;
      const parsae::UnitActivity activity = parsae::UnitActivity::of_code(code, sae_.n_latents());
      for (RefusalContrast& one : both) one.add(activity, marking);
    }
    return both;
  }

 private:
  struct Stream {
    parsae::Matrix<float> pooled;  // width x n
    parsae::SparseCode<float> code;
    parsae::Matrix<float> recon;  // width x n
  };

  [[nodiscard]] std::vector<std::int32_t> answers(const Stream& stream,
                                                  const parsae::Intervention& intervention) const {
    const bool masks = intervention.settings().policy == parsae::SuppressionPolicy::MaskLogit;
    const parsae::SparseCode<float> code =
        masks ? parsae::mask_latents(sae_, intervention).encode(stream.pooled, threads_)
              : parsae::steer_code(stream.code, intervention);
    const parsae::Matrix<float> changed = stream.pooled + (sae_.decode(code, threads_) - stream.recon);
    return largest_answers(answering_.read_out(changed), answering_.network().shape.n_outputs);
  }

  Answering answering_;
  const PooledSae& sae_;
  parsae::Threads threads_;
  std::vector<std::int32_t> labels_;
  Stream marked_;
  Stream neutral_;
};

}  // namespace parsae_experts

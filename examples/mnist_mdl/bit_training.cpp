// SPDX-License-Identifier: MIT
// JumpReLU, trained on the bits of its code.

#include "bit_training.hpp"

#include <parsae/activations/jump_relu.hpp>
#include <parsae/model/initialize_thresholds.hpp>

#include "message.hpp"
#include "rate_distortion.hpp"
#include "steered_mdl.hpp"
#include "width_ladder.hpp"

namespace parsae_examples {
namespace {

using JumpReluSae = parsae::Autoencoder<parsae::JumpReLU<float>>;

/// Steers by the FVU of some held-out images, before codes are rounded.
class Steering {
 public:
  Steering(const JumpReluSae& model, const Images& images, double target, double peak_rate, parsae::Threads threads,
           double& noise_variance)
      : model_(&model),
        watched_(first_images(images.validation, 500)),
        variation_(variation_of(watched_)),
        target_(target),
        peak_rate_(peak_rate),
        threads_(threads),
        noise_variance_(&noise_variance) {}

  void on_step_end(const parsae::TrainProgress& progress) {
    if (!NoiseSteering::is_due(progress)) return;
    const parsae::Matrix<float> recon = model_->decode(model_->encode(watched_, threads_), threads_);
    fvu_ = static_cast<double>((recon - watched_).squaredNorm()) / variation_;
    *noise_variance_ =
        NoiseSteering::next(*noise_variance_, fvu_, target_, progress.learning_rate / peak_rate_, progress);
  }

  /// Whether more steering, or a lower target, may keep the bound: the target was near when it was last looked at.
  [[nodiscard]] bool has_come_near() const { return fvu_ <= 1.1 * target_; }

 private:
  const JumpReluSae* model_;
  parsae::Matrix<float> watched_;
  double variation_;
  double target_;
  double peak_rate_;
  parsae::Threads threads_;
  double* noise_variance_;
  double fvu_ = std::numeric_limits<double>::infinity();
};

/// The model with the latents that some training image activates: nobody has to be told of the others.
JumpReluSae without_silent_latents(const JumpReluSae& model, const parsae::Matrix<float>& images,
                                   parsae::Threads threads) {
  parsae::CodeMetrics usage(model.n_latents());
  usage.add(model.encode(images, threads));
  std::vector<Index> used;
  for (Index j = 0; j < model.n_latents(); ++j)
    if (usage.density(j) > 0) used.push_back(j);
  if (used.empty()) used.push_back(0);
  JumpReluSae kept({.n_inputs = model.n_inputs(), .n_latents = static_cast<Index>(used.size())},
                   parsae::JumpReLU<float>(model.activation.settings()));
  for (Index j = 0; j < kept.n_latents(); ++j) {
    const Index from = used[static_cast<std::size_t>(j)];
    kept.encoder.w_enc.col(j) = model.encoder.w_enc.col(from);
    kept.encoder.b_enc(j) = model.encoder.b_enc(from);
    kept.decoder.w_dec.col(j) = model.decoder.w_dec.col(from);
    kept.activation.threshold()(j) = model.activation.threshold()(from);
  }
  kept.decoder.b_dec = model.decoder.b_dec;
  kept.input_scale = model.input_scale;
  kept.output_scale = model.output_scale;
  return kept;
}

struct Trained {
  JumpReluSae model;
  bool has_come_near = false;
};

/// \param noise_variance  where it begins; where it ended
Trained trained(const BitTraining& training, Index width, double target, const Images& images, double& noise_variance) {
  using namespace parsae;
  const Threads threads(training.threads);
  const Index batch_size = std::min(BitTraining::batch_size, images.train.cols());
  TrainSettings settings;
  settings.steps = training.steps;
  settings.learning_rate = BitTraining::learning_rate;
  settings.learning_rate_schedule = {.warmup_steps = training.steps / 10, .decay_fraction = 0.6};
  settings.dead_after_samples = settings.density_window_samples = 20'000;
  settings.threads = threads;

  JumpReluSae model({.n_inputs = images.train.rows(), .n_latents = width},
                    JumpReLU<float>({.narrowing_batches = std::max<Index>(training.steps * 3 / 5, 1)}));
  initialize(model, images.train, {.seed = training.seed, .latents = LatentStart::CenteredSamples});
  initialize_thresholds(model, images.train, std::min(BitTraining::first_l0, static_cast<double>(width)), threads);
  if (noise_variance <= 0) {
    const double scaled = variation_of(images.train) / static_cast<double>(images.train.squaredNorm());
    noise_variance =
        BitTraining::first_noise * std::pow(training.eps, 3) * scaled / static_cast<double>(images.train.rows());
  }
  Steering steering(model, images, target, settings.learning_rate, threads, noise_variance);
  MatrixSource<float> source(images.train, {.batch_size = batch_size, .seed = training.seed});
  Trainer trainer(model, Objective(MeanSquaredError(), NoAuxiliary(), SteeredMdl(noise_variance)), Adam(), settings);
  const TrainReport report = trainer.train(source, steering);
  if (report.reason != StopReason::Completed)
    throw std::runtime_error("the SAE with " + std::to_string(width) + " latents " + report.message);
  return {without_silent_latents(model, images.train, threads), steering.has_come_near()};
}

}  // namespace

BitRung train_on_bits(const BitTraining& training, Index width, const BitStart& start, const Images& images,
                      Index n_images) {
  const parsae::Threads threads(training.threads);
  BitRung rung;
  rung.reached = start;
  // Test images may turn out harder than those that were watched; then again, with the difference in mind.
  for (int attempt = 0; attempt < 3; ++attempt) {
    Trained result =
        trained(training, width, rung.reached.share_of_eps * training.eps, images, rung.reached.noise_variance);
    rung.sae = encoding_sae(std::move(result.model), 0, training.seed, images, threads);
    rung.row = MessageSearch(rung.sae.sae, n_images, threads).shortest(training.eps);
    if (rung.row.feasible || !result.has_come_near) break;
    rung.reached.share_of_eps *= std::min(BitTraining::share_of_eps * training.eps / rung.sae.sae.fvu, 0.97);
  }
  rung.bits = rung.row.feasible ? rung.row.bits_total : std::numeric_limits<double>::infinity();
  return rung;
}

std::optional<BitRung> shortest_on_bits(const BitTraining& training, const Images& images, Index n_images,
                                        const std::function<bool(Index)>& on_rung) {
  BitStart start;
  const auto climb = [&](Index width) {
    BitRung rung = train_on_bits(training, width, start, images, n_images);
    if (rung.row.feasible) start = rung.reached;  // the next width needs about the same
    return rung;
  };
  // A dictionary of an eighth as many latents as images pays for itself nowhere.
  const WidthLadder ladder{.first = 16, .most = std::clamp<Index>(n_images / 8, 64, 2048)};
  return ladder.best(climb, on_rung);
}

}  // namespace parsae_examples

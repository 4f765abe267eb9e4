// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "multilayer_sae.hpp"
#include "options.hpp"
#include "plan.hpp"
#include "results.hpp"
#include "run_progress.hpp"
#include "sae_store.hpp"

namespace parsae_examples::multilayer {

/// A run, stage by stage. Each stage returns false where it was interrupted; what was measured until then is in the
/// results.
class Experiment {
 public:
  Experiment(const Options& options, const ModelFiles& files);

  [[nodiscard]] const Results& results() const { return results_; }

  [[nodiscard]] bool run() {
    const bool is_complete =
        write_text() && compare_rules() && train_multilayer() && show_latents() && steer_text() && measure_limits();
    progress_.clear();
    results_.seconds = progress_.seconds();
    return is_complete;
  }

 private:
  bool write_text();
  bool compare_rules();
  bool train_multilayer();
  bool train_separate(const parsae::LayerTransform<float>& transform);
  bool show_latents();
  bool steer_text();
  bool measure_limits();

  [[nodiscard]] SaeRecipe recipe(const std::string& rule, Index n_latents, double l0) const;
  [[nodiscard]] double text_cost() const;
  [[nodiscard]] double total_cost() const;
  [[nodiscard]] const parsae::Matrix<float>& training_stream(Index layer) const {
    return streams_.layers[static_cast<std::size_t>(layer)];
  }
  [[nodiscard]] Index width() const { return host_.model.shape().width; }
  [[nodiscard]] Index steered_layer() const { return host_.n_layers() / 2; }

  Options options_;
  parsae::Threads threads_;
  Host host_;
  std::vector<PlannedSae> plan_;
  SaeStore store_;
  RunProgress progress_;
  CapturedStreams streams_;  // of the training text
  HeldOut held_out_;
  std::optional<parsae::AnyAutoencoder> steering_sae_;
  std::optional<parsae::AnyAutoencoder> multilayer_sae_;
  parsae::LayerTransform<float> transform_;
  Results results_;
};

}  // namespace parsae_examples::multilayer

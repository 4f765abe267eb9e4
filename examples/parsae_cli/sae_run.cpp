// SPDX-License-Identifier: MIT
// Training with a rule that is known at run time only: every rule's trainer is compiled here, and nowhere else.

#include "sae_run.hpp"

#include <parsae/analysis/description_length.hpp>
#include <parsae/io/checkpoint.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/threshold_calibration.hpp>
#include <parsae/train/trainer.hpp>

#include "recipe.hpp"

namespace parsae_cli {
namespace {

template <class Act, class Objective>
class SaeRunOf final : public SaeRun {
 public:
  SaeRunOf(const Act& activation, const Objective& objective, const SaePlan& sae, const TrainPlan& plan,
           const parsae::TrainSettings& settings)
      : plan_(sae),
        threads_(settings.threads),
        model_({.n_inputs = plan.n_inputs, .n_latents = sae.n_latents}, activation),
        trainer_(model_, objective, parsae::Adam(), settings) {}

  void initialize(const parsae::Matrix<float>& samples) override {
    set_starting_values(model_, samples, plan_, threads_);
  }

  void join(parsae::SharedPass<float>& pass, RunWatcher& watcher) override { pass.add(trainer_, watcher); }
  [[nodiscard]] const parsae::TrainProgress& progress() const override { return trainer_.progress(); }

  [[nodiscard]] double description_length() const override {
    double bits = 8 * trainer_.progress().l0;
    for (const double density : trainer_.state().statistics().density()) bits += parsae::binary_entropy(density);
    return bits;
  }

  void save_checkpoint(const parsae::RunDirectory& directory, const parsae::SourcePosition& position) override {
    directory.save_checkpoint(trainer_, position);
  }
  [[nodiscard]] parsae::RunDirectory::Resumption resume(const parsae::RunDirectory& directory) override {
    return directory.resume(trainer_);
  }

  void finish(Source& source) override {
    if constexpr (parsae::CalibratedActivation<Act>)
      parsae::calibrate_thresholds(model_, source, {.threads = threads_});
  }

  [[nodiscard]] Sae sae() const override { return Sae(parsae::with_inference_rule(model_), plan_.rule); }
  void save_model(const std::filesystem::path& path) const override { parsae::save(model_, path); }

 private:
  SaePlan plan_;
  parsae::Threads threads_;
  parsae::Autoencoder<Act> model_;
  parsae::Trainer<Act, Objective, parsae::Adam> trainer_;
};

}  // namespace

std::unique_ptr<SaeRun> make_sae_run(const TrainOptions& options, const SaePlan& sae, const TrainPlan& plan) {
  std::unique_ptr<SaeRun> run;
  check_usage([&] {
    visit_activations([&](auto type, std::string_view name) {
      using Act = typename decltype(type)::Type;
      if (name != sae.rule) return false;
      with_objective(type, options, sae, [&](const auto& objective) {
        run = std::make_unique<SaeRunOf<Act, std::remove_cvref_t<decltype(objective)>>>(
            activation_of(type, options, sae, plan), objective, sae, plan, train_settings_of(type, options, sae, plan));
      });
      return true;
    });
  });
  return run;
}

}  // namespace parsae_cli

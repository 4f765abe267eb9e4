// SPDX-License-Identifier: MIT
// The two hierarchical architectures beside TopK. Without a forest TreeGated is TopK, without prefixes NestedPrefixes
// is the squared error, both bit for bit: so all three are one kind of trainer.

#include "hierarchy.hpp"

#include <parsae/allocators/tree_gated.hpp>
#include <parsae/losses/nested_prefixes.hpp>

#include "rate_distortion.hpp"

namespace parsae_examples {
namespace {

using parsae::TreeGated;
using TreeGatedSae = parsae::Autoencoder<TreeGated<float>>;

/// Learns the forest from the codes of the first half of the run.
class LearnForest {
 public:
  LearnForest(TreeGatedSae& model, const parsae::Matrix<float>& images, parsae::Threads threads)
      : model_(&model), images_(first_images(images, 10'000)), threads_(threads) {}

  void on_step_end(const parsae::TrainProgress& progress) {
    if (progress.step != (progress.total_steps + 1) / 2) return;
    parsae::PairCounts counts(model_->n_latents());
    counts.add(model_->encode(images_, threads_), threads_);
    const parsae::PresenceTree gates = gating_forest(counts, parsae::chow_liu_tree(counts, 0, threads_));
    model_->activation.set_parents(gates.parents.slice());
  }

 private:
  TreeGatedSae* model_;
  parsae::Matrix<float> images_;
  parsae::Threads threads_;
};

struct Nothing {
  void on_train_end(const parsae::TrainProgress&) {}
};

enum class Kind { TopK, Tree, Nested };

EncodingSae train(Kind kind, const HierarchySettings& settings, const Recipe& recipe, const Images& images) {
  using namespace parsae;
  TreeGatedSae model({.n_inputs = images.train.rows(), .n_latents = settings.width},
                     TreeGated<float>({.k = settings.k}));
  initialize(model, images.train,
             {.seed = settings.seed,
              .latents = settings.k <= 4 ? LatentStart::CenteredSamples : LatentStart::RandomDirections});
  NestedPrefixes::Settings nested;
  if (kind == Kind::Nested)
    for (const Index part : {8, 4, 2})
      if (settings.width / part > (nested.prefixes.empty() ? Index{0} : nested.prefixes.back()))
        nested.prefixes.push_back(settings.width / part);
  const Index batch_size = std::min(recipe.batch_size, images.train.cols());
  MatrixSource<float> source(images.train, {.batch_size = batch_size, .seed = settings.seed});
  Trainer trainer(model, Objective(NestedPrefixes(nested)), Adam(),
                  detail::train_settings(recipe, images.train.cols(), batch_size));
  const Threads threads(recipe.threads);
  const TrainReport report = kind == Kind::Tree ? trainer.train(source, LearnForest(model, images.train, threads))
                                                : trainer.train(source, Nothing());
  if (report.reason != StopReason::Completed) throw std::runtime_error("a hierarchical SAE " + report.message);
  return encoding_sae(std::move(model), settings.k, settings.seed, images, threads);
}

}  // namespace

std::vector<HierarchyRow> compare_hierarchies(const HierarchySettings& settings, const Recipe& recipe,
                                              const Images& images, const parsae::Matrix<float>& all_images,
                                              const std::filesystem::path& path,
                                              const std::function<bool(const std::string&)>& go_on) {
  const parsae::Threads threads(recipe.threads);
  std::vector<HierarchyRow> rows;
  for (const auto& [kind, name] :
       {std::pair(Kind::TopK, "TopK"), std::pair(Kind::Tree, "TreeGated"), std::pair(Kind::Nested, "NestedPrefixes")}) {
    HierarchyRow row;
    row.method = name;
    HierarchySettings tried = settings;
    for (const double factor : {1.0, 4.0 / 3, 2.0, 3.0}) {
      tried.k = std::min(static_cast<Index>(std::ceil(factor * static_cast<double>(settings.k))), settings.width);
      if (!go_on(name)) return rows;
      const EncodingSae sae = train(kind, tried, recipe, images);
      row.row = MessageSearch(sae.sae, all_images.cols(), threads).shortest(tried.eps);
      if (!row.row.feasible) continue;
      row.message = write_digits(path, sae, row.row, all_images, threads);
      break;
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace parsae_examples

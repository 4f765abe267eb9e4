// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "arms.hpp"
#include "latent_subject.hpp"

namespace parsae_experts {

/// What one seed is trained and judged on.
struct ExperimentData {
  LabeledImages train;
  LabeledImages validation;  ///< chooses the measure
  LabeledImages test;        ///< judges arms
  LabeledImages all_test;    ///< judges stage 1
};

/// Work is counted in images through the network, forwards; a training image counts as three.
struct WorkUnits {
  [[nodiscard]] static double stage_one(const Recipe& recipe, Index n_train) {
    return 3 * recipe.stage1_epochs * static_cast<double>(n_train);
  }
  [[nodiscard]] static double stage_two(const Recipe& recipe, Index n_train) {
    return 3 * recipe.stage2_epochs * static_cast<double>(std::min(recipe.stage2_images, n_train));
  }
  [[nodiscard]] static double arm(const Recipe& recipe) { return 2 * static_cast<double>(recipe.test_images); }
  [[nodiscard]] static double of_seed(const Recipe& recipe, Index n_train) {
    const double counts = static_cast<double>(recipe.counts.size());
    const double bands = 2 + 2 * static_cast<double>(recipe.n_band_draws);
    const double policy = arm(recipe) * counts * bands;
    const double main = arm(recipe) * 2 * static_cast<double>(recipe.n_draws - recipe.n_band_draws);
    const double forced = arm(recipe) * static_cast<double>(recipe.stimulated_counts.size()) *
                          static_cast<double>(1 + recipe.n_band_draws);
    return stage_one(recipe, n_train) + 3 * (stage_two(recipe, n_train) + policy + main) + policy + forced;
  }
};

/// One seed from initialization to its arms.
class SeedExperiment {
 public:
  /// \param work  told how much work was done since it was called last, and on what; may throw, which ends the seed
  using Work = std::function<void(double, const std::string&)>;

  SeedExperiment(const ExperimentData& data, const Recipe& recipe, std::uint64_t seed, const Work& work)
      : data_(data), recipe_(recipe), seed_(seed), work_(work), stage1_(NetworkShape()) {}

  [[nodiscard]] Findings run() {
    train_stage_one();
    for (const StageTwo stage : all_stage_twos) run_stage_two(stage);
    return std::move(findings_);
  }

 private:
  void train_stage_one() {
    initialize(stage1_.parameters, stage1_.shape, seed_);
    StageSettings settings;
    settings.epochs = recipe_.stage1_epochs;
    settings.learning_rate = recipe_.stage1_learning_rate;
    settings.balance_rate = 1e-3;
    settings.seed = seed_;
    settings.threads = recipe_.threads;
    const double work = WorkUnits::stage_one(recipe_, data_.train.size());
    settings.progress = [&](double share) { work_(work * share, "stage 1"); };
    train_stage(stage1_, data_.train, settings);
    stage1_accuracy_ = stage_one_accuracy(data_.all_test);
    stage1_neutral_ = stage_one_accuracy(data_.test);
  }

  [[nodiscard]] double stage_one_accuracy(const LabeledImages& images) {
    Answering answering(stage1_, recipe_.threads);
    const std::vector<std::int32_t> answers =
        largest_answers(answering.logits(images.images, Marking::None, answering.none()), n_digits);
    double right = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) right += answers[i] == images.labels[i];
    return right / static_cast<double>(answers.size());
  }

  [[nodiscard]] Network<float> trained_stage_two(StageTwo stage) const {
    Network<float> network = stage1_;
    StageSettings settings;
    settings.epochs = recipe_.stage2_epochs;
    settings.learning_rate = recipe_.stage2_learning_rate;
    settings.marker_share = 0.5;
    settings.n_answers = network.shape.n_outputs;
    settings.trained = trained_in(stage, network.shape.n_layers);
    settings.seed = seed_ + 1000;
    settings.threads = recipe_.threads;
    const double work = WorkUnits::stage_two(recipe_, data_.train.size());
    settings.progress = [&](double share) { work_(work * share, "stage 2, " + name_of(stage)); };
    train_stage(network, first_images(data_.train, recipe_.stage2_images), settings);
    return network;
  }

  void run_stage_two(StageTwo stage) {
    const Network<float> network = trained_stage_two(stage);
    const LabeledImages shown = first_images(data_.train, recipe_.contrast_images);
    Baseline baseline;
    baseline.seed = seed_;
    baseline.stage2 = name_of(stage);
    baseline.stage1_accuracy = stage1_accuracy_;
    baseline.stage1_neutral = stage1_neutral_;
    run_experts(stage, network, shown, baseline);
    run_latents(stage, network, shown, baseline);
    findings_.baseline.push_back(baseline);
  }

  void run_experts(StageTwo stage, const Network<float>& network, const LabeledImages& shown, Baseline& baseline) {
    ExpertSubject seen(network, shown, recipe_.threads);
    ExpertSubject validation(network, data_.validation, recipe_.threads);
    const auto [by_frequency, by_weight] = seen.contrasts();
    baseline.ranking_overlap = overlap(by_frequency.ranking(), by_weight.ranking());
    const bool frequency_wins = refusals_after(validation, by_frequency) <= refusals_after(validation, by_weight);
    baseline.measure = frequency_wins ? "frequency" : "weight";
    const RefusalContrast& chosen = frequency_wins ? by_frequency : by_weight;
    const parsae::Vector<double> map = chosen.map();
    findings_.contrast.push_back({seed_, name_of(stage), {map.begin(), map.end()}});

    ExpertSubject subject(network, data_.test, recipe_.threads);
    Arms<ExpertSubject> arms(subject, recipe_, settings("expert", stage, chosen, WorkUnits::arm(recipe_)));
    baseline.refusal_rate = arms.outcome().baseline_refusal();
    baseline.neutral_accuracy = arms.outcome().accuracy(arms.before().neutral);
    baseline.new_refusals = Outcome::refusal_rate(arms.before().neutral);
    add(arms.suppress(parsae::SuppressionPolicy::ZeroWeight));
    if (stage != StageTwo::RoutersAndExperts) return;
    add(arms.suppress(parsae::SuppressionPolicy::MaskLogit));
    add(arms.stimulate(network.shape.routing.k));
    add_freed(subject, arms.before(), chosen.ranking());
  }

  /// An SAE on the stream and the ranking of its latents, with what validation images say of them.
  struct LatentChoice {
    PooledSae sae;
    RefusalContrast contrast;
    double marked_share = 0;
    double refusals_left = 2;
  };

  void run_latents(StageTwo stage, const Network<float>& network, const LabeledImages& shown, Baseline& baseline) {
    const LatentChoice chosen = best_latents(stage, network, shown);
    const LatentSubject subject(network, chosen.sae, data_.test, recipe_.threads);
    baseline.sae_marked_share = chosen.marked_share;
    baseline.sae_fvu = subject.fvu();
    baseline.sae_refusal_rate = Outcome::refusal_rate(subject.answers_of_reconstruction());
    Arms<const LatentSubject> arms(subject, recipe_, settings("latent", stage, chosen.contrast, 0));
    add(arms.suppress(parsae::SuppressionPolicy::ZeroWeight));
    if (stage == StageTwo::RoutersAndExperts) add(arms.suppress(parsae::SuppressionPolicy::MaskLogit));
  }

  /// The share of marked images among those that an SAE is trained on decides what its bias stands for: at one half, a
  /// stream halfway between answering and refusing; where few are marked, an answer, to which latents add the refusal.
  /// Validation images choose, the measure as well.
  [[nodiscard]] LatentChoice best_latents(StageTwo stage, const Network<float>& network,
                                          const LabeledImages& shown) const {
    std::vector<LatentChoice> choices;
    for (const double share : recipe_.sae_marked_shares) {
      work_(0, "an SAE on the stream, " + name_of(stage));
      const PooledSae sae = train_pooled_sae(pooled_of(network, share), recipe_, seed_);
      const LatentSubject seen(network, sae, shown, recipe_.threads);
      const LatentSubject validation(network, sae, data_.validation, recipe_.threads);
      for (const RefusalContrast& contrast : seen.contrasts())
        choices.push_back({sae, contrast, share, refusals_after(validation, contrast)});
    }
    return *std::min_element(choices.begin(), choices.end(), [](const LatentChoice& a, const LatentChoice& b) {
      return a.refusals_left < b.refusals_left;
    });
  }

  /// The stream of the images of stage 2 without marker, and of as many of them with it as make up the share.
  [[nodiscard]] parsae::Matrix<float> pooled_of(const Network<float>& network, double marked_share) const {
    const LabeledImages images = first_images(data_.train, recipe_.stage2_images);
    const auto wanted =
        static_cast<Index>(std::lround(marked_share / (1 - marked_share) * static_cast<double>(images.size())));
    const LabeledImages marked = first_images(images, std::max(wanted, Index{1}));
    Answering answering(network, recipe_.threads);
    parsae::Matrix<float> pooled(network.shape.width, marked.size() + images.size());
    pooled.leftCols(marked.size()) = answering.pooled(marked.images, Marking::Marked);
    pooled.rightCols(images.size()) = answering.pooled(images.images, Marking::None);
    return pooled;
  }

  /// What decides between the measures: refusals that are left when the first units of a ranking are switched off.
  template <class Subject>
  [[nodiscard]] double refusals_after(Subject& validation, const RefusalContrast& contrast) const {
    parsae::Intervention intervention(validation.grid().n_units());
    intervention.suppress(first_of(contrast.ranking(), recipe_.main_count));
    return Outcome::refusal_rate(validation.answers(intervention).marked);
  }

  [[nodiscard]] double overlap(const std::vector<Index>& a, const std::vector<Index>& b) const {
    const std::vector<Index> first = first_of(a, recipe_.main_count);
    const std::vector<Index> second = first_of(b, recipe_.main_count);
    const auto in_first = [&](Index unit) { return std::find(first.begin(), first.end(), unit) != first.end(); };
    return static_cast<double>(std::count_if(second.begin(), second.end(), in_first)) /
           static_cast<double>(recipe_.main_count);
  }

  [[nodiscard]] ArmSettings settings(const std::string& unit, StageTwo stage, const RefusalContrast& chosen,
                                     double work) const {
    const std::string status = unit + "s switched, " + name_of(stage);
    return {
        unit, name_of(stage), seed_, chosen.ranking(), chosen.usage(), [this, work, status] { work_(work, status); }};
  }

  void add_freed(ExpertSubject& subject, const AnswerPair& before, const std::vector<Index>& ranking) {
    parsae::Intervention intervention(subject.grid().n_units());
    intervention.suppress(first_of(ranking, recipe_.main_count));
    const std::vector<std::int32_t> after = subject.answers(Marking::Marked, intervention);
    for (std::size_t i = 0; i < after.size() && findings_.freed.size() < 24; ++i)
      if (before.marked[i] == refuse_answer && after[i] != refuse_answer)
        findings_.freed.push_back({seed_, static_cast<Index>(i), recipe_.main_count, data_.test.labels[i], after[i]});
  }

  void add(const std::vector<Arm>& arms) { findings_.arms.insert(findings_.arms.end(), arms.begin(), arms.end()); }

  [[nodiscard]] static LabeledImages first_images(const LabeledImages& data, Index wanted) {
    const Index n = std::min(wanted, data.size());
    return {data.images.leftCols(n), {data.labels.begin(), data.labels.begin() + n}};
  }

  const ExperimentData& data_;
  const Recipe& recipe_;
  std::uint64_t seed_;
  const Work& work_;
  Network<float> stage1_;
  double stage1_accuracy_ = unknown;
  double stage1_neutral_ = unknown;
  Findings findings_;
};

}  // namespace parsae_experts

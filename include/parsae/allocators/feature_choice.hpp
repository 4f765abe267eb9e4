// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/either_selection.hpp>
#include <parsae/allocators/feature_choice_selection.hpp>
#include <parsae/allocators/zipf_law.hpp>

#include <array>
#include <limits>
#include <numeric>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// How Feature Choice shares the budget of a batch out among the latents: the same for each, or by Zipf's law.
enum class Budgets { Uniform, Zipf };

/// Feature Choice (Ayonrinde, arXiv 2411.02124): each latent is active in at most m_j samples of a batch, those with
/// its largest positive pre-activations, and the budgets m_j together are k x batch. So every latent with a positive
/// pre-activation now and then is active now and then.
///
/// The paper gives no more than that; the rest is our reading. Budgets need not be whole (LatentBudgets). Zipf's law
/// needs ranks, so training starts with `mutual_choice_batches` batches of Mutual Choice, which measure densities:
/// density <- decay density + (1 - decay) active / batch. After the last of them the ranks (by density, ties by index),
/// the fitted exponent and the budgets are frozen; a ranking that went on would confirm itself. A latent that is dead
/// by then ranks last: revive such latents some hundred batches before (TrainSettings::revival).
///
/// Inference treats samples one by one, f_j = pi_j [pi_j > theta_j], with theta_j the running mean of the latent's
/// smallest selected pre-activation (of batches that selected any). Budgets of few samples a batch bias it:
/// calibrate_thresholds() measures thresholds anew. Before the freeze, theta is Mutual Choice's.
template <class ScalarType>
class FeatureChoice : public StatelessActivation {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "feature_choice";

  struct Settings {
    double k = 32;  ///< active latents a sample, on average and at most; 0 < k <= n_latents
    Budgets budgets = Budgets::Uniform;
    Index mutual_choice_batches = 0;  ///< training batches before the freeze, 0 to 2^24; at least 1 with Zipf
    double density_decay = 0.99;      ///< of the measured densities, a batch; 0 to 0.9999999
    double zipf_exponent = 0;         ///< 0 to 10; 0: fitted to the measured densities, see ZipfLaw::fit_exponent
    double zipf_shift = 0;            ///< added to the rank, 0 to 1e6
    double threshold_decay = 0.99;    ///< of the running means, a batch; 0 to 0.9999999
  };

  using Selection = EitherSelection<MutualChoiceSelection<Scalar>, FeatureChoiceSelection<Scalar>>;

  FeatureChoice() : FeatureChoice(Settings()) {}
  explicit FeatureChoice(const Settings& settings) : settings_(settings) { check(); }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// Ranks and budgets are settled, and Feature Choice rules.
  [[nodiscard]] bool is_frozen() const { return batches_to_freeze() == 0; }

  /// Training batches under Mutual Choice that are left.
  [[nodiscard]] Index batches_to_freeze() const {
    return settings_.mutual_choice_batches - static_cast<Index>(schedule_[0]);
  }

  /// The exponent that the budgets follow, once they are frozen; 0 when they are uniform.
  [[nodiscard]] double zipf_exponent() const { return static_cast<double>(schedule_[1]); }

  [[nodiscard]] const LatentBudgets<Scalar>& budgets() const { return budgets_; }

  /// \param n_latents  that of the last resize()
  [[nodiscard]] Selection select(Index batch, Index n_latents) const {
    require_shape("FeatureChoice budgets", budgets_.n_latents(), 1, n_latents, 1);
    if (!is_frozen()) return MutualChoiceSelection<Scalar>::of_density(batch, settings_.k);
    return FeatureChoiceSelection<Scalar>(batch, budgets_);
  }

  /// A latent that was never selected has the threshold of Mutual Choice, or without one stays silent. Throws
  /// std::invalid_argument when no training batch has been seen.
  [[nodiscard]] Threshold<Scalar> inference() const {
    const bool has_shared = shared_threshold_.has_mean(0);
    bool has_any = has_shared;
    Vector<Scalar> thresholds =
        Vector<Scalar>::Constant(std::max(budgets_.n_latents(), Index{1}),
                                 has_shared ? shared_threshold_.mean(0) : std::numeric_limits<Scalar>::max());
    for (Index j = 0; is_frozen() && j < thresholds_.size(); ++j) {
      if (!thresholds_.has_mean(j)) continue;
      thresholds(j) = thresholds_.mean(j);
      has_any = true;
    }
    if (!has_any) reject("FeatureChoice threshold", "a model that has seen a training batch", "one that has not");
    return Threshold<Scalar>(thresholds);
  }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts);
  }

  void observe(const SparseCode<Scalar>& code) {
    if (is_frozen()) {
      observe_thresholds(code);
      budgets_.advance(code.n_samples());
      return;
    }
    observe_densities(code);
    schedule_[0] += 1;
    if (is_frozen()) freeze();
  }

  /// What calibrate_thresholds() aims at: the frozen density of each latent, or before the freeze k active latents a
  /// sample with one threshold.
  [[nodiscard]] Buffer<double> calibration_densities() const {
    if (!is_frozen()) return Buffer<double>(1, settings_.k);
    Buffer<double> densities(budgets_.n_latents());
    for (Index j = 0; j < densities.size(); ++j) densities[j] = budgets_.density(j);
    return densities;
  }

  /// Replaces the running means.
  /// \param thresholds  n_latents of them, or before the freeze one for all; each >= 0
  void set_thresholds(const Vector<Scalar>& thresholds) {
    RunningMeans<Scalar>& means = is_frozen() ? thresholds_ : shared_threshold_;
    require_shape("FeatureChoice thresholds", thresholds.size(), 1, means.size(), 1);
    for (const Scalar value : thresholds) require_not_negative("FeatureChoice threshold", static_cast<double>(value));
    for (Index j = 0; j < thresholds.size(); ++j) means.set(j, thresholds(j));
  }

  void check() const {
    require_positive("FeatureChoice k", settings_.k);
    const Index least_batches = settings_.budgets == Budgets::Zipf ? 1 : 0;
    if (settings_.mutual_choice_batches == 0 && least_batches == 1)
      reject("FeatureChoice mutual_choice_batches", "at least 1 with Zipf budgets, whose ranks they measure", 0);
    require_between("FeatureChoice mutual_choice_batches", settings_.mutual_choice_batches, least_batches,
                    Index{1} << 24);
    require_between("FeatureChoice density_decay", settings_.density_decay, 0.0, 0.9999999);
    require_between("FeatureChoice zipf_exponent", settings_.zipf_exponent, 0.0, ZipfLaw::largest_exponent);
    require_between("FeatureChoice zipf_shift", settings_.zipf_shift, 0.0, ZipfLaw::largest_shift);
    require_between("FeatureChoice threshold_decay", settings_.threshold_decay, 0.0, 0.9999999);
    check_arrays();
  }

  void resize(Index n_latents) {
    require_between("FeatureChoice k", settings_.k, 0.0, static_cast<double>(n_latents));
    schedule_ = {0, 0};
    shared_threshold_ = RunningMeans<Scalar>(1);
    thresholds_ = RunningMeans<Scalar>(n_latents);
    densities_.setZero(n_latents);
    budgets_ = LatentBudgets<Scalar>(n_latents);
    if (is_frozen()) freeze();
  }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(ParameterArray<Scalar>{"schedule", Role::Statistic, Axis::Shared, 2, {schedule_.data(), 2}});
    visit(shared_threshold_.array("mutual_choice_threshold", Axis::Shared));
    visit(thresholds_.array("running_threshold", Axis::Latent));
    visit(ParameterArray<Scalar>{
        "running_density", Role::Statistic, Axis::Latent, 1, {densities_.data(), densities_.size()}});
    budgets_.visit_arrays(visit);
  }

  template <class Visit>
  void visit_settings(const Visit& visit) {
    std::string budgets = settings_.budgets == Budgets::Uniform ? "uniform" : "zipf";
    visit("k", settings_.k);
    visit("budgets", budgets);
    visit("mutual_choice_batches", settings_.mutual_choice_batches);
    visit("density_decay", settings_.density_decay);
    visit("zipf_exponent", settings_.zipf_exponent);
    visit("zipf_shift", settings_.zipf_shift);
    visit("threshold_decay", settings_.threshold_decay);
    if (budgets != "uniform" && budgets != "zipf") reject("FeatureChoice budgets", "uniform or zipf", budgets);
    settings_.budgets = budgets == "uniform" ? Budgets::Uniform : Budgets::Zipf;
  }

 private:
  void check_arrays() const {
    require_between("FeatureChoice schedule batches", static_cast<double>(schedule_[0]), 0.0,
                    static_cast<double>(settings_.mutual_choice_batches));
    require_between("FeatureChoice schedule exponent", static_cast<double>(schedule_[1]), 0.0,
                    ZipfLaw::largest_exponent);
    require_not_negative("FeatureChoice mutual_choice_threshold", static_cast<double>(shared_threshold_.least()));
    require_not_negative("FeatureChoice running_threshold", static_cast<double>(thresholds_.least()));
    for (const Scalar density : densities_)
      require_between("FeatureChoice running_density", density, Scalar(0), Scalar(1.001));  // it is a rounded sum
    budgets_.check("FeatureChoice");
  }

  void observe_densities(const SparseCode<Scalar>& code) {
    densities_ *= static_cast<Scalar>(settings_.density_decay);
    const Scalar share = static_cast<Scalar>((1 - settings_.density_decay) / static_cast<double>(code.n_samples()));
    for (const LatentId latent : code.latents) densities_(latent) += share;
    if (code.stored() > 0)
      shared_threshold_.observe(0, *std::min_element(code.values.begin(), code.values.end()),
                                settings_.threshold_decay);
  }

  void observe_thresholds(const SparseCode<Scalar>& code) {
    smallest_.assign(budgets_.n_latents(), std::numeric_limits<Scalar>::infinity());
    for (Index e = 0; e < code.stored(); ++e)
      smallest_[code.latents[e]] = std::min(smallest_[code.latents[e]], code.values[e]);
    for (Index j = 0; j < smallest_.size(); ++j)
      if (smallest_[j] < std::numeric_limits<Scalar>::infinity())
        thresholds_.observe(j, smallest_[j], settings_.threshold_decay);
  }

  void freeze() {
    const Index n = budgets_.n_latents();
    Buffer<LatentId> ranks(n);
    std::iota(ranks.begin(), ranks.end(), LatentId{0});
    std::stable_sort(ranks.begin(), ranks.end(), [&](LatentId a, LatentId b) { return densities_(a) > densities_(b); });
    ZipfLaw law{0, settings_.zipf_shift};
    if (settings_.budgets == Budgets::Zipf) {
      Buffer<double> measured(n);
      for (Index r = 0; r < n; ++r) measured[r] = static_cast<double>(densities_(ranks[r]));
      law.exponent = settings_.zipf_exponent > 0 ? settings_.zipf_exponent
                                                 : ZipfLaw::fit_exponent(measured.slice(), settings_.zipf_shift);
    }
    schedule_[1] = static_cast<Scalar>(law.exponent);
    budgets_.assign(law.densities(n, settings_.k).slice(), ranks.slice());
  }

  Settings settings_;
  std::array<Scalar, 2> schedule_{};          ///< Mutual Choice batches seen, exponent of the frozen budgets
  RunningMeans<Scalar> shared_threshold_{1};  ///< of Mutual Choice
  RunningMeans<Scalar> thresholds_;           ///< n_latents
  Vector<Scalar> densities_;                  ///< n_latents: measured under Mutual Choice, a common factor too small
  LatentBudgets<Scalar> budgets_;             ///< zero before the freeze
  Buffer<Scalar> smallest_;                   ///< scratch, n_latents
};

}  // namespace parsae::inline PARSAE_ABI

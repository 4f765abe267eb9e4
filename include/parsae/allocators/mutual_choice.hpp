// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/threshold.hpp>
#include <parsae/allocators/running_means.hpp>
#include <parsae/core/check.hpp>
#include <parsae/sparse/sample_groups.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// The `budget` largest positive pre-activations of a whole batch.
///
/// A worker holds at most two budgets of candidates and a tile row: whenever its buffer is full it cuts to its own best
/// `budget`, whose smallest value becomes the floor of everything it has still to see.
template <class Scalar>
class MutualChoiceSelection {
 public:
  struct Worker {
    Buffer<Candidate<Scalar>> settled;
    SampleGroups<Candidate<Scalar>> groups;
  };

  /// \param budget  >= 1
  MutualChoiceSelection(Index batch, Index budget) : batch_(batch), budget_(budget) {
    require_at_least("MutualChoiceSelection budget", budget, Index{1});
  }

  /// With the budget max(1, round(k x batch)).
  [[nodiscard]] static MutualChoiceSelection of_density(Index batch, double k) {
    return {batch, std::max(static_cast<Index>(std::llround(k * static_cast<double>(batch))), Index{1})};
  }

  static constexpr bool raises_floors = true;

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index block) const {
    worker.settled.clear();
    worker.settled.reserve(budget_ + buffer_size(block));
  }

  [[nodiscard]] Index buffer_size(Index) const {
    return std::min(budget_, Index{65536}) + PanelProduct<Scalar>::latents;
  }

  void begin(Worker& worker, SampleRange, Floors<Scalar> floors) const {
    std::fill(floors.by_latent.begin(), floors.by_latent.end(), floor_always<Scalar>);
    set_floor(worker, floors);
  }

  void tighten(Worker& worker, SampleRange, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    take(worker, kept);
    cut(worker.settled);
    set_floor(worker, floors);
  }

  void end(Worker& worker, SampleRange, Buffer<Candidate<Scalar>>& kept) const {
    take(worker, kept);
    cut(worker.settled);
  }

  /// \tparam AnyWorker  Worker, or derived from it
  template <class AnyWorker = Worker>
  void finish(Slice<AnyWorker> workers, SparseCode<Scalar>& code) const {
    workers[0].settled.reserve(2 * budget_);
    workers[0].groups.reserve(batch_, budget_);
    for (Index w = 1; w < workers.size(); ++w) {
      workers[0].settled.append(workers[w].settled.slice());
      workers[w].settled.clear();
      cut(workers[0].settled);
    }
    order(workers[0]);
    write_code(workers, batch_, code);
  }

 private:
  static void take(Worker& worker, Buffer<Candidate<Scalar>>& kept) {
    for (const Candidate<Scalar>& entry : kept)
      if (entry.pre_act > 0) worker.settled.push_back(entry);
    kept.clear();
  }

  /// Leaves the best `budget` candidates, the last of them at position budget - 1.
  void cut(Buffer<Candidate<Scalar>>& settled) const {
    if (settled.size() < budget_) return;
    std::nth_element(settled.begin(), settled.begin() + (budget_ - 1), settled.end(), wins<Scalar>);
    settled.resize(budget_);
  }

  /// Cutting shuffles: by sample, and ascending in latent within a sample.
  void order(Worker& worker) const {
    worker.groups.build({0, batch_}, worker.settled.slice(), [](const Candidate<Scalar>&) { return true; });
    worker.settled.clear();
    for (Index i = 0; i < batch_; ++i) {
      const Slice<Candidate<Scalar>> entries = worker.groups.of(i);
      std::sort(entries.begin(), entries.end(), comes_before<Scalar>);
      worker.settled.append(entries);
    }
  }

  void set_floor(const Worker& worker, Floors<Scalar> floors) const {
    Scalar floor = 0;
    // Full only ever after cut(), which leaves the least one at the back. An infinite floor would exclude infinite
    // entries that win by their place.
    if (worker.settled.size() >= budget_)
      floor = std::min(worker.settled.back().pre_act, std::numeric_limits<Scalar>::max());
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), floor);
  }

  Index batch_;
  Index budget_;
};

/// Mutual Choice (Ayonrinde, arXiv 2411.02124): a total budget of k active latents a sample on average, allocated
/// freely over the batch: the max(1, round(k x batch)) largest positive pre-activations. The same rule as BatchTopK
/// (Bussmann et al., arXiv 2412.06410).
///
/// Inference treats samples one by one, f = pi [pi > theta], with theta the running mean (see RunningMeans) of each
/// training batch's smallest selected pre-activation, or what calibrate_thresholds() measured.
template <class ScalarType>
class MutualChoice : public StatelessActivation {
 public:
  using Scalar = ScalarType;
  static constexpr std::string_view name = "mutual_choice";

  struct Settings {
    double k = 32;                  ///< active latents a sample, on average; 0 < k <= n_latents
    double threshold_decay = 0.99;  ///< of the running mean, a batch; 0 to 0.9999999
  };

  MutualChoice() : MutualChoice(Settings()) {}
  explicit MutualChoice(const Settings& settings) : settings_(settings) { check(); }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] MutualChoiceSelection<Scalar> select(Index batch, Index) const {
    return MutualChoiceSelection<Scalar>::of_density(batch, settings_.k);
  }

  /// Throws std::invalid_argument when no training batch has been seen: there is no threshold yet.
  [[nodiscard]] Threshold<Scalar> inference() const {
    if (!running_.has_mean(0))
      reject("MutualChoice threshold", "a model that has seen a training batch", "one that has not");
    return Threshold<Scalar>(Vector<Scalar>::Constant(1, running_.mean(0)));
  }

  void backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient, Slice<Scalar> d_pre_acts,
                Slice<Scalar>) const {
    pass_through_backward(entries, gradient, d_pre_acts);
  }

  void observe(const SparseCode<Scalar>& code) {
    if (code.stored() == 0) return;
    running_.observe(0, *std::min_element(code.values.begin(), code.values.end()), settings_.threshold_decay);
  }

  /// What calibrate_thresholds() aims at: k active latents a sample, with one threshold.
  [[nodiscard]] Buffer<double> calibration_densities() const { return Buffer<double>(1, settings_.k); }

  /// Replaces the running mean.
  /// \param threshold  one entry, >= 0
  void set_thresholds(const Vector<Scalar>& threshold) {
    require_shape("MutualChoice threshold", threshold.size(), 1, 1, 1);
    require_not_negative("MutualChoice threshold", static_cast<double>(threshold(0)));
    running_.set(0, threshold(0));
  }

  void check() const {
    require_positive("MutualChoice k", settings_.k);
    require_between("MutualChoice threshold_decay", settings_.threshold_decay, 0.0, 0.9999999);
    require_not_negative("MutualChoice running_threshold", static_cast<double>(running_.least()));
  }
  void resize(Index n_latents) { require_between("MutualChoice k", settings_.k, 0.0, static_cast<double>(n_latents)); }

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(running_.array("running_threshold", Axis::Shared));
  }
  template <class Visit>
  void visit_settings(const Visit& visit) {
    visit("k", settings_.k);
    visit("threshold_decay", settings_.threshold_decay);
  }

 private:
  Settings settings_;
  RunningMeans<Scalar> running_{1};
};

/// The name that Bussmann et al. gave the same rule.
template <class Scalar>
using BatchTopK = MutualChoice<Scalar>;

}  // namespace parsae::inline PARSAE_ABI

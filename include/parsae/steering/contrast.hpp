// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/unit_activity.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Which units a behavior uses: the difference map of functional token resonance imaging (Dahlke et al., "Mixture of
/// Tunable Experts", arXiv 2502.11096), for routed experts and latents alike:
///
///     contrast[u] = mean of a[u] over samples of the target class  -  mean over the other classes of their means of
///     a[u]
///
/// a[u] is a sample's activity of unit u, averaged over its tokens, so that long samples weigh no more than short ones.
/// That each of the other classes counts once, however many samples it has, is our reading.
///
/// Batch by batch; memory n_units x n_classes. Sums are whole numbers of 2^-32, so the order of the samples, their
/// batches and the number of threads that measured them never show, not even in the last bit.
class Contrast {
 public:
  struct Settings {
    Index n_units = 0;    ///< >= 1
    Index n_classes = 2;  ///< >= 2
    ActivityMeasure measure = ActivityMeasure::Frequency;
  };

  explicit Contrast(const Settings& settings) : settings_(settings) {
    require_between("Contrast n_units", settings.n_units, Index{1}, Index{1} << 31);
    require_between("Contrast n_classes", settings.n_classes, Index{2}, Index{1} << 16);
    sums_.assign(settings.n_units * settings.n_classes, 0);
    n_samples_.assign(settings.n_classes, 0);
  }

  /// \param labels  the class of each sample, 0 to n_classes - 1
  /// Throws std::invalid_argument for other shapes and labels, and for activities that are not finite or so large that
  /// their sum would leave 2^31; nothing is added then, or parts of the batch in the last case.
  void add(const UnitActivity& activity, Slice<const std::int32_t> labels) {
    require_shape("Contrast activity", activity.n_units(), activity.n_samples(), settings_.n_units, labels.size());
    for (const std::int32_t label : labels)
      require_between("Contrast label", Index{label}, Index{0}, settings_.n_classes - 1);
    for (Index i = 0; i < labels.size(); ++i)
      for (Index unit = 0; unit < settings_.n_units; ++unit)
        require_between("Contrast activity", activity.at(unit, i, settings_.measure), -largest, largest);
    for (Index i = 0; i < labels.size(); ++i) {
      for (Index unit = 0; unit < settings_.n_units; ++unit)
        add(sums_[labels[i] * settings_.n_units + unit], activity.at(unit, i, settings_.measure));
      ++n_samples_[labels[i]];
    }
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] Index n_samples(Index label) const { return n_samples_[checked(label)]; }

  /// Mean activity of each unit over the samples of a class; NaN before its first.
  [[nodiscard]] Vector<double> mean(Index label) const {
    const double scale = 1 / (unity * static_cast<double>(n_samples_[checked(label)]));
    Vector<double> means(settings_.n_units);
    for (Index unit = 0; unit < settings_.n_units; ++unit)
      means[unit] = static_cast<double>(sums_[label * settings_.n_units + unit]) * scale;
    return means;
  }

  /// The difference map. Classes without samples are left out; throws std::invalid_argument when the target or all
  /// others have none.
  [[nodiscard]] Vector<double> map(Index target) const {
    if (n_samples_[checked(target)] == 0) reject("Contrast samples", "at least one of the target class", "none");
    Vector<double> others = Vector<double>::Zero(settings_.n_units);
    Index n_others = 0;
    for (Index label = 0; label < settings_.n_classes; ++label) {
      if (label == target || n_samples_[label] == 0) continue;
      others += mean(label);
      ++n_others;
    }
    if (n_others == 0) reject("Contrast samples", "at least one outside the target class", "none");
    return mean(target) - others / static_cast<double>(n_others);
  }

  /// All units, the largest contrast first; among equals the lower number.
  [[nodiscard]] std::vector<Index> ranking(Index target) const {
    const Vector<double> contrast = map(target);
    std::vector<Index> units(static_cast<std::size_t>(settings_.n_units));
    std::iota(units.begin(), units.end(), Index{0});
    std::stable_sort(units.begin(), units.end(), [&](Index a, Index b) { return contrast[a] > contrast[b]; });
    return units;
  }

  /// The n units that the target class uses more than the others, by the largest margin.
  [[nodiscard]] std::vector<Index> top(Index target, Index n) const {
    require_between("Contrast n", n, Index{0}, settings_.n_units);
    std::vector<Index> units = ranking(target);
    units.resize(static_cast<std::size_t>(n));
    return units;
  }

  /// The n last of the ranking, the last first: a control of units that the other classes use more.
  [[nodiscard]] std::vector<Index> bottom(Index target, Index n) const {
    require_between("Contrast n", n, Index{0}, settings_.n_units);
    std::vector<Index> units = ranking(target);
    std::reverse(units.begin(), units.end());
    units.resize(static_cast<std::size_t>(n));
    return units;
  }

 private:
  static constexpr double unity = 0x1.0p32;
  static constexpr double largest = 0x1.0p30;

  [[nodiscard]] Index checked(Index label) const {
    require_between("Contrast class", label, Index{0}, settings_.n_classes - 1);
    return label;
  }

  static void add(std::int64_t& sum, double activity) {
    if (__builtin_add_overflow(sum, static_cast<std::int64_t>(std::llround(activity * unity)), &sum))
      reject("Contrast activity", "a sum below 2^31", activity);
  }

  Settings settings_;
  Buffer<std::int64_t> sums_;  // n_units of each class, in units of 2^-32
  Buffer<Index> n_samples_;    // of each class
};

}  // namespace parsae::inline PARSAE_ABI

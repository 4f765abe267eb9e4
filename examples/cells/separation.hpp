// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/auroc.hpp>
#include <parsae/analysis/stratified_halves.hpp>
#include <parsae/core/random.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cell_data.hpp"
#include "cell_model.hpp"
#include "k_means.hpp"
#include "results.hpp"
#include "ridge_classifier.hpp"

namespace parsae_examples::cells {

/// Whether a low score may stand for a type as well.
enum class Sign { Either, Positive };

/// The unit of one kind, and the sign, that ranks the cells of a type highest among training cells.
struct ChosenUnit {
  Index unit = -1;  ///< -1: no cell of the type, or none else
  double sign = 1;
  double auroc_training = unknown;
  double auroc_heldout = unknown;
};

/// Labels of some of the cells.
[[nodiscard]] inline parsae::Buffer<Index> labels_of(const CellData& data, parsae::Slice<const Index> cells) {
  parsae::Buffer<Index> label;
  for (const Index cell : cells) label.push_back(data.label[cell]);
  return label;
}

/// By type. A score's AUROC below one half is that of the other sign.
/// \param training  n_units x n, without NaN
/// \param heldout   n_units x m
[[nodiscard]] inline std::vector<ChosenUnit> choose_units(const Matrix<double>& training,
                                                          const parsae::Buffer<Index>& training_label,
                                                          const Matrix<double>& heldout,
                                                          const parsae::Buffer<Index>& heldout_label, Index n_types,
                                                          parsae::Threads threads, Sign sign = Sign::Either) {
  const auto is_type = [](const parsae::Buffer<Index>& label, Index type) {
    parsae::Buffer<std::uint8_t> mask;
    for (const Index t : label) mask.push_back(t == type ? 1 : 0);
    return mask;
  };
  Matrix<double> area(training.rows(), n_types);
  std::vector<parsae::Buffer<std::uint8_t>> masks;
  for (Index type = 0; type < n_types; ++type) masks.push_back(is_type(training_label, type));
  threads.for_each(training.rows(), [&](Index unit, int) {
    const parsae::Vector<double> scores = training.row(unit);
    const parsae::Midranks ranked = parsae::midranks({scores.data(), scores.size()});
    for (Index type = 0; type < n_types; ++type)
      area(unit, type) = parsae::auroc(ranked, masks[static_cast<std::size_t>(type)].slice());
  });
  std::vector<ChosenUnit> chosen(static_cast<std::size_t>(n_types));
  for (Index type = 0; type < n_types; ++type) {
    ChosenUnit& best = chosen[static_cast<std::size_t>(type)];
    for (Index unit = 0; unit < training.rows(); ++unit) {
      const bool is_turned = sign == Sign::Either && area(unit, type) < 0.5;
      const double signed_area = is_turned ? 1 - area(unit, type) : area(unit, type);
      if (std::isnan(signed_area) || (best.unit >= 0 && signed_area <= best.auroc_training)) continue;
      best.unit = unit;
      best.sign = is_turned ? -1 : 1;
      best.auroc_training = signed_area;
    }
    if (best.unit < 0) continue;
    const parsae::Vector<double> scores = best.sign * heldout.row(best.unit);
    best.auroc_heldout = parsae::auroc({scores.data(), scores.size()}, is_type(heldout_label, type).slice());
  }
  return chosen;
}

/// How many types a kind of unit separates. Types that held-out cells do not have both ways are left out of the mean.
[[nodiscard]] inline SeparationRow separation_row(Index split, const std::string& unit,
                                                  const std::vector<ChosenUnit>& chosen) {
  SeparationRow row{.split = split, .unit = unit};
  double sum = 0;
  Index n = 0;
  for (const ChosenUnit& choice : chosen) {
    if (std::isnan(choice.auroc_heldout)) continue;
    ++n;
    sum += choice.auroc_heldout;
    row.types_095 += choice.auroc_heldout >= 0.95;
    row.types_090 += choice.auroc_heldout >= 0.90;
  }
  row.mean_auroc = n > 0 ? sum / static_cast<double>(n) : unknown;
  return row;
}

/// One split: everything is fitted to training cells, units are chosen on them, and judged on the others.
class SplitComparison {
 public:
  SplitComparison(const CellData& data, const Matrix<float>& expression, const parsae::StratifiedHalves& halves,
                  const CellModelSettings& settings, Index split)
      : data_(data), settings_(settings), split_(split), training_label_(labels_of(data, halves.first.slice())),
        heldout_label_(labels_of(data, halves.second.slice())), training_(columns_of(expression, halves.first.slice())),
        heldout_(columns_of(expression, halves.second.slice())), model_(training_, settings) {}

  [[nodiscard]] const CellModel& model() const { return model_; }

  /// The latents, by type, whose pre-activations separate it best.
  [[nodiscard]] const std::vector<ChosenUnit>& latents() const { return latents_; }

  [[nodiscard]] std::vector<SeparationRow> rows() {
    const Matrix<float> train = model_.embed(training_);
    const Matrix<float> test = model_.embed(heldout_);
    add("code", model_.codes(train), model_.codes(test));
    latents_ = add("pre_activation", model_.pre_activations(train), model_.pre_activations(test));
    add("pca", train, test);
    add("gene", model_.z_score().transform(training_), model_.z_score().transform(heldout_));
    add("random_direction", random_projections(train, settings_.n_latents, settings_.seed),
        random_projections(test, settings_.n_latents, settings_.seed));
    const KMeans k_means(train, {.n_clusters = std::min(settings_.n_latents, train.cols()),
                                 .seed = settings_.seed,
                                 .threads = settings_.threads});
    choose("k_means", k_means.scores(train), k_means.scores(test));
    const auto n_types = static_cast<Index>(data_.types.size());
    const RidgeClassifier ridge(train, training_label_.slice(), n_types);
    choose("ridge", ridge.scores(train), ridge.scores(test));
    return rows_;
  }

 private:
  std::vector<ChosenUnit> add(const std::string& unit, const Matrix<float>& training, const Matrix<float>& heldout) {
    return choose(unit, training.cast<double>(), heldout.cast<double>());
  }

  std::vector<ChosenUnit> choose(const std::string& unit, const Matrix<double>& training,
                                 const Matrix<double>& heldout) {
    const auto n_types = static_cast<Index>(data_.types.size());
    std::vector<ChosenUnit> chosen =
        choose_units(training, training_label_, heldout, heldout_label_, n_types, settings_.threads);
    rows_.push_back(separation_row(split_, unit, chosen));
    return chosen;
  }

  const CellData& data_;
  CellModelSettings settings_;
  Index split_ = 0;
  parsae::Buffer<Index> training_label_;
  parsae::Buffer<Index> heldout_label_;
  Matrix<float> training_;
  Matrix<float> heldout_;
  CellModel model_;
  std::vector<ChosenUnit> latents_;
  std::vector<SeparationRow> rows_;
};

}  // namespace parsae_examples::cells

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/stratified_halves.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "cell_data.hpp"
#include "cell_model.hpp"
#include "k_means.hpp"
#include "results.hpp"
#include "ridge_classifier.hpp"
#include "unit_choice.hpp"

namespace parsae_examples::cells {

/// Labels of some of the cells.
[[nodiscard]] inline parsae::Buffer<Index> labels_of(const CellData& data, parsae::Slice<const Index> cells) {
  parsae::Buffer<Index> label;
  for (const Index cell : cells) label.push_back(data.label[cell]);
  return label;
}

/// One split: everything is fitted to training cells, units are chosen on them, and judged on the others.
class SplitComparison {
 public:
  SplitComparison(const CellData& data, const Matrix<float>& expression, const parsae::StratifiedHalves& halves,
                  const CellModelSettings& settings, Index split)
      : data_(data),
        settings_(settings),
        split_(split),
        training_label_(labels_of(data, halves.first.slice())),
        heldout_label_(labels_of(data, halves.second.slice())),
        training_(columns_of(expression, halves.first.slice())),
        heldout_(columns_of(expression, halves.second.slice())),
        model_(training_, settings) {}

  [[nodiscard]] const CellModel& model() const { return model_; }

  [[nodiscard]] std::vector<SeparationRow> rows() {
    const Matrix<float> train = model_.embed(training_);
    const Matrix<float> test = model_.embed(heldout_);
    add("code", model_.sae().codes(train), model_.sae().codes(test));
    add("pre_activation", model_.sae().pre_activations(train), model_.sae().pre_activations(test));
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
  void add(const std::string& unit, const Matrix<float>& training, const Matrix<float>& heldout) {
    choose(unit, training.cast<double>(), heldout.cast<double>());
  }

  void choose(const std::string& unit, const Matrix<double>& training, const Matrix<double>& heldout) {
    const auto n_types = static_cast<Index>(data_.types.size());
    rows_.push_back(separation_row(
        split_, unit, choose_units(training, training_label_, heldout, heldout_label_, n_types, settings_.threads)));
  }

  const CellData& data_;
  CellModelSettings settings_;
  Index split_ = 0;
  parsae::Buffer<Index> training_label_;
  parsae::Buffer<Index> heldout_label_;
  Matrix<float> training_;
  Matrix<float> heldout_;
  CellModel model_;
  std::vector<SeparationRow> rows_;
};

}  // namespace parsae_examples::cells

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/linear_probe.hpp>
#include <parsae/analysis/structure_identification.hpp>
#include <parsae/core/random.hpp>
#include <parsae/data/hierarchical_cells.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recovery.hpp"
#include "representation.hpp"
#include "results.hpp"
#include "sae_recipe.hpp"
#include "watch.hpp"

namespace parsae_examples::cells {

struct LargeSimulationSettings {
  Index n_genes = 1000;
  Index n_programs = 20;
  Index n_types = 8;
  Index n_train = 4000;
  Index n_test = 2000;
  Index n_seeds = 3;
  Index n_few = 5;    ///< latents of the narrow representation
  Index n_many = 30;  ///< of the one that SAEs are trained on
  Index n_hidden = 64;
  Index autoencoder_steps = 1200;
  std::vector<Index> widths{60, 150, 300, 600};
  double l1 = 0.2;
  double k_percent = 5;
  Index structure_width = 300;
  Index steps = 1500;  ///< of an SAE
  parsae::Threads threads = parsae::Threads::available();
};

/// The hierarchy of `parsae::HierarchicalCells`, scaled down: which of its levels a representation holds, what SAEs
/// recover of them, and how well their latents tell which genes belong together.
class LargeSimulation {
 public:
  using Settings = LargeSimulationSettings;

  explicit LargeSimulation(Settings settings) : settings_(std::move(settings)) {}

  /// Roughly, in seconds of two cores.
  [[nodiscard]] double cost() const {
    double sum = 0;
    for (const Index width : settings_.widths) sum += 3 * sae_cost(width);
    return sum + static_cast<double>(settings_.n_seeds) * representation_cost() + structure_cost();
  }

  /// False when it was stopped.
  [[nodiscard]] bool run(Watch& watch, Results& results) {
    for (Index seed = 1; seed <= settings_.n_seeds; ++seed) {
      if (Watch::stopped()) return false;
      watch.begin("simulation, large", "autoencoders and linear probes, seed " + std::to_string(seed),
                  representation_cost());
      represent(static_cast<std::uint64_t>(seed));
      if (Watch::stopped()) return false;
    }
    summarize(results);
    return recover(watch, results) && structure(watch, results);
  }

 private:
  struct Data {
    Matrix<float> train;  ///< the representation that SAEs are trained on
    Matrix<float> test;
    Matrix<float> variables;  ///< of the test cells: X'', X', X, A, batch
    Matrix<float> expression;
    Matrix<float> connectivity;
  };

  [[nodiscard]] static Matrix<float> indicators(const parsae::Buffer<Index>& label, Index n) {
    Matrix<float> rows = Matrix<float>::Zero(n, label.size());
    for (Index i = 0; i < label.size(); ++i) rows(label[i], i) = 1;
    return rows;
  }

  [[nodiscard]] std::vector<VariableGroup> groups() const {
    const Index p = settings_.n_programs;
    return {{"X''", 0, p},
            {"X'", p, p},
            {"X", 2 * p, p},
            {"A", 3 * p, settings_.n_types},
            {"batch", 3 * p + settings_.n_types, 3}};
  }

  [[nodiscard]] Matrix<float> variables_of(const parsae::HierarchicalCellsSamples& cells) const {
    const Index p = settings_.n_programs;
    Matrix<float> all(3 * p + settings_.n_types + 3, cells.expression.cols());
    all << cells.typed_programs, cells.batched_programs, cells.programs, indicators(cells.type, settings_.n_types),
        indicators(cells.batch, 3);
    return all;
  }

  void represent(std::uint64_t seed) {
    const parsae::HierarchicalCells simulation(
        {.n_genes = settings_.n_genes, .n_programs = settings_.n_programs, .n_types = settings_.n_types, .seed = seed});
    const auto train = simulation.draw({0, settings_.n_train}, settings_.threads);
    const auto test = simulation.draw({settings_.n_train, settings_.n_train + settings_.n_test}, settings_.threads);
    const Matrix<float> hidden_train = variables_of(train);
    Data data{{}, {}, variables_of(test), test.expression, simulation.connectivity()};
    for (const Index n : {settings_.n_few, settings_.n_many}) {
      const Representation pca = fit_pca(train.expression, n, settings_.threads);
      probe("pca_" + std::to_string(n), pca(train.expression), pca(test.expression), train, test, hidden_train,
            data.variables);
      const Representation plain =
          fit_autoencoder(train.expression, {.n_latents = n,
                                             .n_hidden = settings_.n_hidden,
                                             .steps = settings_.autoencoder_steps,
                                             .batch_size = 128,
                                             .learning_rate = 2e-3,
                                             .seed = seed,
                                             .threads = settings_.threads,
                                             .goes_on = [](Index) { return !Watch::stopped(); }});
      data.train = plain(train.expression);
      data.test = plain(test.expression);
      probe("autoencoder_" + std::to_string(n), data.train, data.test, train, test, hidden_train, data.variables);
    }
    data_.push_back(std::move(data));
  }

  /// The mean R^2 over the variables of each level.
  void probe(const std::string& name, const Matrix<float>& train, const Matrix<float>& test,
             const parsae::HierarchicalCellsSamples& train_cells, const parsae::HierarchicalCellsSamples& test_cells,
             const Matrix<float>& hidden_train, const Matrix<float>& hidden_test) {
    const parsae::LinearProbe of_expression(train, train_cells.expression, {.threads = settings_.threads});
    add_score(name, "Y", of_expression.score(test, test_cells.expression).mean());
    for (const VariableGroup& group : groups()) {
      const Matrix<float> fit = hidden_train.middleRows(group.first, group.count);
      const Matrix<float> judge = hidden_test.middleRows(group.first, group.count);
      add_score(name, group.name,
                parsae::LinearProbe(train, fit, {.threads = settings_.threads}).score(test, judge).mean());
    }
  }

  void add_score(const std::string& representation, const std::string& variable, double r2) {
    for (auto& [name, values] : scores_)
      if (name.first == representation && name.second == variable) return values.push_back(r2);
    scores_.push_back({{representation, variable}, {r2}});
  }

  void summarize(Results& results) const {
    for (const auto& [name, values] : scores_) {
      double sum = 0;
      for (const double value : values) sum += value;
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      results.probes.push_back({.simulation = "large",
                                .representation = name.first,
                                .variable = name.second,
                                .r2 = sum / static_cast<double>(values.size()),
                                .n = settings_.n_train,
                                .spread = *high - *low});
    }
  }

  [[nodiscard]] double representation_cost() const { return 12e-3 * static_cast<double>(settings_.autoencoder_steps); }
  [[nodiscard]] double structure_cost() const { return 5; }
  [[nodiscard]] double sae_cost(Index width) const {
    return (0.5e-3 + 3e-6 * static_cast<double>(width)) * static_cast<double>(settings_.steps * settings_.n_seeds) / 2;
  }

  [[nodiscard]] Matrix<float> codes_of(SaeRecipe recipe, std::size_t at) const {
    recipe.seed = at + 1;
    return trained_code(recipe, data_[at].train, data_[at].test);
  }

  [[nodiscard]] SaeRecipe recipe_of(SaeType type, Index width) const {
    SaeRecipe recipe;
    recipe.type = type;
    recipe.width = width;
    recipe.l1 = settings_.l1;
    recipe.k_percent = settings_.k_percent;
    recipe.steps = settings_.steps;
    return recipe;
  }

  template <class CodesOf>
  void add_rows(RecoveryRow row, const CodesOf& codes_at, Results& results) const {
    const std::vector<RecoveryMeasures> measures = measure_seeds(data_.size(), settings_.threads, [&](std::size_t at) {
      return measure_recovery(codes_at(at), data_[at].variables, parsae::Threads(1));
    });
    row.simulation = "large";
    for (const RecoveryRow& found : recovery_rows(row, groups(), measures)) results.recovery.push_back(found);
  }

  [[nodiscard]] bool recover(Watch& watch, Results& results) const {
    add_rows(
        {.type = "autoencoder", .width = settings_.n_many}, [&](std::size_t at) { return data_[at].test; }, results);
    for (const Index width : settings_.widths) {
      add_rows(
          {.type = "random_direction", .width = width},
          [&](std::size_t at) { return random_projections(data_[at].test, width, at + 1); }, results);
      for (const SaeType type : {SaeType::Vanilla, SaeType::ReluL1, SaeType::TopK}) {
        if (Watch::stopped()) return false;
        watch.begin("simulation, large", name_of(type) + ", " + std::to_string(width) + " latents", sae_cost(width));
        const SaeRecipe recipe = recipe_of(type, width);
        add_rows(
            {.type = name_of(type), .width = width, .setting = type == SaeType::TopK ? recipe.k_percent : recipe.l1},
            [&](std::size_t at) { return codes_of(recipe, at); }, results);
      }
    }
    return true;
  }

  /// Latents that are active somewhere, and the same with cells in reverse order: codes that know nothing.
  [[nodiscard]] static Matrix<float> active_rows(const Matrix<float>& codes) {
    parsae::Buffer<Index> active;
    for (Index j = 0; j < codes.rows(); ++j)
      if (codes.row(j).maxCoeff() > 0) active.push_back(j);
    Matrix<float> kept(active.size(), codes.cols());
    for (Index j = 0; j < active.size(); ++j) kept.row(j) = codes.row(active[j]);
    return kept;
  }

  [[nodiscard]] bool structure(Watch& watch, Results& results) const {
    if (Watch::stopped()) return false;
    watch.begin("simulation, large", "which genes belong together", structure_cost());
    const double share = 1 / static_cast<double>(data_.size());
    for (std::size_t at = 0; at < data_.size(); ++at) {
      const Data& data = data_[at];
      const Matrix<float> codes = active_rows(codes_of(recipe_of(SaeType::TopK, settings_.structure_width), at));
      if (codes.rows() == 0) continue;
      const Matrix<float> shuffled = codes.rowwise().reverse();
      const auto levels =
          parsae::structure_identification(codes, data.expression, data.connectivity, {.threads = settings_.threads});
      const auto chance = parsae::structure_identification(shuffled, data.expression, data.connectivity,
                                                           {.threads = settings_.threads});
      results.structure.resize(levels.size());
      for (std::size_t l = 0; l < levels.size(); ++l) {
        StructureRow& row = results.structure[l];
        row.percentile = levels[l].percentile;
        row.found += share * static_cast<double>(levels[l].n_found);
        row.significant += share * static_cast<double>(levels[l].n_significant);
        row.coverage += share * levels[l].mean_coverage;
        row.precision += share * levels[l].mean_precision;
        row.jaccard += share * levels[l].best_jaccard;
        row.shuffled_jaccard += share * chance[l].best_jaccard;
      }
    }
    return true;
  }

  Settings settings_;
  std::vector<Data> data_;
  std::vector<std::pair<std::pair<std::string, std::string>, std::vector<double>>> scores_;
};

}  // namespace parsae_examples::cells

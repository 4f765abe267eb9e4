// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/linear_probe.hpp>
#include <parsae/data/central_dogma.hpp>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "recovery.hpp"
#include "representation.hpp"
#include "results.hpp"
#include "sae_recipe.hpp"
#include "watch.hpp"

namespace parsae_examples::cells {

struct SmallSimulationSettings {
  Index n_probe = 200'000;  ///< cells that a probe is fitted on; half as many judge it
  Index n_train = 10'000;   ///< cells that autoencoders are trained on
  Index n_test = 4'000;     ///< cells that judge codes
  Index n_seeds = 3;
  std::vector<Index> widths{8, 20, 40, 80, 200, 400};
  std::vector<double> l1s{0.1, 1, 3, 10, 30, 100};
  std::vector<double> k_percents{1, 5, 10, 20, 50, 75, 100};
  Index sweep_width = 80;
  double l1 = 3;         ///< while the width varies
  double k_percent = 5;  ///< while the width varies
  Index steps = 1500;    ///< of an SAE
  parsae::Threads threads = parsae::Threads::available();
};

/// The simulation of four genes' causes, `parsae::CentralDogma`, in which everything hidden is known: what linear
/// representations say of it, and which of it single latents of SAEs follow.
class SmallSimulation {
 public:
  using Settings = SmallSimulationSettings;

  explicit SmallSimulation(Settings settings) : settings_(std::move(settings)) {}

  /// Roughly, in seconds of two cores.
  [[nodiscard]] double cost() const {
    return 4 + sae_cost() * static_cast<double>(3 * settings_.widths.size() + 2 * settings_.l1s.size() +
                                                settings_.k_percents.size());
  }

  /// False when it was stopped; what is measured until then is in the results.
  [[nodiscard]] bool run(Watch& watch, Results& results) {
    watch.begin("simulation, small", "linear probes", 4);
    probe(results);
    represent();
    return recover(watch, results);
  }

 private:
  struct Latents {
    Matrix<float> train;
    Matrix<float> test;
  };

  /// Y, X, A, B one below the other.
  [[nodiscard]] static Matrix<float> variables_of(const parsae::CentralDogmaSamples& cells) {
    Matrix<float> all(12, cells.rna.cols());
    all << cells.rna, cells.factors, cells.activity, cells.accessible;
    return all;
  }

  [[nodiscard]] static std::vector<VariableGroup> groups() {
    return {{"Y", 0, 5}, {"X", 5, 3}, {"A", 8, 1}, {"B", 9, 3}};
  }

  /// Population values, in closed form, for X1 X2 X3 A B1 B2 B3.
  [[nodiscard]] static std::array<double, 7> reference_of(const std::string& representation) {
    // A trained autoencoder with as many latents as the RNA has dimensions spans it, too.
    if (representation == "spanning" || representation == "autoencoder_4") return {1, 1, 1, .771, .616, .661, .209};
    if (representation == "pca_2") return {.922, .236, .912, .714, .593, .077, .187};
    if (representation == "pca_1") return {.579, .233, .685, .630, .118, .077, .052};
    return {unknown, unknown, unknown, unknown, unknown, unknown, unknown};
  }

  void probe(Results& results) const {
    const parsae::CentralDogma dogma;
    const auto fit = dogma.draw({0, settings_.n_probe}, settings_.threads);
    const auto judge = dogma.draw({settings_.n_probe, settings_.n_probe + settings_.n_probe / 2}, settings_.threads);
    const Matrix<float> variables = variables_of(fit).bottomRows(7);
    const Matrix<float> held_out = variables_of(judge).bottomRows(7);
    const auto add = [&](const std::string& name, const Matrix<float>& latents, const Matrix<float>& judged) {
      const parsae::LinearProbe probe(latents, variables, {.threads = settings_.threads});
      const parsae::ProbeScore score = probe.score(judged, held_out);
      static constexpr std::array<const char*, 7> names{"X1", "X2", "X3", "A", "B1", "B2", "B3"};
      const std::array<double, 7> reference = reference_of(name);
      for (std::size_t v = 0; v < names.size(); ++v)
        results.probes.push_back({.simulation = "small",
                                  .representation = name,
                                  .variable = names[v],
                                  .r2 = score.r2(static_cast<Index>(v)),
                                  .reference = reference[v],
                                  .n = settings_.n_probe});
    };
    add("spanning", fit.rna, judge.rna);
    for (const Index n : {Index{2}, Index{1}}) {
      const Representation pca = fit_pca(fit.rna, n, settings_.threads);
      add("pca_" + std::to_string(n), pca(fit.rna), pca(judge.rna));
    }
    const auto train = dogma.draw({0, settings_.n_train}, settings_.threads);
    for (const Index n : {Index{4}, Index{2}}) {
      const Representation plain = fit_autoencoder(train.rna, {.n_latents = n, .threads = settings_.threads});
      add("autoencoder_" + std::to_string(n), plain(fit.rna), plain(judge.rna));
    }
  }

  /// The latents of one plain autoencoder for each seed, which SAEs are trained on.
  void represent() {
    for (Index seed = 1; seed <= settings_.n_seeds; ++seed) {
      const parsae::CentralDogma dogma({.seed = static_cast<std::uint64_t>(seed)});
      const auto train = dogma.draw({0, settings_.n_train}, settings_.threads);
      const auto test = dogma.draw({settings_.n_train, settings_.n_train + settings_.n_test}, settings_.threads);
      const Representation plain = fit_autoencoder(
          train.rna, {.n_latents = 4, .seed = static_cast<std::uint64_t>(seed), .threads = settings_.threads});
      representations_.push_back({plain(train.rna), plain(test.rna)});
      variables_.push_back(variables_of(test));
    }
  }

  [[nodiscard]] double sae_cost() const { return 0.2e-3 * static_cast<double>(settings_.steps * settings_.n_seeds); }

  [[nodiscard]] SaeRecipe recipe_of(SaeType type) const {
    SaeRecipe recipe;
    recipe.type = type;
    recipe.l1 = settings_.l1;
    recipe.k_percent = settings_.k_percent;
    recipe.steps = settings_.steps;
    return recipe;
  }

  /// One SAE a seed.
  [[nodiscard]] std::vector<RecoveryRow> rows_of(const SaeRecipe& recipe) const {
    RecoveryRow row;
    row.type = name_of(recipe.type);
    row.width = recipe.width;
    row.setting = recipe.type == SaeType::TopK ? recipe.k_percent : recipe.l1;
    return rows_of(row, [&](std::size_t at) {
      SaeRecipe own = recipe;
      own.seed = at + 1;
      return trained_code(own, representations_[at].train, representations_[at].test);
    });
  }

  template <class CodesAt>
  [[nodiscard]] std::vector<RecoveryRow> rows_of(RecoveryRow row, const CodesAt& codes_at) const {
    row.simulation = "small";
    return recovery_rows(row, groups(), measure_seeds(representations_.size(), settings_.threads, [&](std::size_t at) {
                           return measure_recovery(codes_at(at), variables_[at], parsae::Threads(1));
                         }));
  }

  [[nodiscard]] bool add(Watch& watch, const SaeRecipe& recipe, std::vector<RecoveryRow>& to) const {
    if (Watch::stopped()) return false;
    watch.begin("simulation, small", name_of(recipe.type) + ", " + std::to_string(recipe.width) + " latents",
                sae_cost());
    for (const RecoveryRow& row : rows_of(recipe)) to.push_back(row);
    return true;
  }

  /// What random directions of the same representation follow: the largest of many correlations is large by chance.
  void add_random(Results& results) const {
    for (const Index width : settings_.widths) {
      RecoveryRow row;
      row.type = "random_direction";
      row.width = width;
      const auto codes_at = [&](std::size_t at) {
        return random_projections(representations_[at].test, width, at + 1);
      };
      for (const RecoveryRow& found : rows_of(row, codes_at)) results.recovery.push_back(found);
    }
  }

  [[nodiscard]] bool recover(Watch& watch, Results& results) const {
    add_random(results);
    for (const SaeType type : {SaeType::Vanilla, SaeType::ReluL1, SaeType::TopK}) {
      SaeRecipe recipe = recipe_of(type);
      for (const Index width : settings_.widths) {
        recipe.width = width;
        if (!add(watch, recipe, results.recovery)) return false;
      }
      recipe.width = settings_.sweep_width;
      for (const double value : type == SaeType::TopK ? settings_.k_percents : settings_.l1s) {
        (type == SaeType::TopK ? recipe.k_percent : recipe.l1) = value;
        if (!add(watch, recipe, results.settings_sweep)) return false;
      }
    }
    return true;
  }

  Settings settings_;
  std::vector<Latents> representations_;
  std::vector<Matrix<float>> variables_;
};

}  // namespace parsae_examples::cells

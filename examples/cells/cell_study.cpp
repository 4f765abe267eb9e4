// SPDX-License-Identifier: MIT
#include "cell_study.hpp"

#include <support/markup.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "cell_data.hpp"
#include "explanation.hpp"
#include "separation.hpp"

namespace parsae_examples::cells {
namespace {

CellData obtain_cells(const Options& options) {
  if (!options.counts.empty()) {
    const CellAxis axis = options.cells_are == "rows"      ? CellAxis::Rows
                          : options.cells_are == "columns" ? CellAxis::Columns
                                                           : CellAxis::Usual;
    return read_cells({options.counts, options.genes, options.labels, options.gene_sets, axis});
  }
  std::optional<CellFiles> files = default_cell_files();
  if (!files && !options.gene_sets.empty())
    parsae::reject("--gene-sets", "--counts beside it, or cells in PARSAE_TEST_DATA", options.gene_sets.string());
  if (!files) return simulated_cells(700, parsae::Threads(options.threads));
  files->sets = options.gene_sets;
  return read_cells(*files);
}

CellModelSettings model_settings(const Options& options) {
  CellModelSettings settings;
  settings.embedding = options.embedding == "pca" ? Embedding::Pca : Embedding::Autoencoder;
  settings.n_components = options.n_components;
  settings.most_genes = options.most_variable;
  settings.n_latents = options.n_latents;
  settings.k = options.k;
  settings.steps = options.steps;
  settings.learning_rate = options.learning_rate;
  settings.threads = parsae::Threads(options.threads);
  return settings;
}

}  // namespace

CellStudy::CellStudy(const Options& options)
    : options_(options), data_(std::make_unique<const CellData>(obtain_cells(options))) {
  const Index most = std::min(data_->counts.cols() / 2, std::min(data_->counts.rows(), options.most_variable));
  if (options.n_components > most)
    parsae::reject("--components", "at most " + std::to_string(most) + " for these cells", options.n_components);
}

CellStudy::~CellStudy() = default;

std::string CellStudy::description() const {
  return data_->source + ": " + grouped(data_->counts.cols()) + " cells, " + grouped(data_->counts.rows()) + " genes" +
         (data_->is_labelled() ? ", " + std::to_string(data_->types.size()) + " types" : ", without types") +
         (data_->sets.empty() ? "" : ", " + grouped(static_cast<Index>(data_->sets.size())) + " gene sets");
}

bool CellStudy::is_simulated() const { return data_->is_simulated; }

double CellStudy::cost() const {
  const double side =
      static_cast<double>(std::min(data_->counts.cols(), std::min(data_->counts.rows(), options_.most_variable)));
  const double steps = 1e-3 * static_cast<double>(model_settings(options_).steps);
  return (steps + side * side * side * 2e-9 + 1) *
         static_cast<double>(data_->is_labelled() ? options_.n_splits + 1 : 1);
}

bool CellStudy::run(Watch& watch, Results& results) const {
  results.cells_source = description();
  const parsae::Threads threads(options_.threads);
  const Matrix<float> expression = log_counts_per_million(data_->counts);
  const ExplanationSettings explanation{
      .percentile = options_.percentile, .least_cells = options_.least_cells, .threads = threads};
  if (!data_->is_labelled()) {
    watch.begin("cells", "one SAE on all of them", cost());
    const CellModel model(expression, model_settings(options_));
    results.explanation = Explainer(*data_, expression, model, explanation).explain();
    return !Watch::stopped();
  }
  for (Index split = 0; split < options_.n_splits; ++split) {
    if (Watch::stopped()) return false;
    watch.begin("cells", "split " + std::to_string(split + 1) + " of " + std::to_string(options_.n_splits),
                cost() / static_cast<double>(options_.n_splits + 1));
    const parsae::StratifiedHalves halves(data_->label.slice(), static_cast<Index>(data_->types.size()),
                                          {.seed = 1, .repeat = split});
    SplitComparison comparison(*data_, expression, halves, model_settings(options_), split);
    for (const SeparationRow& row : comparison.rows()) results.separation.push_back(row);
    if (split == 0)
      results.explanation = Explainer(*data_, expression, comparison.model(), explanation).explain(halves);
  }
  return true;
}

}  // namespace parsae_examples::cells

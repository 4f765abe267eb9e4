// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/differential_expression.hpp>
#include <parsae/analysis/gene_set_enrichment.hpp>
#include <parsae/analysis/latent_locality.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "cell_data.hpp"
#include "cell_model.hpp"
#include "results.hpp"
#include "separation.hpp"

namespace parsae_examples::cells {

struct ExplanationSettings {
  double percentile = 99;  ///< cells above it, of a latent's activations, are compared with inactive ones ...
  Index least_cells = 30;  ///< ... and where these are fewer than so many, the percentile is lowered
  Index most_genes_named = 8;
  Index most_latents = 12;  ///< shown where cells have no types
  parsae::Threads threads = parsae::Threads::available();
};

/// Explains latents by genes and cell types: which genes differ between the cells above a high percentile of a latent
/// and those where it is inactive (Welch's t-test of log counts per million, false discovery rate, ratio of mean
/// counts).
class Explainer {
 public:
  Explainer(const CellData& data, const Matrix<float>& expression, const CellModel& model,
            const ExplanationSettings& settings)
      : data_(data),
        settings_(settings),
        embedded_(model.embed(expression)),
        codes_(model.sae().codes(embedded_)),
        pre_activations_(model.sae().pre_activations(embedded_)),
        expression_(expression),
        rates_(expression.unaryExpr([](float log) { return std::expm1(log); })) {}

  /// For each cell type the latent that ranks its training cells highest, of those that are active in some.
  [[nodiscard]] Explanation explain(const parsae::StratifiedHalves& halves) const {
    const Matrix<double> scores = live_scores(halves.first.slice());
    const auto n_types = static_cast<Index>(data_.types.size());
    const std::vector<ChosenUnit> chosen =
        choose_units(of_cells(scores, halves.first.slice()), labels_of(data_, halves.first.slice()),
                     of_cells(scores, halves.second.slice()), labels_of(data_, halves.second.slice()), n_types,
                     settings_.threads, Sign::Positive);
    Explanation found = overview();
    const auto localities =
        parsae::latent_localities(codes_, data_.label.slice(), n_types, {.threads = settings_.threads});
    for (const parsae::LatentLocality& locality : localities) {
      found.n_local += locality.kind == parsae::LatentLocality::Kind::Local;
      found.n_global += locality.kind == parsae::LatentLocality::Kind::Global;
      found.n_dead += locality.kind == parsae::LatentLocality::Kind::Dead;
    }
    for (Index type = 0; type < n_types; ++type) {
      const ChosenUnit& choice = chosen[static_cast<std::size_t>(type)];
      if (choice.unit < 0) continue;
      LatentRow row{.cell_type = data_.types[static_cast<std::size_t>(type)], .latent = choice.unit};
      row.auroc_training = choice.auroc_training;
      row.auroc_heldout = choice.auroc_heldout;
      const auto kind = localities[static_cast<std::size_t>(choice.unit)].kind;
      row.locality = kind == parsae::LatentLocality::Kind::Local    ? "local"
                     : kind == parsae::LatentLocality::Kind::Global ? "global"
                                                                    : "dead";
      add(row, found);
    }
    heat(found);
    return found;
  }

  /// Of cells without types: the latents that are active most strongly.
  [[nodiscard]] Explanation explain() const {
    Explanation found = overview();
    const parsae::Vector<double> mean = codes_.cast<double>().rowwise().mean();
    std::vector<Index> order(static_cast<std::size_t>(codes_.rows()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return mean(a) > mean(b); });
    for (const Index latent : order) {
      found.n_dead += !(mean(latent) > 0);
      if (mean(latent) > 0 && static_cast<Index>(found.rows.size()) < settings_.most_latents)
        add({.latent = latent}, found);
    }
    return found;
  }

 private:
  [[nodiscard]] static Matrix<double> of_cells(const Matrix<double>& scores, parsae::Slice<const Index> cells) {
    Matrix<double> part(scores.rows(), cells.size());
    for (Index i = 0; i < cells.size(); ++i) part.col(i) = scores.col(cells[i]);
    return part;
  }

  /// Pre-activations; of latents that are active in fewer than three training cells zeros, which rank nothing.
  [[nodiscard]] Matrix<double> live_scores(parsae::Slice<const Index> training) const {
    Matrix<double> scores = pre_activations_.cast<double>();
    for (Index j = 0; j < scores.rows(); ++j) {
      Index n_active = 0;
      for (const Index cell : training) n_active += codes_(j, cell) > 0;
      if (n_active < 3) scores.row(j).setZero();
    }
    return scores;
  }

  [[nodiscard]] Explanation overview() const {
    Explanation found;
    found.percentile = percentile();
    found.types = data_.types;
    found.type.assign(data_.label.begin(), data_.label.end());
    found.plane = Matrix<float>::Zero(2, embedded_.cols());
    found.plane.topRows(std::min<Index>(2, embedded_.rows())) = embedded_.topRows(std::min<Index>(2, embedded_.rows()));
    return found;
  }

  /// Of a handful of cells, all genes that they happen not to have would differ.
  [[nodiscard]] double percentile() const {
    const double share = static_cast<double>(settings_.least_cells) / static_cast<double>(codes_.cols());
    return std::clamp(100 * (1 - share), 0.0, settings_.percentile);
  }

  void add(LatentRow row, Explanation& found) const {
    const parsae::Vector<float> activation = codes_.row(row.latent);
    const parsae::DifferentialExpression test(expression_, rates_, activation, {.percentile = percentile()});
    ShownLatent shown{row.latent, "latent " + std::to_string(row.latent), row.auroc_heldout, activation, {}};
    if (!row.cell_type.empty()) shown.title += ": " + row.cell_type;
    row.n_positive = test.positives.size();
    if (test.was_tested()) {
      std::vector<char> differs(static_cast<std::size_t>(test.n_genes()), 0);
      for (const Index g : test.differing) differs[static_cast<std::size_t>(g)] = 1;
      for (Index g = 0; g < test.n_genes(); ++g)
        shown.genes.push_back({data_.genes[static_cast<std::size_t>(g)], std::log2(test.fold_change[g]),
                               -test.log_p[g] / std::log(10.0), differs[static_cast<std::size_t>(g)] != 0});
      row.n_differing = test.differing.size();
      row.rate = test.rate;
      row.genes = names_of(shown.genes);
      for (const parsae::GeneSetEnrichment& set : parsae::gene_set_enrichment(test, data_.sets))
        if (set.is_enriched(0.05)) row.sets.push_back(data_.sets[static_cast<std::size_t>(set.set)].name);
    }
    found.rows.push_back(row);
    found.shown.push_back(shown);
  }

  /// Genes that differ and are higher, most certain first.
  [[nodiscard]] std::vector<std::string> names_of(std::vector<GeneRow> genes) const {
    std::stable_sort(genes.begin(), genes.end(),
                     [](const GeneRow& a, const GeneRow& b) { return a.minus_log10_p > b.minus_log10_p; });
    std::vector<std::string> names;
    for (const GeneRow& gene : genes)
      if (gene.differs && gene.log2_fold_change > 0 && static_cast<Index>(names.size()) < settings_.most_genes_named)
        names.push_back(gene.name);
    return names;
  }

  void heat(Explanation& found) const {
    const auto n_types = static_cast<Index>(data_.types.size());
    Matrix<double> mean = Matrix<double>::Zero(codes_.rows(), n_types);
    parsae::Vector<double> count = parsae::Vector<double>::Zero(n_types);
    for (Index i = 0; i < codes_.cols(); ++i) {
      mean.col(data_.label[i]) += codes_.col(i).cast<double>();
      count(data_.label[i]) += 1;
    }
    for (Index t = 0; t < n_types; ++t) mean.col(t) /= std::max(count(t), 1.0);
    std::vector<Index> strongest(static_cast<std::size_t>(codes_.rows()), 0);
    for (Index j = 0; j < codes_.rows(); ++j) {
      if (!(mean.row(j).maxCoeff(&strongest[static_cast<std::size_t>(j)]) > 0)) continue;
      found.heatmap_latents.push_back(j);
      mean.row(j) /= mean.row(j).maxCoeff();
    }
    std::stable_sort(found.heatmap_latents.begin(), found.heatmap_latents.end(), [&](Index a, Index b) {
      return strongest[static_cast<std::size_t>(a)] < strongest[static_cast<std::size_t>(b)];
    });
    found.heatmap.resize(static_cast<Index>(found.heatmap_latents.size()), n_types);
    for (std::size_t r = 0; r < found.heatmap_latents.size(); ++r)
      found.heatmap.row(static_cast<Index>(r)) = mean.row(found.heatmap_latents[r]);
  }

  const CellData& data_;
  ExplanationSettings settings_;
  Matrix<float> embedded_;
  Matrix<float> codes_;
  Matrix<float> pre_activations_;
  const Matrix<float>& expression_;  ///< log counts per million
  Matrix<float> rates_;              ///< counts per million
};

}  // namespace parsae_examples::cells

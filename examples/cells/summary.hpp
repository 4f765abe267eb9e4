// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "results.hpp"

namespace parsae_examples::cells {

/// One kind of unit over all splits.
struct UnitSummary {
  std::string unit;
  std::string name;  ///< for people
  double types_095 = 0;
  double types_090 = 0;
  double mean_auroc = 0;
  Index least_095 = 0, most_095 = 0;
  Index least_090 = 0, most_090 = 0;
  Index n_splits = 0;
};

[[nodiscard]] inline std::string unit_name(const std::string& unit) {
  static const std::map<std::string, std::string> names{{"code", "SAE code"},
                                                        {"pre_activation", "SAE pre-activation"},
                                                        {"pca", "component of the embedding"},
                                                        {"gene", "single gene"},
                                                        {"random_direction", "random direction"},
                                                        {"k_means", "k-means, minus distance"},
                                                        {"ridge", "ridge regression (told the types)"}};
  const auto found = names.find(unit);
  return found == names.end() ? unit : found->second;
}

/// In the order in which units come first.
[[nodiscard]] inline std::vector<UnitSummary> summarize_units(const std::vector<SeparationRow>& rows) {
  std::vector<UnitSummary> units;
  for (const SeparationRow& row : rows) {
    auto found = std::find_if(units.begin(), units.end(), [&](const UnitSummary& u) { return u.unit == row.unit; });
    if (found == units.end()) {
      UnitSummary unit;
      unit.unit = row.unit;
      unit.name = unit_name(row.unit);
      unit.least_095 = unit.most_095 = row.types_095;
      unit.least_090 = unit.most_090 = row.types_090;
      found = units.insert(units.end(), unit);
    }
    ++found->n_splits;
    const double share = 1 / static_cast<double>(found->n_splits);
    found->types_095 += share * (static_cast<double>(row.types_095) - found->types_095);
    found->types_090 += share * (static_cast<double>(row.types_090) - found->types_090);
    found->mean_auroc += share * (row.mean_auroc - found->mean_auroc);
    found->least_095 = std::min(found->least_095, row.types_095);
    found->most_095 = std::max(found->most_095, row.types_095);
    found->least_090 = std::min(found->least_090, row.types_090);
    found->most_090 = std::max(found->most_090, row.types_090);
  }
  return units;
}

[[nodiscard]] inline const UnitSummary* find_unit(const std::vector<UnitSummary>& units, const std::string& unit) {
  for (const UnitSummary& summary : units)
    if (summary.unit == unit) return &summary;
  return nullptr;
}

/// How often one unit separates more types (AUROC >= .90) than another in the same split, and how often less.
struct Duel {
  Index more = 0;
  Index fewer = 0;
  Index n = 0;
};

[[nodiscard]] inline Duel duel(const std::vector<SeparationRow>& rows, const std::string& unit,
                               const std::string& other) {
  Duel result;
  for (const SeparationRow& a : rows) {
    for (const SeparationRow& b : rows) {
      if (a.unit != unit || b.unit != other || a.split != b.split) continue;
      ++result.n;
      result.more += a.types_090 > b.types_090;
      result.fewer += a.types_090 < b.types_090;
    }
  }
  return result;
}

/// One is better where it separates more types in at least eight of ten splits, and worse the same way.
[[nodiscard]] inline std::string verdict(const Duel& found) {
  if (10 * found.more >= 8 * found.n && found.n > 1) return "better than";
  if (10 * found.fewer >= 8 * found.n && found.n > 1) return "worse than";
  return "not clearly different from";
}

/// "SAE pre-activations are better than components and single genes; not clearly different from ...".
[[nodiscard]] inline std::string comparison_sentence(const std::vector<SeparationRow>& rows, const std::string& unit,
                                                     const std::string& plural) {
  static const std::array<std::pair<const char*, const char*>, 4> others{{{"pca", "components of the embedding"},
                                                                          {"gene", "single genes"},
                                                                          {"random_direction", "random directions"},
                                                                          {"k_means", "k-means"}}};
  std::string text = plural + " are";
  bool is_first = true;
  for (const char* word : {"better than", "not clearly different from", "worse than"}) {
    std::string names;
    for (const auto& [other, name] : others)
      if (const Duel found = duel(rows, unit, other); found.n > 0 && verdict(found) == word)
        names += (names.empty() ? " " : ", ") + std::string(name);
    if (names.empty()) continue;
    text += (is_first ? " " : "; ") + std::string(word) + names;
    is_first = false;
  }
  return text + ".";
}

/// "PCA, 5 components" of "pca_5".
[[nodiscard]] inline std::string representation_name(const std::string& name) {
  if (name == "spanning") return "the RNA itself (or all that spans it)";
  const std::size_t end = name.rfind('_');
  if (end == std::string::npos) return name;
  const std::string count = name.substr(end + 1);
  const std::string kind = name.substr(0, end);
  if (kind == "pca") return "PCA, " + count + (count == "1" ? " component" : " components");
  if (kind == "autoencoder") return "autoencoder, " + count + " latents";
  return name;
}

/// Whether R^2 falls from Y to X'', to A, to X', to X, as in the paper; for people.
[[nodiscard]] inline std::string order_sentence(const std::vector<ProbeRow>& probes,
                                                const std::string& representation) {
  std::string text;
  double last = 2;
  bool falls = true;
  for (const char* variable : {"Y", "X''", "A", "X'", "X"}) {
    for (const ProbeRow& row : probes) {
      if (row.simulation != "large" || row.representation != representation || row.variable != variable) continue;
      falls = falls && row.r2 < last + 5e-4;  // what is printed decides, not roundings
      last = row.r2;
      text += (text.empty() ? "" : ", ") + std::string(variable) + " " + fixed_text(row.r2, 3);
    }
  }
  if (text.empty()) return "";
  return representation_name(representation) + ": " + text +
         (falls ? " (in this order, as in the paper)" : " (not in the paper's order)");
}

/// The largest distance of a measured R^2 from its reference.
[[nodiscard]] inline double largest_deviation(const std::vector<ProbeRow>& probes) {
  double largest = 0;
  for (const ProbeRow& row : probes)
    if (std::isfinite(row.reference)) largest = std::max(largest, std::abs(row.r2 - row.reference));
  return largest;
}

}  // namespace parsae_examples::cells

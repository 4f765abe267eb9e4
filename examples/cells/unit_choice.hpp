// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/auroc.hpp>
#include <parsae/core/buffer.hpp>
#include <parsae/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_examples::cells {

using parsae::Matrix;

/// Whether a low score may stand for a type as well.
enum class Sign { Either, Positive };

/// The unit of one kind, and the sign, that ranks the cells of a type highest among training cells.
struct ChosenUnit {
  Index unit = -1;  ///< -1: no cell of the type, or none else
  double sign = 1;
  double auroc_training = unknown;
  double auroc_heldout = unknown;
};

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

}  // namespace parsae_examples::cells

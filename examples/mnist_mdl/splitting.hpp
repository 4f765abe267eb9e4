// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/description_length.hpp>

#include <cmath>
#include <vector>

namespace parsae_examples {

/// Feature splitting, as far as bits can tell. A sample has two independent attributes of m kinds each, one direction
/// for each kind. It is explained by its two kinds (2m latents, two active), or by latents for pairs of kinds.
enum class Splitting {
  FixedMagnitudes,        ///< m^2 latents, one active; both attributes always have the same magnitude
  FixedWithDictionary,    ///< the same, and the dictionary is part of the message
  IndependentMagnitudes,  ///< 2 m^2 latents, two active: a latent for each kind in the company of each other kind
};

struct SplittingSettings {
  std::vector<parsae::Index> kinds{2, 3, 4, 6, 8, 12, 16, 24, 32};  ///< m, each >= 2
  double n_magnitudes = 8;     ///< equally frequent ones of each attribute, where they are independent; >= 1
  double n_samples = 10'000;   ///< that share a dictionary; > 0
  double bits_per_weight = 8;  ///< of the dictionary; >= 0
};

/// Bits a sample.
struct SplittingRow {
  parsae::Index kinds = 0;        ///< m
  double bits_compositional = 0;  ///< of the code with 2m latents
  double bits_split = 0;          ///< of the code with latents for pairs
};

/// Both codes reconstruct every sample exactly, and are entropy coded latent by latent, as DescriptionLength has it:
///
///     fixed:        2m Hb(1/m)                 against    m^2 Hb(1/m^2)
///     dictionary:   that + 2m 2m w / N         against    that + m^2 2m w / N,   w bits a weight, N samples
///     independent:  2m Hb(1/m) + 2 log2 q      against    2 m^2 Hb(1/m^2) + 2 log2 q,   q magnitudes
///
/// So splitting is penalized where a dictionary has to repay itself on few samples, and where each of the split latents
/// has a magnitude of its own to tell. It is not otherwise: with fixed magnitudes the pairs' codes are up to log2 e
/// bits shorter, and with independent ones so are those of latents for pairs and ratios of magnitudes.
[[nodiscard]] inline std::vector<SplittingRow> splitting_rows(Splitting which, const SplittingSettings& settings = {}) {
  std::vector<SplittingRow> rows;
  for (const parsae::Index kinds : settings.kinds) {
    parsae::require_at_least("splitting_rows kinds", kinds, parsae::Index{2});
    const double m = static_cast<double>(kinds);
    const double pairs = m * m;
    SplittingRow row{kinds, 2 * m * parsae::binary_entropy(1 / m), pairs * parsae::binary_entropy(1 / pairs)};
    if (which == Splitting::FixedWithDictionary) {
      const auto dictionary = [&](double n_latents) {
        return parsae::dictionary_bits_per_sample(n_latents, 2 * m, settings.bits_per_weight, settings.n_samples);
      };
      row.bits_compositional += dictionary(2 * m);
      row.bits_split += dictionary(pairs);
    }
    if (which == Splitting::IndependentMagnitudes) {
      row.bits_compositional += 2 * std::log2(settings.n_magnitudes);
      row.bits_split = 2 * row.bits_split + 2 * std::log2(settings.n_magnitudes);
    }
    rows.push_back(row);
  }
  return rows;
}

/// The share of the variance that m^2 latents for pairs, one active a sample, leave unexplained at best where the
/// magnitudes of the two attributes vary independently with this mean and mean square: one number cannot say two.
[[nodiscard]] inline double least_fvu_of_pairs(parsae::Index kinds, double mean, double mean_square) {
  return (mean_square - mean * mean) / (2 * mean_square - 2 * mean * mean / static_cast<double>(kinds));
}

}  // namespace parsae_examples

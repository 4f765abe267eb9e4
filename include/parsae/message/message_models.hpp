// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/chow_liu.hpp>
#include <parsae/message/message_settings.hpp>
#include <parsae/message/model_coding.hpp>

#include <algorithm>
#include <limits>
#include <optional>

namespace parsae::inline PARSAE_ABI {

/// Models of a data set, chosen so that the models and the codes in them take the fewest bits together.
struct MessageModels {
  PresenceModel presence;
  ValueModel values;

  double bits_presence = 0;        ///< of all samples in the chosen model
  double bits_value = 0;           ///< of all active values
  double bits_presence_model = 0;  ///< of the probabilities, and of the forest
  double bits_value_model = 0;     ///< of the histograms

  /// Presence and its model, with latents told independently and with the forest; infinite when no forest was tried.
  double bits_independent = 0;
  double bits_forest = std::numeric_limits<double>::infinity();
};

namespace detail {

struct PricedPresence {
  PresenceModel model;
  double bits = 0;
  double bits_model = 0;
};

/// The precision with the fewest bits, or the one that is asked for.
[[nodiscard]] inline PricedPresence priced_presence(const PresenceTreeCounts& counts, int bits_asked) {
  std::optional<PricedPresence> best;
  for (int bits = bits_asked > 0 ? bits_asked : 3; bits <= (bits_asked > 0 ? bits_asked : 16); ++bits) {
    PricedPresence priced{presence_model(counts, PresenceLevels(bits)), 0, 0};
    priced.bits = presence_bits(priced.model, counts);
    priced.bits_model = model_bits(priced.model);
    if (!best || priced.bits + priced.bits_model < best->bits + best->bits_model) best = std::move(priced);
  }
  return *best;
}

inline void choose_values(const CodeCounts& counts, int bits_asked, MessageModels& models) {
  double best = std::numeric_limits<double>::infinity();
  for (int bits = bits_asked > 0 ? bits_asked : 2; bits <= (bits_asked > 0 ? bits_asked : 14); ++bits) {
    ValueModel model = value_model(counts, bits);
    const double of_values = value_bits(model, counts);
    const double of_model = model_bits(model);
    if (of_values + of_model >= best) continue;
    best = of_values + of_model;
    models.values = std::move(model);
    models.bits_value = of_values;
    models.bits_value_model = of_model;
  }
}

/// What an edge costs to send: its parent, and one more probability.
[[nodiscard]] inline double edge_bits(Index n_latents, Index n_samples) {
  return std::log2(static_cast<double>(n_latents)) + 0.5 * std::log2(static_cast<double>(n_samples)) + 2;
}

}  // namespace detail

/// Chooses the models of a message from what was counted of its samples.
/// \param pairs  of the same samples, or none: then no forest is tried
[[nodiscard]] inline MessageModels message_models(const CodeCounts& counts, const std::optional<PairCounts>& pairs,
                                                  const MessageSettings& settings, Threads threads) {
  MessageModels models;
  detail::choose_values(counts, settings.value_bits, models);
  const PresenceTreeCounts alone(counts);
  detail::PricedPresence chosen = detail::priced_presence(alone, settings.presence_bits);
  models.bits_independent = chosen.bits + chosen.bits_model;
  if (pairs) {
    const double samples = static_cast<double>(counts.n_samples());
    const double least = detail::edge_bits(counts.n_latents(), counts.n_samples()) / samples;
    const PresenceTreeCounts in_forest(chow_liu_tree(*pairs, least, threads), *pairs);
    detail::PricedPresence forest = detail::priced_presence(in_forest, settings.presence_bits);
    models.bits_forest = forest.bits + forest.bits_model;
    if (settings.tree == MessageSettings::Tree::Always || models.bits_forest < models.bits_independent)
      chosen = std::move(forest);
  }
  models.presence = std::move(chosen.model);
  models.bits_presence = chosen.bits;
  models.bits_presence_model = chosen.bits_model;
  return models;
}

}  // namespace parsae::inline PARSAE_ABI

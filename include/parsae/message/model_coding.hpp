// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/adaptive_bit.hpp>
#include <parsae/message/bit_meter.hpp>
#include <parsae/message/histogram_model.hpp>
#include <parsae/message/presence_model.hpp>
#include <parsae/message/value_model.hpp>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// The order of a presence model in a message, for writer and reader: for each latent whether it has a parent and
/// which, then its levels.
struct PresenceModelCoding {
  explicit PresenceModelCoding(int bits) : alone(bits + 1), parent_inactive(bits + 1), parent_active(bits + 1) {}

  AdaptiveBit has_parent;
  AdaptiveNumbers alone;
  AdaptiveNumbers parent_inactive;
  AdaptiveNumbers parent_active;
};

enum class Forest { None, Sent };

/// \param encoder  RangeEncoder or BitMeter
template <class Encoder>
void encode_presence_model(Encoder& encoder, const PresenceModel& model, Forest forest) {
  PresenceModelCoding coding(model.levels.bits());
  const auto n_latents = static_cast<std::uint64_t>(model.n_latents());
  for (Index j = 0; j < model.n_latents(); ++j) {
    const LatentId parent = model.tree.parents[j];
    const bool has_parent = parent != PresenceTree::none;
    if (forest == Forest::Sent) coding.has_parent.encode(encoder, has_parent);
    if (!has_parent) {
      coding.alone.encode(encoder, model.parent_inactive[j]);
      continue;
    }
    encoder.encode({.begin = static_cast<std::uint64_t>(parent), .size = 1, .total = n_latents});
    coding.parent_inactive.encode(encoder, model.parent_inactive[j]);
    coding.parent_active.encode(encoder, model.parent_active[j]);
  }
}

/// Nothing when the bytes hold no model. Parents may still be in a circle.
[[nodiscard]] inline bool decode_presence_model(RangeDecoder& decoder, Index n_latents, Forest forest,
                                                PresenceModel& model) {
  PresenceModelCoding coding(model.levels.bits());
  const auto total = static_cast<std::uint64_t>(n_latents);
  for (Index j = 0; j < n_latents; ++j) {
    const bool has_parent = forest == Forest::Sent && coding.has_parent.decode(decoder);
    LatentId parent = PresenceTree::none;
    if (has_parent) {
      const std::uint64_t part = decoder.part_of(total);
      decoder.take({.begin = part, .size = 1, .total = total});
      parent = static_cast<LatentId>(part);
    }
    model.tree.parents.push_back(parent);
    model.parent_inactive.push_back((has_parent ? coding.parent_inactive : coding.alone).decode(decoder));
    model.parent_active.push_back(has_parent ? coding.parent_active.decode(decoder) : 0);
    const std::uint32_t always = model.levels.always();
    if (model.parent_inactive[j] > always || model.parent_active[j] > always || decoder.is_overrun()) return false;
  }
  return true;
}

/// Histograms of one bin are not sent.
template <class Encoder>
void encode_value_model(Encoder& encoder, const ValueModel& model) {
  if (model.n_bins == 1) return;
  HistogramModel histograms(model.precision);
  for (Index table = 0; table < model.n_tables(); ++table) histograms.encode(encoder, model.histogram(table));
}

/// \param model  precision, n_bins and table_of_latent are known
[[nodiscard]] inline bool decode_value_model(RangeDecoder& decoder, Index n_tables, ValueModel& model) {
  if (model.n_bins == 1) {
    model.frequencies.assign(n_tables, 1);
    return true;
  }
  HistogramModel histograms(model.precision);
  for (Index table = 0; table < n_tables; ++table) {
    histograms.decode(decoder, model.n_bins, model.frequencies);
    std::uint64_t total = 0;
    for (const std::uint32_t frequency : model.histogram(table)) total += frequency;
    if (total == 0 || total > SymbolInterval::largest_total || decoder.is_overrun()) return false;
  }
  return true;
}

}  // namespace detail

/// Bits of a presence model itself in a message; with a forest, if its tree has edges.
[[nodiscard]] inline double model_bits(const PresenceModel& model) {
  BitMeter meter;
  const detail::Forest forest = model.tree.n_edges() > 0 ? detail::Forest::Sent : detail::Forest::None;
  detail::encode_presence_model(meter, model, forest);
  return meter.bits();
}

/// Bits of a value model itself in a message.
[[nodiscard]] inline double model_bits(const ValueModel& model) {
  BitMeter meter;
  detail::encode_value_model(meter, model);
  return meter.bits();
}

}  // namespace parsae::inline PARSAE_ABI

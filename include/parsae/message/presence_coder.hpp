// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/presence_model.hpp>
#include <parsae/message/presence_order.hpp>
#include <parsae/message/survival_table.hpp>

#include <algorithm>
#include <array>

namespace parsae::inline PARSAE_ABI {

/// Codes which latents of a sample are active, with the probabilities of a PresenceModel.
///
/// Latents are walked in the order of the forest (PresenceOrder), so a latent's parent is known before it. One table of
/// survivals holds the probabilities with inactive parents, one those with active ones; the children of an active
/// latent stand together, so a sample is a few runs of positions in the one table or the other. Steps of the coder: one
/// for each active latent, for each such run and for each group of a table (about as many as active latents), not one
/// for each latent.
class PresenceCoder {
 public:
  /// Memory of one thread.
  class Scratch {
   private:
    friend class PresenceCoder;
    struct Run {
      Index begin = 0;
      Index end = 0;
    };
    Buffer<Run> runs_;         // children of active latents, ascending
    Buffer<Index> positions_;  // of active latents, ascending
  };

  /// The model's tree is a forest: std::invalid_argument otherwise.
  explicit PresenceCoder(const PresenceModel& model) : order_(model.tree) {
    if (!order_.is_complete()) reject("PresenceCoder tree", "a forest", "a latent that is its own ancestor");
    for (SurvivalTable& table : tables_) table.reserve(order_.n_latents());
    for (Index position = 0; position < order_.n_latents(); ++position) {
      const Index latent = order_.latent(position);
      tables_[0].push_back(model.levels, model.parent_inactive[latent]);
      tables_[1].push_back(model.levels, model.parent_active[latent]);
    }
    for (SurvivalTable& table : tables_) table.finish();
  }

  /// \param encoder  RangeEncoder or BitMeter
  /// \param active   the active latents of one sample, each once
  /// Throws std::invalid_argument for a sample that the model says cannot be.
  template <class Encoder>
  void encode(Encoder& encoder, Slice<const LatentId> active, Scratch& scratch) const {
    Buffer<Index>& positions = scratch.positions_;
    positions.clear();
    for (const LatentId latent : active) positions.push_back(order_.position(latent));
    std::sort(positions.begin(), positions.end());
    Index next = 0;
    walk(scratch, [&](const SurvivalTable& table, Index at, Index end) {
      const bool is_here = next < positions.size() && positions[next] < end;
      if (table.is_certain(at)) {
        if (!is_here) reject_sample(at);
      } else if (is_here) {
        const SymbolInterval yes = table.yes_at(at, positions[next]);
        if (yes.size == 0) reject_sample(positions[next]);
        encoder.encode(yes);
      } else {
        const SymbolInterval none = table.none_before(at, end);
        if (none.size < none.total) encoder.encode(none);
      }
      return is_here ? positions[next++] : end;
    });
  }

  /// Appends the active latents of one sample, ascending; of more than `most` it appends most + 1.
  void decode(RangeDecoder& decoder, Index most, Scratch& scratch, Buffer<LatentId>& latents) const {
    const Index first = latents.size();
    walk(scratch, [&](const SurvivalTable& table, Index at, Index end) {
      const Index found = table.is_certain(at) ? at : table.decode(decoder, at, end);
      if (found < end) latents.push_back(order_.latent(found));
      return latents.size() - first > most ? stop : found;
    });
    std::sort(latents.begin() + first, latents.end());
  }

  [[nodiscard]] Index n_latents() const { return order_.n_latents(); }

 private:
  static constexpr Index stop = -1;

  /// choose(table, at, end) returns the first active position in [at, end), or end, or stop.
  template <class Choose>
  void walk(Scratch& scratch, const Choose& choose) const {
    Buffer<Scratch::Run>& runs = scratch.runs_;
    runs.clear();
    Index run = 0;  // the first that is not over
    for (Index at = 0; at < order_.n_latents();) {
      if (run < runs.size() && runs[run].end <= at) {
        ++run;
        continue;
      }
      const bool has_run = run < runs.size();
      const bool parent_is_active = has_run && runs[run].begin <= at;
      const SurvivalTable& table = tables_[parent_is_active ? 1 : 0];
      const Index limit = parent_is_active ? runs[run].end : has_run ? runs[run].begin : order_.n_latents();
      const Index end = std::min(limit, table.group_end(at));
      const Index found = choose(table, at, end);
      if (found == stop) return;
      at = found;
      if (found == end) continue;
      if (order_.children_begin(found) < order_.children_end(found))
        runs.push_back({order_.children_begin(found), order_.children_end(found)});
      ++at;
    }
  }

  [[noreturn]] void reject_sample(Index position) const {
    reject("PresenceCoder sample", "a sample that its model can say",
           "another state of latent " + std::to_string(order_.latent(position)));
  }

  PresenceOrder order_;
  std::array<SurvivalTable, 2> tables_;  // parent inactive, parent active
};

}  // namespace parsae::inline PARSAE_ABI

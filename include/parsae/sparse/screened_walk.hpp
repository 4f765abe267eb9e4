// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/screen_product.hpp>
#include <parsae/sparse/screened_filter.hpp>
#include <parsae/sparse/walk_rules.hpp>

namespace parsae::inline PARSAE_ABI {

/// The walk with certified bounds from low-precision products. A task codes its samples, computes one tile of bounds
/// after the other and shows it to every rule's filter.
template <SelectionFor<float>... Selections>
class ScreenedWalk {
 public:
  using Rules = WalkRules<float, Selections...>;

  /// Summed over rules and workers of the last run.
  struct Counts {
    Index survivors = 0;
    Index rescored = 0;
  };

  /// \param latents  coded w_enc and b_enc
  template <class Code>
  Counts run(const Rules& rules, Index block, Index group_bytes, const Matrix<float>& inputs,
             const ScreenedLatents<Code>& latents, const Matrix<float>& w_enc, const Vector<float>& b_enc,
             Threads threads) {
    const Index batch = inputs.cols();
    const auto n = static_cast<std::size_t>(threads.count());
    if (workers_.size() < n) workers_.resize(n);
    for (Worker& worker : workers_) reset(worker, rules, block, latents.n_words(), w_enc.cols());
    const Index panel_bytes = std::max<Index>(latents.n_words() * Product<Code>::latents * 4, 1);
    const Index group = std::max<Index>(group_bytes / panel_bytes, 1);
    threads.for_each(divide_up(batch, block), [&](Index task, int worker) {
      const SampleRange range{task * block, std::min(batch, (task + 1) * block)};
      run_block<Code>(workers_[static_cast<std::size_t>(worker)], worker, rules, range, group, latents,
                      {&inputs, &w_enc, &b_enc});
    });
    return add_counts();
  }

 private:
  template <class Code>
  using Product = ScreenProduct<Code>;
  static constexpr Index tile_samples = PanelProduct<float>::samples;
  static constexpr Index tile_latents = PanelProduct<float>::latents;
  static constexpr Index tile_size = tile_samples * tile_latents;

  /// Panels of the first group: the higher first floor of more panels spares a quarter of the entries that wait (970 ->
  /// 740 a sample at 768 x 12288, k = 32), which pays for tiles that leave the first-level cache.
  static constexpr Index first_panels = 64;

  struct Source {
    const Matrix<float>* inputs = nullptr;
    const Matrix<float>* w_enc = nullptr;
    const Vector<float>* b_enc = nullptr;
  };

  struct Worker {
    Buffer<float> spread;  ///< the samples of a tile with their copies
    Buffer<std::uint32_t> scratch;
    Buffer<std::uint32_t> words;
    Buffer<SampleBound> bounds;
    Buffer<float> upper = Buffer<float>(first_panels * tile_size);
    Buffer<float> lower = Buffer<float>(first_panels * tile_size);
    std::tuple<ScreenedFilter<Selections>...> filters;
  };

  static void reset(Worker& worker, const Rules& rules, Index block, Index n_words, Index n_latents) {
    worker.scratch.reserve(n_words);
    worker.words.reserve(block * n_words);
    worker.bounds.reserve(block);
    Rules::for_each([&](auto r) { std::get<r>(worker.filters).reset(rules.template rule<r>(), block, n_latents); });
  }

  /// \param group  panels that stay in the second-level cache while the samples pass
  template <class Code>
  static void run_block(Worker& worker, int id, const Rules& rules, SampleRange range, Index group,
                        const ScreenedLatents<Code>& latents, const Source& source) {
    const float underflow = underflow_bound(latents.shares().size(source.inputs->rows()));
    pack_samples(worker, range, *source.inputs, latents);
    Rules::for_each([&](auto r) {
      std::get<r>(worker.filters)
          .begin(rules.template rule<r>(), rules.template worker<r>(id), range,
                 {source.inputs, source.w_enc, source.b_enc});
    });
    for (Index first = 0, last = 0; first < latents.n_panels(); first = last) {
      last = std::min(first + Rules::group_size(first, group, first_panels), latents.n_panels());
      for (Index at = 0; at < range.size(); at += tile_samples)
        run_tile<Code>(worker, id, rules, at, std::min(tile_samples, range.size() - at), first, last, latents,
                       underflow);
    }
    Rules::for_each(
        [&](auto r) { std::get<r>(worker.filters).end(rules.template rule<r>(), rules.template worker<r>(id)); });
  }

  /// The samples [at, at + n_samples) of the block and the panels [first, last).
  template <class Code>
  static void run_tile(Worker& worker, int id, const Rules& rules, Index at, Index n_samples, Index first, Index last,
                       const ScreenedLatents<Code>& latents, float underflow) {
    const Index n_words = latents.n_words();
    Rules::pass(
        first, last,
        [&](Index panel, Index slot) {
          Product<Code>::multiply(worker.words.data() + at * n_words, worker.bounds.data() + at, latents.panel(panel),
                                  n_words, underflow, worker.upper.data() + slot * tile_size,
                                  worker.lower.data() + slot * tile_size);
        },
        [&](Index n_panels) {
          Rules::for_each(
              [&](auto r) { std::get<r>(worker.filters).see_first(worker.lower.data(), at, n_samples, n_panels); });
        },
        [&](Index panel, Index slot) {
          Rules::for_each([&](auto r) {
            std::get<r>(worker.filters)
                .take(rules.template rule<r>(), rules.template worker<r>(id), worker.upper.data() + slot * tile_size,
                      worker.lower.data() + slot * tile_size, at, n_samples, panel * tile_latents);
          });
        });
  }

  template <class Code>
  static void pack_samples(Worker& worker, SampleRange range, const Matrix<float>& inputs,
                           const ScreenedLatents<Code>& latents) {
    const InputShares& shares = latents.shares();
    const Index n_inputs = inputs.rows();
    const Index n_entries = shares.size(n_inputs);
    const Index n_words = latents.n_words();
    const Index padded = divide_up(range.size(), tile_samples) * tile_samples;
    worker.scratch.resize(n_words);
    worker.words.resize(padded * n_words);
    worker.bounds.resize(padded);
    if (!shares.empty()) worker.spread.resize(tile_samples * n_entries);
    for (Index at = 0; at < range.size(); at += tile_samples) {
      const Index count = std::min(tile_samples, range.size() - at);
      const float* samples = inputs.data() + (range.begin + at) * n_inputs;
      if (!shares.empty()) {
        for (Index i = 0; i < count; ++i)
          shares.spread_sample(samples + i * n_inputs, worker.spread.data() + i * n_entries);
        samples = worker.spread.data();
      }
      Product<Code>::pack_samples(samples, n_entries, count, n_entries, worker.scratch.data(),
                                  worker.words.data() + at * n_words, worker.bounds.data() + at);
    }
  }

  [[nodiscard]] Counts add_counts() const {
    Counts total;
    for (const Worker& worker : workers_) {
      Rules::for_each([&](auto r) {
        total.survivors += std::get<r>(worker.filters).counts().survivors;
        total.rescored += std::get<r>(worker.filters).counts().rescored;
      });
    }
    return total;
  }

  std::vector<Worker> workers_;
};

}  // namespace parsae::inline PARSAE_ABI

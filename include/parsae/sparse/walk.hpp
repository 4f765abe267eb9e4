// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/selection.hpp>

#include <array>
#include <tuple>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// From centered inputs to sparse codes without ever holding the n_latents x batch matrix of pre-activations.
///
/// Each task is a block of samples. It packs the latents group by group, computes one register tile after the other,
/// and hands the entries that reach the floors to the selection rules. Several rules share the products of one walk (a
/// main code and an auxiliary one); each gets floors, a buffer and a code of its own. All memory is kept for the next
/// walk.
///
/// The codes are the same bits for every block size, group size, number of threads and buffer size.
template <class Scalar, SelectionFor<Scalar>... Selections>
class Walk {
 public:
  struct Settings {
    Index block = 1200;          ///< most samples of a task, >= 1; a small one packs the latents again and again
    Index group_bytes = 400000;  ///< packed latents that stay in the second-level cache while the samples pass, >= 1
  };

  Walk() : Walk(Settings()) {}
  explicit Walk(const Settings& settings) : settings_(settings) {
    require_at_least("Walk block", settings.block, Index{1});
    require_at_least("Walk group_bytes", settings.group_bytes, Index{1});
  }

  template <class>
  using CodeOf = SparseCode<Scalar>;

  /// \param inputs  n_inputs x batch, scaled and centered
  /// \param w_enc   n_inputs x n_latents
  /// \param b_enc   n_latents
  /// \param codes   one for each rule; replaced
  void run(const Matrix<Scalar>& inputs, const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc, Threads threads,
           const Selections&... selections, CodeOf<Selections>&... codes) {
    require_shape("Walk w_enc", w_enc.rows(), w_enc.cols(), inputs.rows(), b_enc.size());
    const Rules rules(selections...);
    const Index batch = inputs.cols();
    const Index block = block_size(batch, threads);
    prepare(rules, threads.count());
    threads.for_each(divide_up(batch, block), [&](Index task, int worker) {
      const SampleRange range{task * block, std::min(batch, (task + 1) * block)};
      run_block(workers_[static_cast<std::size_t>(worker)], worker, rules, range, inputs, w_enc, b_enc);
    });
    finish(rules, std::tie(codes...), threads.count(), EachRule());
  }

 private:
  using Product = PanelProduct<Scalar>;
  using Rules = std::tuple<const Selections&...>;
  using EachRule = std::index_sequence_for<Selections...>;
  static constexpr std::size_t n_rules = sizeof...(Selections);

  /// What one rule needs of one worker, beside the rule's own scratch.
  struct Filter {
    Buffer<Scalar> by_sample;
    Buffer<Scalar> by_latent;  ///< padded to whole panels with floor_never
    Buffer<Candidate<Scalar>> kept;
    Index capacity = 0;
    Floors<Scalar> floors;
  };

  struct Worker {
    Buffer<Scalar> packed_samples;
    Buffer<Scalar> packed_latents;
    Buffer<Scalar> bias;
    Buffer<Scalar> tile = Buffer<Scalar>(Product::samples * Product::latents);
    std::array<Filter, n_rules> filters;
  };

  /// One tile of pre-activations and where it lies.
  struct Tile {
    const Scalar* pre_acts = nullptr;  ///< Product::samples x Product::latents, a sample after the other
    Index first_sample = 0;
    Index n_samples = 0;
    Index first_latent = 0;
  };

  /// Whole register tiles, and at least one block for each thread.
  [[nodiscard]] Index block_size(Index batch, Threads threads) const {
    const Index n_blocks = std::max<Index>(divide_up(batch, settings_.block), threads.count());
    return std::max(divide_up(divide_up(batch, n_blocks), Product::samples), Index{1}) * Product::samples;
  }

  void prepare(const Rules& rules, int n_workers) {
    const auto n = static_cast<std::size_t>(n_workers);
    if (workers_.size() < n) workers_.resize(n);
    prepare_rules(rules, n, EachRule());
  }

  template <std::size_t... R>
  void prepare_rules(const Rules& rules, std::size_t n, std::index_sequence<R...>) {
    (
        [&] {
          while (std::get<R>(rule_workers_).size() < n)
            std::get<R>(rule_workers_).push_back(std::get<R>(rules).worker());
        }(),
        ...);
  }

  void run_block(Worker& worker, int id, const Rules& rules, SampleRange range, const Matrix<Scalar>& inputs,
                 const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc) {
    const Index n_inputs = inputs.rows();
    const Index n_latents = w_enc.cols();
    const Index n_panels = divide_up(n_latents, Product::latents);
    const Index panel_size = n_inputs * Product::latents;
    const Index group =
        std::clamp<Index>(settings_.group_bytes / std::max<Index>(panel_size * static_cast<Index>(sizeof(Scalar)), 1),
                          1, std::max<Index>(n_panels, 1));

    pack_block(worker, range, inputs);
    begin_rules(worker, id, rules, range, n_latents, EachRule());
    for (Index first = 0; first < n_panels; first += group) {
      const Index last = std::min(first + group, n_panels);
      pack_group(worker, first, last, w_enc, b_enc);
      for (Index at = range.begin; at < range.end; at += Product::samples) {
        const Scalar* samples = worker.packed_samples.data() + (at - range.begin) * n_inputs;
        for (Index panel = first; panel < last; ++panel) {
          Product::multiply(samples, worker.packed_latents.data() + (panel - first) * panel_size, n_inputs,
                            worker.bias.data() + (panel - first) * Product::latents, worker.tile.data());
          const Tile tile{worker.tile.data(), at, std::min(Product::samples, range.end - at), panel * Product::latents};
          filter_rules(worker, id, rules, range, tile, EachRule());
        }
      }
    }
    end_rules(worker, id, rules, range, EachRule());
  }

  static void pack_block(Worker& worker, SampleRange range, const Matrix<Scalar>& inputs) {
    const Index n_inputs = inputs.rows();
    worker.packed_samples.resize(divide_up(range.size(), Product::samples) * Product::samples * n_inputs);
    for (Index at = range.begin; at < range.end; at += Product::samples)
      Product::pack_samples(inputs.data() + at * n_inputs, n_inputs, std::min(Product::samples, range.end - at),
                            n_inputs, worker.packed_samples.data() + (at - range.begin) * n_inputs);
  }

  static void pack_group(Worker& worker, Index first, Index last, const Matrix<Scalar>& w_enc,
                         const Vector<Scalar>& b_enc) {
    const Index n_inputs = w_enc.rows();
    worker.packed_latents.resize((last - first) * n_inputs * Product::latents);
    worker.bias.assign((last - first) * Product::latents, Scalar(0));
    for (Index panel = first; panel < last; ++panel) {
      const Index latent = panel * Product::latents;
      const Index count = std::min(Product::latents, w_enc.cols() - latent);
      Product::pack_latents(w_enc.data() + latent * n_inputs, count, n_inputs,
                            worker.packed_latents.data() + (panel - first) * n_inputs * Product::latents);
      std::copy_n(b_enc.data() + latent, count, worker.bias.data() + (panel - first) * Product::latents);
    }
  }

  template <std::size_t... R>
  void begin_rules(Worker& worker, int id, const Rules& rules, SampleRange range, Index n_latents,
                   std::index_sequence<R...>) {
    (
        [&] {
          Filter& filter = worker.filters[R];
          filter.by_sample.resize(range.size());
          filter.by_latent.assign(divide_up(n_latents, Product::latents) * Product::latents, floor_never<Scalar>);
          filter.floors = {filter.by_sample.slice(), filter.by_latent.slice().part(0, n_latents)};
          filter.capacity = std::get<R>(rules).buffer_size(range.size());
          filter.kept.clear();
          filter.kept.reserve(filter.capacity);
          std::get<R>(rules).begin(rule_worker<R>(id), range, filter.floors);
        }(),
        ...);
  }

  template <std::size_t... R>
  void filter_rules(Worker& worker, int id, const Rules& rules, SampleRange range, const Tile& tile,
                    std::index_sequence<R...>) {
    (filter_tile(worker.filters[R], std::get<R>(rules), rule_worker<R>(id), range, tile), ...);
  }

  template <std::size_t... R>
  void end_rules(Worker& worker, int id, const Rules& rules, SampleRange range, std::index_sequence<R...>) {
    (std::get<R>(rules).end(rule_worker<R>(id), range, worker.filters[R].kept), ...);
  }

  template <std::size_t... R>
  void finish(const Rules& rules, std::tuple<CodeOf<Selections>&...> codes, int n_workers, std::index_sequence<R...>) {
    (std::get<R>(rules).finish({std::get<R>(rule_workers_).data(), n_workers}, std::get<R>(codes)), ...);
  }

  /// The only filter loop of parsae.
  template <class Rule>
  static void filter_tile(Filter& filter, const Rule& rule, typename Rule::Worker& rule_worker, SampleRange range,
                          const Tile& tile) {
    const Scalar* by_latent = filter.by_latent.data() + tile.first_latent;
    if (*std::min_element(by_latent, by_latent + Product::latents) == floor_never<Scalar>) return;
    for (Index i = 0; i < tile.n_samples; ++i) {
      const Scalar* row = tile.pre_acts + i * Product::latents;
      const Scalar* by_sample = filter.by_sample.data() + (tile.first_sample - range.begin) + i;
      if (!any_reaches(row, *by_sample, by_latent)) continue;
      if (filter.kept.size() + Product::latents > filter.capacity)
        rule.tighten(rule_worker, range, filter.floors, filter.kept);
      for (Index j = 0; j < Product::latents; ++j)
        if (row[j] >= std::max(*by_sample, by_latent[j]))
          filter.kept.push_back(
              {row[j], static_cast<LatentId>(tile.first_latent + j), static_cast<SampleId>(tile.first_sample + i)});
    }
  }

  /// Nearly every row of a tile has no survivor once the floors have risen: this test is what the filter costs then,
  /// and a loop without branches becomes a handful of vector comparisons.
  [[nodiscard]] static bool any_reaches(const Scalar* row, Scalar by_sample, const Scalar* by_latent) {
    int reached = 0;
    for (Index j = 0; j < Product::latents; ++j) reached |= (row[j] >= by_sample) & (row[j] >= by_latent[j]);
    return reached != 0;
  }

  template <std::size_t R>
  auto& rule_worker(int id) {
    return std::get<R>(rule_workers_)[static_cast<std::size_t>(id)];
  }

  Settings settings_;
  std::vector<Worker> workers_;
  std::tuple<std::vector<typename Selections::Worker>...> rule_workers_;
};

}  // namespace parsae::inline PARSAE_ABI

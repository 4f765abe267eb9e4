// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/exact_filter.hpp>
#include <parsae/sparse/walk_rules.hpp>

#include <array>

namespace parsae::inline PARSAE_ABI {

/// The walk with every pre-activation in full precision. A task packs the latents group by group, computes one register
/// tile after the other and shows it to every rule's filter.
template <class Scalar, SelectionFor<Scalar>... Selections>
class ExactWalk {
 public:
  using Rules = WalkRules<Scalar, Selections...>;

  void run(const Rules& rules, Index block, Index group_bytes, const Matrix<Scalar>& inputs,
           const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc, Threads threads) {
    const Index batch = inputs.cols();
    const auto n = static_cast<std::size_t>(threads.count());
    if (workers_.size() < n) workers_.resize(n);
    const Index panel_bytes = std::max<Index>(panel_size(inputs.rows()) * static_cast<Index>(sizeof(Scalar)), 1);
    const Index group = std::max<Index>(group_bytes / panel_bytes, 1);
    for (Worker& worker : workers_) reserve(worker, rules, block, group, w_enc.rows(), w_enc.cols());
    threads.for_each(divide_up(batch, block), [&](Index task, int worker) {
      const SampleRange range{task * block, std::min(batch, (task + 1) * block)};
      run_block(workers_[static_cast<std::size_t>(worker)], worker, rules, range, group, inputs, w_enc, b_enc);
    });
  }

 private:
  using Product = PanelProduct<Scalar>;
  static constexpr Index tile_size = Product::samples * Product::latents;

  struct Worker {
    Buffer<Scalar> packed_samples;
    Buffer<Scalar> packed_latents;
    Buffer<Scalar> bias;
    Buffer<Scalar> tiles = Buffer<Scalar>(LaneMaxima<Scalar>::panels * tile_size);
    std::tuple<ExactFilter<Scalar, Selections>...> filters;
  };

  [[nodiscard]] static Index panel_size(Index n_inputs) { return n_inputs * Product::latents; }

  static void reserve(Worker& worker, const Rules& rules, Index block, Index group, Index n_inputs, Index n_latents) {
    const Index n_panels = std::min(Rules::largest_group(group), divide_up(n_latents, Product::latents));
    worker.packed_samples.reserve(block * n_inputs);
    worker.packed_latents.reserve(n_panels * panel_size(n_inputs));
    worker.bias.reserve(n_panels * Product::latents);
    Rules::for_each([&](auto r) { std::get<r>(worker.filters).reserve(rules.template rule<r>(), block, n_latents); });
  }

  /// \param group  panels that stay in the second-level cache while the samples pass
  static void run_block(Worker& worker, int id, const Rules& rules, SampleRange range, Index group,
                        const Matrix<Scalar>& inputs, const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc) {
    const Index n_inputs = inputs.rows();
    const Index n_panels = divide_up(w_enc.cols(), Product::latents);
    pack_samples(worker, range, inputs);
    Rules::for_each([&](auto r) {
      std::get<r>(worker.filters).begin(rules.template rule<r>(), rules.template worker<r>(id), range, w_enc.cols());
    });
    for (Index first = 0, last = 0; first < n_panels; first = last) {
      last = std::min(first + Rules::group_size(first, group), n_panels);
      pack_group(worker, first, last, w_enc, b_enc);
      for (Index at = 0; at < range.size(); at += Product::samples)
        run_tile(worker, id, rules, at, std::min(Product::samples, range.size() - at), first, last, n_inputs);
    }
    Rules::for_each(
        [&](auto r) { std::get<r>(worker.filters).end(rules.template rule<r>(), rules.template worker<r>(id)); });
  }

  /// The samples [at, at + n_samples) of the block and the packed panels [first, last).
  static void run_tile(Worker& worker, int id, const Rules& rules, Index at, Index n_samples, Index first, Index last,
                       Index n_inputs) {
    Rules::pass(
        first, last,
        [&](Index panel, Index slot) {
          Product::multiply(worker.packed_samples.data() + at * n_inputs,
                            worker.packed_latents.data() + (panel - first) * panel_size(n_inputs), n_inputs,
                            worker.bias.data() + (panel - first) * Product::latents,
                            worker.tiles.data() + slot * tile_size);
        },
        [&](Index n_panels) {
          Rules::for_each(
              [&](auto r) { std::get<r>(worker.filters).see_first(worker.tiles.data(), at, n_samples, n_panels); });
        },
        [&](Index panel, Index slot) {
          Rules::for_each([&](auto r) {
            std::get<r>(worker.filters)
                .take(rules.template rule<r>(), rules.template worker<r>(id), worker.tiles.data() + slot * tile_size,
                      at, n_samples, panel * Product::latents);
          });
        });
  }

  static void pack_samples(Worker& worker, SampleRange range, const Matrix<Scalar>& inputs) {
    const Index n_inputs = inputs.rows();
    worker.packed_samples.resize(divide_up(range.size(), Product::samples) * Product::samples * n_inputs);
    for (Index at = 0; at < range.size(); at += Product::samples)
      Product::pack_samples(inputs.data() + (range.begin + at) * n_inputs, n_inputs,
                            std::min(Product::samples, range.size() - at), n_inputs,
                            worker.packed_samples.data() + at * n_inputs);
  }

  static void pack_group(Worker& worker, Index first, Index last, const Matrix<Scalar>& w_enc,
                         const Vector<Scalar>& b_enc) {
    const Index n_inputs = w_enc.rows();
    worker.packed_latents.resize((last - first) * panel_size(n_inputs));
    worker.bias.assign((last - first) * Product::latents, Scalar(0));
    for (Index panel = first; panel < last; ++panel) {
      const Index latent = panel * Product::latents;
      const Index count = std::min(Product::latents, w_enc.cols() - latent);
      Product::pack_latents(w_enc.data() + latent * n_inputs, count, n_inputs,
                            worker.packed_latents.data() + (panel - first) * panel_size(n_inputs));
      std::copy_n(b_enc.data() + latent, count, worker.bias.data() + (panel - first) * Product::latents);
    }
  }

  std::vector<Worker> workers_;
};

}  // namespace parsae::inline PARSAE_ABI

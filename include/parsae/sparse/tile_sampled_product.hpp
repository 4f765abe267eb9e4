// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/sample_blocks.hpp>
#include <parsae/sparse/used_latents.hpp>

#include <vector>

namespace parsae::inline PARSAE_ABI {

/// sampled_product for codes that are not sparse: the dense product of the used latents, in register tiles, from which
/// the stored entries are picked. Its sums are chains over the outputs in ascending order, those of sampled_product run
/// in lanes, so the two differ by roundings.
template <class Scalar>
class TileSampledProduct {
 public:
  /// \param dictionary  n_outputs x n_latents
  /// \param d_recon     n_outputs x batch
  /// \param used        those of `code`
  /// \param d_values    one for each stored entry; resized
  void run(const Matrix<Scalar>& dictionary, const Matrix<Scalar>& d_recon, const SparseCode<Scalar>& code,
           const UsedLatents<Scalar>& used, Threads threads, Buffer<Scalar>& d_values) {
    const SampleBlocks blocks(code.n_samples(), Product::samples, threads);
    const Index n_panels = divide_up(used.size(), Product::latents);
    const Index group = group_of(dictionary.rows());
    d_values.resize(code.stored());
    prepare(threads.count(), blocks.size(), group, dictionary.rows());
    threads.for_each(blocks.count(), [&](Index task, int id) {
      Worker& worker = workers_[static_cast<std::size_t>(id)];
      const SampleRange range = blocks.range(task);
      begin(worker, d_recon, range);
      for (Index first = 0; first < n_panels; first += group) {
        const Index last = std::min(first + group, n_panels);
        for (Index panel = first; panel < last; ++panel)
          pack_panel(dictionary, used, panel, worker.panels.data() + (panel - first) * panel_size(dictionary.rows()));
        multiply(worker, code, used, range, first, last, dictionary.rows(), d_values);
      }
    });
  }

 private:
  using Product = PanelProduct<Scalar>;

  struct Worker {
    Buffer<Scalar> samples;  ///< n_tiles x n_outputs x samples
    Buffer<Scalar> panels;   ///< group x n_outputs x latents
    Buffer<Scalar> tile = Buffer<Scalar>(Product::samples * Product::latents);
  };

  [[nodiscard]] static Index panel_size(Index n_outputs) { return n_outputs * Product::latents; }

  /// Panels that stay in the second-level cache while the samples pass.
  [[nodiscard]] static Index group_of(Index n_outputs) {
    const Index bytes = panel_size(std::max(n_outputs, Index{1})) * static_cast<Index>(sizeof(Scalar));
    return std::max(Index{400'000} / bytes, Index{1});
  }

  void prepare(int n_workers, Index block, Index group, Index n_outputs) {
    if (workers_.size() < static_cast<std::size_t>(n_workers)) workers_.resize(static_cast<std::size_t>(n_workers));
    for (Worker& worker : workers_) {
      worker.samples.resize(block * n_outputs);
      worker.panels.resize(group * panel_size(n_outputs));
    }
  }

  static void begin(Worker& worker, const Matrix<Scalar>& d_recon, SampleRange range) {
    const Index n_outputs = d_recon.rows();
    for (Index i = range.begin; i < range.end; i += Product::samples)
      Product::pack_samples(d_recon.data() + i * n_outputs, n_outputs, std::min(Product::samples, range.end - i),
                            n_outputs, worker.samples.data() + (i - range.begin) * n_outputs);
  }

  static void pack_panel(const Matrix<Scalar>& dictionary, const UsedLatents<Scalar>& used, Index panel, Scalar* to) {
    constexpr Index rows = 16;  // a strip of outputs stays in L1 while the panel's columns pass over it
    const Index first = panel * Product::latents;
    const Index n_outputs = dictionary.rows();
    for (Index begin = 0; begin < n_outputs; begin += rows) {
      const Index end = std::min(begin + rows, n_outputs);
      for (Index j = 0; j < Product::latents; ++j) {
        const Scalar* from = first + j < used.size() ? dictionary.data() + used.latent(first + j) * n_outputs : nullptr;
        for (Index q = begin; q < end; ++q) to[q * Product::latents + j] = from == nullptr ? Scalar(0) : from[q];
      }
    }
  }

  static void multiply(Worker& worker, const SparseCode<Scalar>& code, const UsedLatents<Scalar>& used,
                       SampleRange range, Index first, Index last, Index n_outputs, Buffer<Scalar>& d_values) {
    for (Index i = range.begin; i < range.end; i += Product::samples)
      for (Index panel = first; panel < last; ++panel) {
        std::fill(worker.tile.begin(), worker.tile.end(), Scalar(0));
        Product::accumulate(worker.samples.data() + (i - range.begin) * n_outputs,
                            worker.panels.data() + (panel - first) * panel_size(n_outputs), Product::latents, n_outputs,
                            worker.tile.data());
        pick(worker.tile.data(), code, used, {i, std::min(i + Product::samples, range.end)}, panel, d_values);
      }
  }

  /// Takes from the tile what the code stores in it.
  static void pick(const Scalar* row, const SparseCode<Scalar>& code, const UsedLatents<Scalar>& used,
                   SampleRange samples, Index panel, Buffer<Scalar>& d_values) {
    for (Index i = samples.begin; i < samples.end; ++i, row += Product::latents)
      PackedRow<Scalar>::pack(row, used.bits(panel, i), d_values.data() + used.first_entry(code, panel, i));
  }

  std::vector<Worker> workers_;
};

}  // namespace parsae::inline PARSAE_ABI

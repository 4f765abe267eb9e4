// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/panel_product.hpp>

#include <vector>

namespace parsae::inline PARSAE_ABI {

/// All pre-activations of a few samples, spread evenly over a batch: what statistics of pre-activations are measured
/// on, since the walk never shows those that no rule wants. Memory is kept from batch to batch.
template <class Scalar>
class PreActivationProbe {
 public:
  static constexpr Index n_samples = 12;  ///< whole tiles of every instruction set

  /// \param inputs  n_inputs x batch, scaled and centered
  /// \return  n_latents x min(batch, n_samples); column t belongs to sample t batch / min(batch, n_samples)
  const Matrix<Scalar>& run(const Matrix<Scalar>& inputs, const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc,
                            Threads threads) {
    const Index n = std::min(inputs.cols(), n_samples);
    samples_.resize(inputs.rows(), n);
    for (Index t = 0; t < n; ++t) samples_.col(t) = inputs.col(t * inputs.cols() / n);
    packed_samples_.resize(divide_up(n, Product::samples) * Product::samples * inputs.rows());
    for (Index at = 0; at < n; at += Product::samples)
      Product::pack_samples(samples_.data() + at * inputs.rows(), inputs.rows(), std::min(Product::samples, n - at),
                            inputs.rows(), packed_samples_.data() + at * inputs.rows());

    pre_acts_.resize(w_enc.cols(), n);
    const auto n_workers = static_cast<std::size_t>(threads.count());
    if (workers_.size() < n_workers) workers_.resize(n_workers);
    for (Worker& worker : workers_) worker.packed_latents.resize(inputs.rows() * Product::latents);
    threads.for_each(divide_up(w_enc.cols(), block), [&](Index task, int id) {
      const Index last = std::min(w_enc.cols(), (task + 1) * block);
      for (Index first = task * block; first < last; first += Product::latents)
        run_panel(workers_[static_cast<std::size_t>(id)], first, std::min(Product::latents, last - first), w_enc,
                  b_enc);
    });
    return pre_acts_;
  }

 private:
  using Product = PanelProduct<Scalar>;
  static constexpr Index block = 256;  ///< latents of a task: whole panels
  static_assert(n_samples % Product::samples == 0 && block % Product::latents == 0);

  struct Worker {
    Buffer<Scalar> packed_latents;
    Buffer<Scalar> bias = Buffer<Scalar>(Product::latents);
    Buffer<Scalar> tile = Buffer<Scalar>(Product::samples * Product::latents);
  };

  void run_panel(Worker& worker, Index first, Index count, const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc) {
    const Index n_inputs = w_enc.rows();
    Product::pack_latents(w_enc.data() + first * n_inputs, count, n_inputs, worker.packed_latents.data());
    worker.bias.assign(Product::latents, Scalar(0));
    std::copy_n(b_enc.data() + first, count, worker.bias.data());
    for (Index at = 0; at < pre_acts_.cols(); at += Product::samples) {
      Product::multiply(packed_samples_.data() + at * n_inputs, worker.packed_latents.data(), n_inputs,
                        worker.bias.data(), worker.tile.data());
      for (Index i = 0; i < std::min(Product::samples, pre_acts_.cols() - at); ++i)
        std::copy_n(worker.tile.data() + i * Product::latents, count,
                    pre_acts_.data() + (at + i) * w_enc.cols() + first);
    }
  }

  Matrix<Scalar> samples_;
  Buffer<Scalar> packed_samples_;
  Matrix<Scalar> pre_acts_;
  std::vector<Worker> workers_;
};

}  // namespace parsae::inline PARSAE_ABI

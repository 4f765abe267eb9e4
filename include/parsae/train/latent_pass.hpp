// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/objective.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/optim/optimizer.hpp>
#include <parsae/sparse/latent_major.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// One branch of a step, as the latent pass needs it: the code latent by latent, and dL/d of its reconstruction.
template <class Scalar>
struct Branch {
  SparseCode<Scalar> code;
  Matrix<Scalar> recon;     ///< n_outputs x batch
  Matrix<Scalar> d_recon;   ///< n_outputs x batch
  Buffer<Scalar> d_values;  ///< one for each stored entry
  LatentMajor<Scalar> by_latent;

  [[nodiscard]] bool is_used() const { return code.stored() > 0; }
};

/// The backward pass and the update of everything a latent owns, one latent at a time.
///
/// Inside one latent, in this order: code losses, activation backward, its part of the gradient of b_dec with the old
/// column of w_enc, gradient columns of both weights over all branches, projection on the tangent of the old decoder
/// column, clip factor, optimizer, renormalization. No gradient matrix exists: a column lives in one worker's scratch.
///
/// Sums over latents are taken in blocks of 256, added in block order, so nothing depends on the number of threads.
template <Activation Act, class Optimizer>
class LatentPass {
 public:
  using Scalar = typename Act::Scalar;
  using Model = Autoencoder<Act>;
  using State = OptimizerState<Scalar, Optimizer::n_moments>;
  using OptimizerStep = decltype(std::declval<const Optimizer&>().template begin_step<Scalar>(Index{}, 0.0));

  /// What a pass sums over all latents.
  template <std::size_t n_code_losses>
  struct Sums {
    std::array<double, n_code_losses> code_losses{};
    double squared_gradient = 0;  ///< of all arrays that latents own
  };

  explicit LatentPass(Model& model) : model_(&model) {
    model.visit_arrays([&](const ParameterArray<Scalar>& array) {
      if (array.role != Role::Learned) return;
      if (array.axis == Axis::Latent) {
        arrays_.push_back({array, n_learned_, gradient_size_});
        gradient_size_ += array.rows;
      }
      ++n_learned_;
    });
  }

  /// Computes the gradient latent by latent and what it sums to. Calls apply(latent, gradient) after each latent, from
  /// several threads: the place to update it, or to do nothing when only the sums are wanted.
  template <class Objective, class Apply>
  auto run(const Objective& objective, const Matrix<Scalar>& centered, const Branch<Scalar>& main,
           const Branch<Scalar>& auxiliary, Threads threads, const Apply& apply) {
    constexpr std::size_t n_losses = Objective::n_code_losses;
    const Index n_blocks = divide_up(model_->n_latents(), block);
    partial_losses_.assign(n_blocks * static_cast<Index>(n_losses + 1), 0.0);
    const bool centering = model_->encoder.centering == Centering::DecoderBias;
    if (centering) partial_b_dec_.setZero(model_->n_outputs(), n_blocks);
    if (workers_.size() < static_cast<std::size_t>(threads.count()))
      workers_.resize(static_cast<std::size_t>(threads.count()));
    active_.resize(model_->n_latents());
    for (Worker& worker : workers_) worker.reserve(main.code.n_samples());

    threads.for_each(n_blocks, [&](Index task, int id) {
      Worker& worker = workers_[static_cast<std::size_t>(id)];
      worker.gradient.resize(gradient_size_);
      std::array<double, n_losses> losses{};
      double squared = 0;
      const Index last = std::min(model_->n_latents(), (task + 1) * block);
      for (Index j = task * block; j < last; ++j) {
        const Scalar d_bias = differentiate(worker, j, objective, centered, main, auxiliary, losses);
        if (centering && d_bias != 0)
          Column<Scalar>::add_scaled(-d_bias, model_->encoder.w_enc.data() + j * model_->n_inputs(),
                                     partial_b_dec_.data() + task * model_->n_outputs(), model_->n_outputs());
        squared +=
            static_cast<double>(Column<Scalar>::dot(worker.gradient.data(), worker.gradient.data(), gradient_size_));
        apply(j, worker.gradient.slice());
      }
      double* partial = partial_losses_.data() + task * static_cast<Index>(n_losses + 1);
      std::copy(losses.begin(), losses.end(), partial);
      partial[n_losses] = squared;
    });

    Sums<n_losses> sums;
    for (Index task = 0; task < n_blocks; ++task) {
      const double* partial = partial_losses_.data() + task * static_cast<Index>(n_losses + 1);
      for (std::size_t loss = 0; loss < n_losses; ++loss) sums.code_losses[loss] += partial[loss];
      sums.squared_gradient += partial[n_losses];
    }
    d_b_dec_.setZero(model_->n_outputs());
    for (Index task = 0; centering && task < n_blocks; ++task) d_b_dec_ += partial_b_dec_.col(task);
    return sums;
  }

  /// Updates everything that latent `j` owns. Called from `apply`.
  void update(Index j, Slice<const Scalar> gradient, Scalar scale, const OptimizerStep& step, State& state) const {
    for (const OwnedArray& owned : arrays_) {
      const Index rows = owned.array.rows;
      step.update(scale, owned.array.of_latent(j), gradient.part(owned.gradient_at, rows),
                  state.slices(owned.learned_index, j * rows, rows));
    }
    model_->decoder.renormalize(j);
    model_->activation.constrain(j);
  }

  /// The part of dL/d b_dec that comes through the centered inputs of the last run; zero without centering.
  [[nodiscard]] const Vector<Scalar>& d_b_dec() const { return d_b_dec_; }

  /// Samples of the last batch in which each latent was active in the main code.
  [[nodiscard]] Slice<const std::int32_t> active() const { return active_.slice(); }

 private:
  static constexpr Index block = 256;

  /// A learned array with an entry (or a column) for each latent, and where its gradient lies in the scratch.
  struct OwnedArray {
    ParameterArray<Scalar> array;
    std::size_t learned_index = 0;
    Index gradient_at = 0;
  };

  struct Worker {
    Buffer<Scalar> gradient;  ///< of one latent: all owned arrays, one after the other
    Buffer<Scalar> value;
    Buffer<Scalar> gate;
    Buffer<Scalar> pre_act;
    Buffer<Scalar> d_pre_acts;

    /// A latent has at most one entry a sample. Which worker meets the busiest latent is chance: without this, a step
    /// would allocate whenever a worker meets a busier one than before.
    void reserve(Index batch) {
      for (Buffer<Scalar>* entries : {&value, &gate, &pre_act, &d_pre_acts}) entries->reserve(batch);
    }
  };

  /// Where the model's own arrays lie in the scratch, in the order of visit_arrays.
  [[nodiscard]] Scalar* d_w_enc(Worker& worker) const { return worker.gradient.data(); }
  [[nodiscard]] Scalar& d_b_enc(Worker& worker) const { return worker.gradient[model_->n_inputs()]; }
  [[nodiscard]] Scalar* d_w_dec(Worker& worker) const { return worker.gradient.data() + model_->n_inputs() + 1; }
  [[nodiscard]] Slice<Scalar> d_own(Worker& worker) const {
    const Index first = model_->n_inputs() + 1 + model_->n_outputs();
    return worker.gradient.slice().part(first, gradient_size_ - first);
  }

  /// Leaves the gradient of latent j in the worker's scratch; returns the sum of dL/d pre_act over its entries.
  template <class Objective, std::size_t n_losses>
  Scalar differentiate(Worker& worker, Index j, const Objective& objective, const Matrix<Scalar>& centered,
                       const Branch<Scalar>& main, const Branch<Scalar>& auxiliary,
                       std::array<double, n_losses>& losses) {
    std::fill(worker.gradient.begin(), worker.gradient.end(), Scalar(0));
    const Scalar* direction = model_->decoder.w_dec.data() + j * model_->n_outputs();
    const Index n_outputs = model_->n_outputs();

    const LatentEntries<Scalar> entries = main.by_latent.entries(j);
    active_[j] = static_cast<std::int32_t>(
        std::count_if(entries.values.begin(), entries.values.end(), [](Scalar value) { return value != 0; }));
    LatentGradient<Scalar> gradient = start_gradient(worker, main.by_latent.d_values(j));
    const Scalar norm = std::sqrt(Column<Scalar>::dot(direction, direction, n_outputs));
    objective.add_code_losses(entries, norm, main.code.n_samples(), gradient, losses);
    model_->activation.backward(entries, gradient, worker.d_pre_acts.slice(), d_own(worker));
    add_columns(worker, entries, centered, main.d_recon);
    if (gradient.decoder_norm != 0 && norm > 0)
      Column<Scalar>::add_scaled(gradient.decoder_norm / norm, direction, d_w_dec(worker), n_outputs);

    if (auxiliary.is_used()) {
      const LatentEntries<Scalar> extra = auxiliary.by_latent.entries(j);
      gradient = start_gradient(worker, auxiliary.by_latent.d_values(j));
      pass_through_backward(extra, gradient, worker.d_pre_acts.slice());
      add_columns(worker, extra, centered, auxiliary.d_recon);
    }
    project(worker, direction);
    return d_b_enc(worker);
  }

  LatentGradient<Scalar> start_gradient(Worker& worker, Slice<const Scalar> d_values) const {
    worker.value.clear();
    worker.value.append(d_values);
    worker.gate.assign(d_values.size(), Scalar(0));
    worker.pre_act.assign(d_values.size(), Scalar(0));
    worker.d_pre_acts.resize(d_values.size());
    return {worker.value.slice(), worker.gate.slice(), worker.pre_act.slice(), Scalar(0)};
  }

  /// d w_enc += sum_i d_pre_i x_i,  d b_enc += sum_i d_pre_i,  d w_dec += sum_i f_i d_recon_i
  void add_columns(Worker& worker, const LatentEntries<Scalar>& entries, const Matrix<Scalar>& centered,
                   const Matrix<Scalar>& d_recon) const {
    const auto input = [&](Index e) { return centered.data() + entries.samples[e] * centered.rows(); };
    const auto output = [&](Index e) { return d_recon.data() + entries.samples[e] * d_recon.rows(); };
    Column<Scalar>::add_scaled_columns(worker.d_pre_acts.data(), input, entries.size(), d_w_enc(worker),
                                       centered.rows());
    Column<Scalar>::add_scaled_columns(entries.values.data(), output, entries.size(), d_w_dec(worker), d_recon.rows());
    for (Index e = 0; e < entries.size(); ++e) d_b_enc(worker) += worker.d_pre_acts[e];
  }

  /// Unit norm: removes the part of the decoder's gradient along the column.
  void project(Worker& worker, const Scalar* direction) const {
    if (model_->decoder.norm == DecoderNorm::Free) return;
    const Index n_outputs = model_->n_outputs();
    const Scalar along = Column<Scalar>::dot(d_w_dec(worker), direction, n_outputs);
    if (along != 0) Column<Scalar>::add_scaled(-along, direction, d_w_dec(worker), n_outputs);
  }

  Model* model_;
  std::vector<OwnedArray> arrays_;
  std::size_t n_learned_ = 0;
  Index gradient_size_ = 0;
  std::vector<Worker> workers_;
  Buffer<double> partial_losses_;
  Matrix<Scalar> partial_b_dec_;
  Vector<Scalar> d_b_dec_;
  Buffer<std::int32_t> active_;
};

}  // namespace parsae::inline PARSAE_ABI

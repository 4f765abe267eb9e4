// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/optim/optimizer.hpp>
#include <parsae/train/latent_backward.hpp>

#include <array>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The backward pass and the update of everything a latent owns, one latent at a time.
///
/// Inside one latent, in this order: its gradient (LatentBackward), its part of the gradient of b_dec with the old
/// column of w_enc, clip factor, optimizer, renormalization. No gradient matrix exists: a column lives in one worker's
/// scratch. Latents that have an entry in many samples are taken in groups, which makes their sums dense products.
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
        if (array.name == "w_dec") layout_.size = layout_.w_dec = round_up(layout_.size);
        arrays_.push_back({array, n_learned_, layout_.size});
        layout_.size += array.rows;
      }
      ++n_learned_;
    });
    layout_.b_enc = model.n_inputs();
    layout_.own = layout_.w_dec + model.n_outputs();
    layout_.n_own = layout_.size - layout_.own;
    layout_.size = round_up(layout_.size);
  }

  /// Computes the gradient latent by latent and what it sums to. Calls apply(latent, gradient) after each latent, from
  /// several threads: the place to update it, or to do nothing when only the sums are wanted.
  template <class Objective, class Apply>
  auto run(const Objective& objective, const Matrix<Scalar>& centered, const Branch<Scalar>& main,
           const Branch<Scalar>& auxiliary, Threads threads, const Apply& apply) {
    constexpr auto n_losses = static_cast<Index>(Objective::n_code_losses);
    const Inputs inputs{centered, main, auxiliary, centered_slices_, main_slices_, auxiliary_slices_};
    const Index n_blocks = divide_up(model_->n_latents(), block);
    prepare(inputs, Objective::AuxiliaryLoss::decoder, n_blocks, threads);
    value_sums_.assign(Objective::needs_value_moments ? model_->n_latents() : 0, 0.0);
    value_squares_.assign(value_sums_.size(), 0.0);
    partial_losses_.assign(n_blocks * (n_losses + 1), 0.0);
    threads.for_each(n_blocks, [&](Index task, int id) {
      std::array<double, Objective::n_code_losses> losses{};
      const double squared = run_block(workers_[static_cast<std::size_t>(id)], task, objective, inputs, losses, apply);
      double* partial = partial_losses_.data() + task * (n_losses + 1);
      std::copy(losses.begin(), losses.end(), partial);
      partial[n_losses] = squared;
    });

    Sums<Objective::n_code_losses> sums;
    for (Index task = 0; task < n_blocks; ++task) {
      const double* partial = partial_losses_.data() + task * (n_losses + 1);
      for (Index loss = 0; loss < n_losses; ++loss) sums.code_losses[static_cast<std::size_t>(loss)] += partial[loss];
      sums.squared_gradient += partial[n_losses];
    }
    d_b_dec_.setZero(model_->n_outputs());
    for (Index task = 0; centers() && task < n_blocks; ++task) d_b_dec_ += partial_b_dec_.col(task);
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

  /// Sums of each latent's values in that code, and of their squares; empty unless the objective needs them.
  [[nodiscard]] Slice<const double> value_sums() const { return value_sums_.slice(); }
  [[nodiscard]] Slice<const double> value_squares() const { return value_squares_.slice(); }

 private:
  static constexpr Index block = 256;
  using Inputs = BackwardInputs<Scalar>;
  using Backward = LatentBackward<Act>;

  /// A learned array with an entry (or a column) for each latent, and where its gradient lies in the scratch.
  struct OwnedArray {
    ParameterArray<Scalar> array;
    std::size_t learned_index = 0;
    Index gradient_at = 0;
  };

  struct Worker {
    Backward backward;
    Buffer<Scalar> gradients;  ///< of one latent, or of a group
    Buffer<LatentId> group;
  };

  /// The next place in the scratch where a column is aligned to whole cache lines.
  [[nodiscard]] static Index round_up(Index at) { return divide_up(at, 64) * 64; }

  [[nodiscard]] bool centers() const { return model_->encoder.centering == Centering::DecoderBias; }

  void prepare(const Inputs& inputs, AuxiliaryDecoder auxiliary_decoder, Index n_blocks, Threads threads) {
    active_.resize(model_->n_latents());
    if (centers()) partial_b_dec_.setZero(model_->n_outputs(), n_blocks);
    const bool groups = find_groups(inputs, n_blocks);
    if (groups) {
      centered_slices_.pack(inputs.centered, threads);
      main_slices_.pack(inputs.main.d_recon, threads);
      if (inputs.auxiliary.is_used() && auxiliary_decoder == AuxiliaryDecoder::Trained)
        auxiliary_slices_.pack(inputs.auxiliary.d_recon, threads);
    }
    if (workers_.size() < static_cast<std::size_t>(threads.count()))
      workers_.resize(static_cast<std::size_t>(threads.count()));
    for (Worker& worker : workers_) {
      worker.backward.reserve(inputs.centered.cols(), groups);
      worker.gradients.resize(layout_.size * (groups ? Backward::group : 1));
      worker.group.reserve(Backward::group);
    }
  }

  /// Marks the latents of each block that have entries enough, provided that together they fill their tiles. None
  /// where latents feel different gradients of the reconstruction, since a group shares one.
  [[nodiscard]] bool find_groups(const Inputs& inputs, Index n_blocks) {
    bool any = false;
    const Index batch = inputs.centered.cols();
    const Index cost = TileChoice<Scalar>::entry_cost(batch, std::max(model_->n_inputs(), model_->n_outputs()));
    in_groups_.assign(model_->n_latents(), 0);
    if (inputs.main.has_prefixes()) return false;
    for (Index task = 0; task < n_blocks; ++task) {
      const Index last = std::min(model_->n_latents(), (task + 1) * block);
      Index n = 0;
      Index stored = 0;
      for (Index j = task * block; j < last; ++j) {
        const Index count = n_entries(inputs, j);
        in_groups_[j] = count * cost >= batch;
        n += in_groups_[j];
        stored += in_groups_[j] * count;
      }
      if (n == 0) continue;
      if (TileChoice<Scalar>::prefers_tiles(stored, n, batch, cost))
        any = true;
      else
        std::fill(in_groups_.data() + task * block, in_groups_.data() + last, std::uint8_t{0});
    }
    return any;
  }

  [[nodiscard]] static Index n_entries(const Inputs& inputs, Index j) {
    return inputs.main.by_latent.count_of(j) +
           (inputs.auxiliary.is_used() ? inputs.auxiliary.by_latent.count_of(j) : 0);
  }

  /// The latents without a group, then the groups. Returns the sum of all squared gradients.
  template <class Objective, std::size_t n_losses, class Apply>
  double run_block(Worker& worker, Index task, const Objective& objective, const Inputs& inputs,
                   std::array<double, n_losses>& losses, const Apply& apply) {
    const Index last = std::min(model_->n_latents(), (task + 1) * block);
    double squared = 0;
    for (Index j = task * block; j < last; ++j) {
      if (in_groups_[j] != 0) continue;
      worker.backward.differentiate(*model_, layout_, objective, inputs, j, worker.gradients.data(), losses);
      squared += finish(task, j, inputs.main, worker.gradients.data(), apply);
    }
    for (Index j = task * block; j < last;) {
      worker.group.clear();
      for (; j < last && worker.group.size() < Backward::group; ++j)
        if (in_groups_[j] != 0) worker.group.push_back(static_cast<LatentId>(j));
      if (worker.group.empty()) break;
      worker.backward.differentiate_group(*model_, layout_, objective, inputs, worker.group.slice(),
                                          worker.gradients.data(), losses);
      for (Index at = 0; at < worker.group.size(); ++at)
        squared += finish(task, worker.group[at], inputs.main, worker.gradients.data() + at * layout_.size, apply);
    }
    return squared;
  }

  /// What follows on a latent's gradient. Returns its square.
  template <class Apply>
  double finish(Index task, Index j, const Branch<Scalar>& main, const Scalar* gradient, const Apply& apply) {
    const Slice<const Scalar> values = main.by_latent.entries(j).values;
    active_[j] =
        static_cast<std::int32_t>(std::count_if(values.begin(), values.end(), [](Scalar value) { return value != 0; }));
    if (!value_sums_.empty()) sum_values(j, values);
    if (centers() && gradient[layout_.b_enc] != 0)
      Column<Scalar>::add_scaled(-gradient[layout_.b_enc], model_->encoder.w_enc.data() + j * model_->n_inputs(),
                                 partial_b_dec_.data() + task * model_->n_outputs(), model_->n_outputs());
    const Scalar squared = Column<Scalar>::dot(gradient, gradient, layout_.size);
    apply(j, Slice<const Scalar>(gradient, layout_.size));
    return static_cast<double>(squared);
  }

  void sum_values(Index j, Slice<const Scalar> values) {
    double sum = 0;
    double squares = 0;
    for (const Scalar entry : values) {
      const double value = static_cast<double>(entry);
      sum += value;
      squares += value * value;
    }
    value_sums_[j] = sum;
    value_squares_[j] = squares;
  }

  Model* model_;
  std::vector<OwnedArray> arrays_;
  std::size_t n_learned_ = 0;
  GradientLayout layout_;
  std::vector<Worker> workers_;
  ColumnSlices<Scalar> centered_slices_;
  ColumnSlices<Scalar> main_slices_;
  ColumnSlices<Scalar> auxiliary_slices_;
  Buffer<std::uint8_t> in_groups_;  ///< n_latents flags: the latent's sums are computed in tiles
  Buffer<double> partial_losses_;
  Matrix<Scalar> partial_b_dec_;
  Vector<Scalar> d_b_dec_;
  Buffer<std::int32_t> active_;
  Buffer<double> value_sums_;
  Buffer<double> value_squares_;
};

}  // namespace parsae::inline PARSAE_ABI

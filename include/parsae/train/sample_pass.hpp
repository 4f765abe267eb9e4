// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/auxiliary.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/sparse/column_sums.hpp>
#include <parsae/sparse/sampled_product.hpp>
#include <parsae/sparse/tile_decode.hpp>
#include <parsae/sparse/tile_sampled_product.hpp>
#include <parsae/train/branch.hpp>
#include <parsae/train/prefix_pass.hpp>
#include <parsae/train/stage_times.hpp>

#include <limits>

namespace parsae::inline PARSAE_ABI {

/// The part of a training step that goes sample by sample: reconstructions of
/// the codes, their losses, and the gradient at the values of the codes. Leaves
/// in each branch the count of its latents, recon, d_recon and d_values.
template <Activation Act, class Objective>
class SamplePass {
 public:
  using Scalar = typename Act::Scalar;
  using Model = Autoencoder<Act>;

  /// What a pass sums over all samples.
  struct Sums {
    double reconstruction = 0;  ///< the loss
    double auxiliary = 0;       ///< the loss; 0 without an auxiliary code
    double fvu = 0;             ///< of the main reconstruction, about the batch's own mean;
                                ///< NaN without variation
  };

  /// \param targets  n_outputs x batch, not scaled
  /// \param weights  batch entries, for the reconstruction loss
  Sums run(const Model& model, const Objective& objective, const Matrix<Scalar>& targets, Slice<const Scalar> weights,
           Branch<Scalar>& main, Branch<Scalar>& auxiliary, Threads threads, StageTimes& stages) {
    const Pass pass{model, objective, targets, weights, threads, stages};
    Sums sums;
    const double variation = take(pass);
    if constexpr (nests_prefixes) PrefixPass<Scalar>::prepare(objective.reconstruction(), targets.rows(), main);
    order(pass, main);
    main.recon.resize(targets.rows(), targets.cols());
    main.d_recon.resize(targets.rows(), targets.cols());
    main.d_values.resize(main.code.stored());
    sums.reconstruction = main.has_prefixes()                  ? run_prefixes(pass, main)
                          : main.prefers_tiles(targets.rows()) ? run_in_tiles(pass, main)
                                                               : run_sparsely(pass, main);
    double error = 0;
    for (const double squares : errors_) error += squares;
    sums.fvu = error == 0 ? 0 : variation > 0 ? error / variation : std::numeric_limits<double>::quiet_NaN();
    if constexpr (Objective::has_auxiliary)
      if (has_full_target || auxiliary.is_used()) sums.auxiliary = run_auxiliary(pass, auxiliary);
    return sums;
  }

  /// Scaled targets minus main reconstructions of the last run, n_outputs x batch.
  [[nodiscard]] const Matrix<Scalar>& residual() const { return residual_; }

 private:
  static constexpr bool nests_prefixes = NestsPrefixes<typename Objective::ReconstructionLoss>;

  /// An auxiliary loss on the full target is there even when its code is empty: the bias alone reconstructs.
  static constexpr bool has_full_target = Objective::AuxiliaryLoss::target == AuxiliaryTarget::Full;

  /// The arguments that every stage needs.
  struct Pass {
    const Model& model;
    const Objective& objective;
    const Matrix<Scalar>& targets;
    Slice<const Scalar> weights;
    Threads threads;
    StageTimes& stages;

    [[nodiscard]] const Matrix<Scalar>& dictionary() const { return model.decoder.w_dec; }
    [[nodiscard]] Slice<const Scalar> b_dec() const { return {model.decoder.b_dec.data(), model.decoder.b_dec.size()}; }
  };

  /// Scales the targets; returns their variation.
  double take(const Pass& pass) {
    const StageClock clock(pass.stages.losses);
    residual_.resize(pass.targets.rows(), pass.targets.cols());
    errors_.resize(pass.targets.cols());
    scale_targets(pass);
    return sums_.squares_about_mean(residual_, pass.threads);
  }

  void scale_targets(const Pass& pass) {
    constexpr Index block = 64;
    const Index n = pass.targets.cols();
    pass.threads.for_each(divide_up(n, block), [&](Index task, int) {
      const Index count = std::min(block, n - task * block);
      residual_.middleCols(task * block, count) =
          pass.model.output_scale * pass.targets.middleCols(task * block, count);
    });
  }

  /// How often each latent is used.
  static void order(const Pass& pass, Branch<Scalar>& branch) {
    const StageClock clock(pass.stages.latent_order);
    branch.by_latent.count(branch.code, pass.model.n_latents(), pass.threads);
    if (branch.prefers_tiles(pass.model.n_outputs())) branch.used.find(branch.code, branch.by_latent, pass.threads);
  }

  /// One sample after the other, so that a sample's dictionary columns are
  /// still in the cache when the gradient needs them again (27 -> 13 ms at
  /// 12288 latents, k = 32, 2048 samples, one core).
  double run_sparsely(const Pass& pass, Branch<Scalar>& main) {
    const StageClock clock(pass.stages.decode);
    return sums_.add_blocks(main.code.n_samples(), pass.threads, [&](SampleRange range) {
      double loss = 0;
      for (Index i = range.begin; i < range.end; ++i) {
        decode_sample(pass.dictionary(), pass.b_dec(), main.code, i, main.recon.col(i).data());
        loss += compare(pass, main, i);
        sampled_product_of(pass.dictionary(), main.d_recon.col(i).data(), main.code, i, main.d_values);
      }
      return loss;
    });
  }

  /// The same where prefixes of the latents have losses, too.
  double run_prefixes(const Pass& pass, Branch<Scalar>& main) {
    if constexpr (nests_prefixes) {
      const StageClock clock(pass.stages.decode);
      return sums_.add_blocks(main.code.n_samples(), pass.threads, [&](SampleRange range) {
        double loss = 0;
        for (Index i = range.begin; i < range.end; ++i) {
          loss += PrefixPass<Scalar>::run(pass.objective.reconstruction(), pass.dictionary(), pass.b_dec(),
                                          residual_.col(i), pass.weights[i], i, main);
          subtract(main, i);
        }
        return loss;
      });
    }
    return 0;
  }

  double run_in_tiles(const Pass& pass, Branch<Scalar>& main) {
    double loss = 0;
    {
      const StageClock clock(pass.stages.decode);
      tile_decode_.run(pass.dictionary(), pass.b_dec(), main.code, main.used, pass.threads, main.recon);
      loss = sums_.add_blocks(main.code.n_samples(), pass.threads, [&](SampleRange range) {
        double part = 0;
        for (Index i = range.begin; i < range.end; ++i) part += compare(pass, main, i);
        return part;
      });
    }
    const StageClock clock(pass.stages.sampled_product);
    tile_sampled_product_.run(pass.dictionary(), main.d_recon, main.code, main.used, pass.threads, main.d_values);
    return loss;
  }

  /// Sample i's part of the reconstruction loss. Writes dL/d recon, and turns
  /// the target into the residual.
  double compare(const Pass& pass, Branch<Scalar>& main, Index i) {
    const double loss = pass.objective.reconstruction().template add<Scalar>(
        residual_.col(i), main.recon.col(i), pass.weights.part(i, 1), main.d_recon.col(i));
    subtract(main, i);
    return loss;
  }

  void subtract(const Branch<Scalar>& main, Index i) {
    residual_.col(i) -= main.recon.col(i);
    errors_[i] = static_cast<double>(residual_.col(i).squaredNorm());
  }

  /// The auxiliary gradient needs the residual of the whole batch, so its
  /// products come one after the other.
  double run_auxiliary(const Pass& pass, Branch<Scalar>& branch) {
    const Slice<const Scalar> offset = has_full_target ? pass.b_dec() : Slice<const Scalar>();
    order(pass, branch);
    const bool in_tiles = branch.prefers_tiles(pass.model.n_outputs());
    {
      const StageClock clock(pass.stages.decode);
      if (in_tiles)
        tile_decode_.run(pass.dictionary(), offset, branch.code, branch.used, pass.threads, branch.recon);
      else
        sparse_decode(pass.dictionary(), offset, branch.code, pass.threads, branch.recon);
    }
    const double loss = compare_auxiliary(pass, branch);
    const StageClock clock(pass.stages.sampled_product);
    if (in_tiles)
      tile_sampled_product_.run(pass.dictionary(), branch.d_recon, branch.code, branch.used, pass.threads,
                                branch.d_values);
    else
      sampled_product(pass.dictionary(), branch.d_recon, branch.code, pass.threads, branch.d_values);
    return loss;
  }

  double compare_auxiliary(const Pass& pass, Branch<Scalar>& branch) {
    const StageClock clock(pass.stages.losses);
    branch.d_recon.resize(residual_.rows(), residual_.cols());
    if constexpr (has_full_target) {
      scale_targets(pass);
      return add_auxiliary(pass, branch,
                           [&](SampleRange range) { return pass.weights.part(range.begin, range.size()); });
    } else {
      const double variation = sums_.squares_about_mean(residual_, pass.threads);
      return add_auxiliary(pass, branch, [&](SampleRange) { return variation; });
    }
  }

  /// \param measure_of  the sample weights or the residual's variation, of a block
  template <class MeasureOf>
  double add_auxiliary(const Pass& pass, Branch<Scalar>& branch, const MeasureOf& measure_of) {
    return sums_.add_blocks(residual_.cols(), pass.threads, [&](SampleRange range) {
      return pass.objective.auxiliary().template add<Scalar>(
          residual_.middleCols(range.begin, range.size()), branch.recon.middleCols(range.begin, range.size()),
          measure_of(range), branch.d_recon.middleCols(range.begin, range.size()));
    });
  }

  Matrix<Scalar> residual_;  ///< n_outputs x batch; the scaled targets, until they
                             ///< are compared, and again for an auxiliary loss
  Buffer<double> errors_;    ///< for each sample, its squared residual
  ColumnSums<Scalar> sums_;
  TileDecode<Scalar> tile_decode_;
  TileSampledProduct<Scalar> tile_sampled_product_;
};

}  // namespace parsae::inline PARSAE_ABI

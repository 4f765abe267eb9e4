// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/batch.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <vector>

namespace parsae::test {

/// Which entries of a dense matrix (n_latents x batch) count.
using Mask = Eigen::Array<bool, Eigen::Dynamic, Eigen::Dynamic>;
using Select = std::function<Mask(const Matrix<double>& pre_acts)>;

/// The `count` largest positive ones of `entries` (positions in `pre_acts`), by a full sort.
inline void mark_largest(const Matrix<double>& pre_acts, std::vector<Index> entries, Index count, Mask& mask) {
  std::sort(entries.begin(), entries.end(), [&](Index a, Index b) {
    const double value_a = pre_acts.data()[a];
    const double value_b = pre_acts.data()[b];
    return value_a != value_b ? value_a > value_b : a < b;
  });
  count = std::min(count, static_cast<Index>(entries.size()));
  for (std::size_t rank = 0; rank < static_cast<std::size_t>(count); ++rank)
    if (pre_acts.data()[entries[rank]] > 0) mask.data()[entries[rank]] = true;
}

/// The k largest positive ones of each sample, among the latents that `eligible` has.
[[nodiscard]] inline Mask largest_per_sample(const Matrix<double>& pre_acts, Index k,
                                             const std::vector<bool>& eligible) {
  Mask mask = Mask::Constant(pre_acts.rows(), pre_acts.cols(), false);
  for (Index i = 0; i < pre_acts.cols(); ++i) {
    std::vector<Index> entries;
    for (Index j = 0; j < pre_acts.rows(); ++j)
      if (eligible[static_cast<std::size_t>(j)]) entries.push_back(i * pre_acts.rows() + j);
    mark_largest(pre_acts, entries, k, mask);
  }
  return mask;
}

[[nodiscard]] inline Select select_per_sample(Index k) {
  return [k](const Matrix<double>& pre_acts) {
    return largest_per_sample(pre_acts, k, std::vector<bool>(static_cast<std::size_t>(pre_acts.rows()), true));
  };
}

[[nodiscard]] inline Select select_of_batch(Index budget) {
  return [budget](const Matrix<double>& pre_acts) {
    Mask mask = Mask::Constant(pre_acts.rows(), pre_acts.cols(), false);
    std::vector<Index> entries(static_cast<std::size_t>(pre_acts.size()));
    std::iota(entries.begin(), entries.end(), Index{0});
    mark_largest(pre_acts, entries, budget, mask);
    return mask;
  };
}

[[nodiscard]] inline Select select_above(const Vector<double>& threshold) {
  return [threshold](const Matrix<double>& pre_acts) {
    Mask mask(pre_acts.rows(), pre_acts.cols());
    for (Index i = 0; i < pre_acts.cols(); ++i)
      for (Index j = 0; j < pre_acts.rows(); ++j) mask(j, i) = pre_acts(j, i) > threshold(j);
    return mask;
  };
}

/// The training loss in dense matrices and plain loops, with nothing of the library's kernels in it.
struct DenseObjective {
  Select select;
  double l1 = 0;
  bool l1_by_decoder_norm = false;
  double l0 = 0;
  double target_l0 = 0;  ///< 0: no target
  double target_weight = 0;
  double aux_k = 0;  ///< coefficient
  Index k_aux = 0;
  std::vector<bool> eligible;  ///< n_latents; empty: no auxiliary

  /// A forward pass and the terms of its loss.
  struct Result {
    Matrix<double> pre_acts;
    Matrix<double> residual;  ///< scaled target minus reconstruction
    Mask active;
    Mask auxiliary_active;
    double mse = 0;
    double l1 = 0;
    double l0 = 0;
    double target_l0 = 0;
    double aux_k = 0;
    double fvu = 0;

    [[nodiscard]] double loss() const { return mse + l1 + l0 + target_l0 + aux_k; }
  };

  /// How far L0 lies above its target, as a share of it.
  [[nodiscard]] double excess(const Result& result) const {
    return static_cast<double>(result.active.count()) / static_cast<double>(result.active.cols()) / target_l0 - 1;
  }

  /// dL/d L0: what the losses on L0 send to every gate, times the batch.
  [[nodiscard]] double d_l0(const Result& result) const {
    return l0 + (target_l0 > 0 ? 2 * target_weight * excess(result) / target_l0 : 0.0);
  }

  /// What the auxiliary loss takes for constant.
  struct Frozen {
    Matrix<double> residual;
    double variation = 0;  ///< about the mean
  };

  [[nodiscard]] static double squares_about_mean(const Matrix<double>& columns) {
    double squares = 0;
    for (Index q = 0; q < columns.rows(); ++q) {
      double mean = 0;
      for (Index i = 0; i < columns.cols(); ++i) mean += columns(q, i) / static_cast<double>(columns.cols());
      for (Index i = 0; i < columns.cols(); ++i) squares += (columns(q, i) - mean) * (columns(q, i) - mean);
    }
    return squares;
  }

  /// The dense pre-activations of a model, n_latents x batch.
  template <class Model>
  [[nodiscard]] static Matrix<double> pre_activations(const Model& model, const Matrix<double>& inputs, bool centers) {
    Matrix<double> pre_acts(model.n_latents(), inputs.cols());
    for (Index i = 0; i < inputs.cols(); ++i) {
      for (Index j = 0; j < model.n_latents(); ++j) {
        pre_acts(j, i) = model.encoder.b_enc(j);
        for (Index q = 0; q < inputs.rows(); ++q)
          pre_acts(j, i) +=
              model.encoder.w_enc(q, j) * (model.input_scale * inputs(q, i) - (centers ? model.decoder.b_dec(q) : 0));
      }
    }
    return pre_acts;
  }

  /// sum over the latents in `mask` of pre_act * w_dec, without bias.
  template <class Model>
  [[nodiscard]] static Matrix<double> decode(const Model& model, const Matrix<double>& pre_acts, const Mask& mask) {
    Matrix<double> recon = Matrix<double>::Zero(model.n_outputs(), pre_acts.cols());
    for (Index i = 0; i < pre_acts.cols(); ++i)
      for (Index j = 0; j < pre_acts.rows(); ++j)
        for (Index p = 0; mask(j, i) && p < recon.rows(); ++p)
          recon(p, i) += pre_acts(j, i) * model.decoder.w_dec(p, j);
    return recon;
  }

  /// \param frozen  null: this forward pass's own residual
  template <class Model>
  [[nodiscard]] Result evaluate(const Model& model, const Batch<double>& batch, bool centers,
                                const Frozen* frozen = nullptr) const {
    const Index n = batch.inputs.cols();
    Result result;
    result.pre_acts = pre_activations(model, batch.inputs, centers);
    result.active = select(result.pre_acts);

    const Matrix<double> recon = decode(model, result.pre_acts, result.active);
    const Matrix<double> target = model.output_scale * (batch.targets.size() == 0 ? batch.inputs : batch.targets);
    result.residual = target;
    double squared_error = 0;
    for (Index i = 0; i < n; ++i) {
      const double weight = (batch.weight.empty() ? 1.0 : batch.weight[i]) / static_cast<double>(n);
      for (Index p = 0; p < recon.rows(); ++p) {
        const double error = target(p, i) - recon(p, i) - model.decoder.b_dec(p);
        result.residual(p, i) = error;
        result.mse += weight * error * error;
        squared_error += error * error;
      }
    }
    result.fvu = squared_error / squares_about_mean(target);
    add_code_losses(model, result);
    if (!eligible.empty()) {
      const Frozen own{result.residual, squares_about_mean(result.residual)};
      add_auxiliary(model, frozen == nullptr ? own : *frozen, result);
    }
    return result;
  }

 private:
  template <class Model>
  void add_code_losses(const Model& model, Result& result) const {
    if (target_l0 > 0) result.target_l0 = target_weight * excess(result) * excess(result);
    const double n = static_cast<double>(result.pre_acts.cols());
    for (Index j = 0; j < result.pre_acts.rows(); ++j) {
      double squared_norm = 0;
      for (Index p = 0; p < model.n_outputs(); ++p)
        squared_norm += model.decoder.w_dec(p, j) * model.decoder.w_dec(p, j);
      const double weight = l1_by_decoder_norm ? std::sqrt(squared_norm) : 1;
      for (Index i = 0; i < result.pre_acts.cols(); ++i) {
        if (!result.active(j, i)) continue;
        result.l1 += l1 / n * weight * result.pre_acts(j, i);
        result.l0 += l0 / n;
      }
    }
  }

  template <class Model>
  void add_auxiliary(const Model& model, const Frozen& frozen, Result& result) const {
    result.auxiliary_active = largest_per_sample(result.pre_acts, k_aux, eligible);
    const Matrix<double> recon = decode(model, result.pre_acts, result.auxiliary_active);
    for (Index e = 0; e < recon.size(); ++e) {
      const double error = recon.data()[e] - frozen.residual.data()[e];
      result.aux_k += aux_k * error * error / frozen.variation;
    }
  }
};

}  // namespace parsae::test

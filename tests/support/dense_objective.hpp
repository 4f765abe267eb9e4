// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/activation.hpp>
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

/// The `granted` largest positive ones of each latent.
[[nodiscard]] inline Select select_per_latent(Index granted) {
  return [granted](const Matrix<double>& pre_acts) {
    Mask mask = Mask::Constant(pre_acts.rows(), pre_acts.cols(), false);
    for (Index j = 0; j < pre_acts.rows(); ++j) {
      std::vector<Index> entries;
      for (Index i = 0; i < pre_acts.cols(); ++i) entries.push_back(i * pre_acts.rows() + j);
      mark_largest(pre_acts, entries, granted, mask);
    }
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

/// In each sample, k times: the best positive latent that is a root or whose parent is taken.
[[nodiscard]] inline Select select_in_trees(Index k, const std::vector<Index>& parents) {
  return [k, parents](const Matrix<double>& pre_acts) {
    Mask mask = Mask::Constant(pre_acts.rows(), pre_acts.cols(), false);
    for (Index i = 0; i < pre_acts.cols(); ++i)
      for (Index step = 0; step < k; ++step) {
        std::vector<Index> open;
        for (Index j = 0; j < pre_acts.rows(); ++j) {
          const Index parent = parents[static_cast<std::size_t>(j)];
          if (!mask(j, i) && (parent < 0 || mask(parent, i))) open.push_back(i * pre_acts.rows() + j);
        }
        mark_largest(pre_acts, open, 1, mask);
      }
    return mask;
  };
}

/// The training loss in dense matrices and plain loops, with nothing of the library's kernels in it.
struct DenseObjective {
  Select select;
  std::vector<Index> prefixes;         ///< ends of those that have a squared error besides the full one
  std::vector<double> prefix_weights;  ///< one for each, and for the full one; empty: 1
  double l1 = 0;
  bool l1_by_decoder_norm = false;
  double l0 = 0;
  double target_l0 = 0;  ///< 0: no target
  double target_weight = 0;
  double mdl = 0;  ///< coefficient
  double mdl_noise = 0.04;
  bool mdl_counts_presence = true;
  bool mdl_counts_values = true;
  double aux_k = 0;  ///< coefficient
  Index k_aux = 0;
  std::vector<bool> eligible;  ///< n_latents; empty: no AuxK
  double gate_l1 = 0;
  bool gate_l1_by_decoder_norm = false;
  double gate_reconstruction = 0;  ///< coefficient
  bool freezes_decoder = false;    ///< the auxiliary loss, whichever there is

  /// A forward pass and the terms of its loss.
  struct Result {
    Matrix<double> pre_acts;
    Matrix<double> values;                       ///< of what is active
    Matrix<double> residual;                     ///< scaled target minus reconstruction
    std::vector<Matrix<double>> felt_residuals;  ///< for each latent, the weighted sum over prefixes that contain it
    Mask selected;
    Mask active;  ///< selected, and the value is positive
    Mask auxiliary_active;
    double mse = 0;
    double l1 = 0;
    double l0 = 0;
    double target_l0 = 0;
    double mdl = 0;
    double aux_k = 0;
    double gate_l1 = 0;
    double gate_reconstruction = 0;
    double fvu = 0;

    [[nodiscard]] double loss() const {
      return mse + l1 + l0 + target_l0 + mdl + aux_k + gate_l1 + gate_reconstruction;
    }
  };

  /// How far L0 lies above its target, as a share of it.
  [[nodiscard]] double excess(const Result& result) const {
    return static_cast<double>(result.active.count()) / static_cast<double>(result.active.cols()) / target_l0 - 1;
  }

  /// Of one latent's values in the batch.
  struct CodeMoments {
    double samples = 0;
    double active = 0;
    double mean = 0;
    double variance = 0;

    [[nodiscard]] double rate() const { return (active + 0.5) / (samples + 1); }
  };

  [[nodiscard]] static CodeMoments moments_of(const Result& result, Index j) {
    CodeMoments moments{static_cast<double>(result.active.cols())};
    for (Index i = 0; i < result.active.cols(); ++i) moments.active += result.active(j, i) ? 1 : 0;
    for (Index i = 0; i < result.active.cols(); ++i)
      if (result.active(j, i)) moments.mean += result.values(j, i) / moments.active;
    for (Index i = 0; i < result.active.cols(); ++i)
      if (result.active(j, i)) moments.variance += std::pow(result.values(j, i) - moments.mean, 2) / moments.active;
    return moments;
  }

  /// What the description length adds at a threshold in the middle of a window: the price of one more activation and,
  /// on the tangent at `value`, the bits of a value of `theta`.
  [[nodiscard]] double price_at_threshold(const Result& result, Index j, double norm, double theta,
                                          double value) const {
    const CodeMoments moments = moments_of(result, j);
    const double variance = norm * norm * moments.variance + mdl_noise;
    const double off = moments.active > 0 ? norm * (value - moments.mean) : 0;
    const double bits = std::log2(variance / mdl_noise) / 2 + (off * off + mdl_noise) / (2 * variance * std::log(2.0));
    const double tangent = bits + (theta - value) * norm * off / (variance * std::log(2.0));
    const double presence = std::log2(1 / moments.rate() - 1);
    return mdl * ((mdl_counts_presence ? presence : 0) + (mdl_counts_values ? tangent : 0));
  }

  /// dL/d L0: what the losses on L0 send to every gate, times the batch.
  [[nodiscard]] double d_l0(const Result& result) const {
    return l0 + (target_l0 > 0 ? 2 * target_weight * excess(result) / target_l0 : 0.0);
  }

  /// What the auxiliary loss takes for constant; the decoder only where it is frozen.
  struct Frozen {
    Matrix<double> residual;
    double variation = 0;  ///< about the mean
    Matrix<double> w_dec;
    Vector<double> b_dec;
  };

  template <class Model>
  [[nodiscard]] static Frozen freeze(const Model& model, const Matrix<double>& residual) {
    return {residual, squares_about_mean(residual), model.decoder.w_dec, model.decoder.b_dec};
  }

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

  /// The values that latents would have if they were active: the pre-activations, or what a magnitude path makes of
  /// them.
  template <class Model>
  [[nodiscard]] static Matrix<double> values_of(const Model& model, const Matrix<double>& pre_acts) {
    Matrix<double> values = pre_acts;
    if constexpr (HasGate<typename Model::ActivationType>)
      for (Index i = 0; i < values.cols(); ++i)
        for (Index j = 0; j < values.rows(); ++j)
          values(j, i) = std::exp(model.activation.log_scale()(j)) * pre_acts(j, i) + model.activation.shift()(j);
    return values;
  }

  /// sum over the latents in `mask` of value * w_dec, without bias.
  [[nodiscard]] static Matrix<double> decode(const Matrix<double>& w_dec, const Matrix<double>& values,
                                             const Mask& mask) {
    Matrix<double> recon = Matrix<double>::Zero(w_dec.rows(), values.cols());
    for (Index i = 0; i < values.cols(); ++i)
      for (Index j = 0; j < values.rows(); ++j)
        for (Index p = 0; mask(j, i) && p < recon.rows(); ++p) recon(p, i) += values(j, i) * w_dec(p, j);
    return recon;
  }

  /// \param frozen  null: this forward pass's own residual and decoder
  template <class Model>
  [[nodiscard]] Result evaluate(const Model& model, const Batch<double>& batch, bool centers,
                                const Frozen* frozen = nullptr) const {
    Result result;
    result.pre_acts = pre_activations(model, batch.inputs, centers);
    result.values = values_of(model, result.pre_acts);
    result.selected = select(result.pre_acts);
    result.active = result.selected && result.values.array() > 0;

    const Matrix<double> recon = decode(model.decoder.w_dec, result.values, result.active);
    const Matrix<double> target = model.output_scale * (batch.targets.size() == 0 ? batch.inputs : batch.targets);
    result.residual = (target - recon).colwise() - model.decoder.b_dec;
    add_squared_errors(model, target, batch, result);
    result.fvu = result.residual.squaredNorm() / squares_about_mean(target);
    add_code_losses(model, result);
    if (mdl > 0) add_description_length(model, result);
    const Frozen own = freeze(model, result.residual);
    const Frozen& constants = frozen == nullptr ? own : *frozen;
    const Matrix<double>& w_dec = freezes_decoder ? constants.w_dec : model.decoder.w_dec;
    if (!eligible.empty()) add_aux_k(w_dec, constants, result);
    if (gate_reconstruction > 0)
      add_gate_reconstruction(w_dec, freezes_decoder ? constants.b_dec : model.decoder.b_dec, target, batch, result);
    return result;
  }

 private:
  /// sum_i weight_i |columns(:, i)|^2
  [[nodiscard]] static double weighted_squares(const Batch<double>& batch, const Matrix<double>& columns) {
    double squares = 0;
    for (Index i = 0; i < columns.cols(); ++i)
      for (Index p = 0; p < columns.rows(); ++p)
        squares += (batch.weight.empty() ? 1.0 : batch.weight[i]) * columns(p, i) * columns(p, i);
    return squares / static_cast<double>(columns.cols());
  }

  /// Of the full reconstruction and those by prefixes.
  template <class Model>
  void add_squared_errors(const Model& model, const Matrix<double>& target, const Batch<double>& batch,
                          Result& result) const {
    const Index n_latents = result.values.rows();
    result.felt_residuals.assign(static_cast<std::size_t>(n_latents),
                                 Matrix<double>::Zero(target.rows(), target.cols()));
    for (std::size_t p = 0; p <= prefixes.size(); ++p) {
      const Index end = p < prefixes.size() ? prefixes[p] : n_latents;
      const double weight = prefix_weights.empty() ? 1 : prefix_weights[p];
      Mask mask = result.active;
      mask.bottomRows(n_latents - end).setConstant(false);
      const Matrix<double> residual =
          (target - decode(model.decoder.w_dec, result.values, mask)).colwise() - model.decoder.b_dec;
      result.mse += weight * weighted_squares(batch, residual);
      for (Index j = 0; j < end; ++j) result.felt_residuals[static_cast<std::size_t>(j)] += weight * residual;
    }
  }

  template <class Model>
  void add_code_losses(const Model& model, Result& result) const {
    if (target_l0 > 0) result.target_l0 = target_weight * excess(result) * excess(result);
    const double n = static_cast<double>(result.pre_acts.cols());
    for (Index j = 0; j < result.pre_acts.rows(); ++j) {
      double squared_norm = 0;
      for (Index p = 0; p < model.n_outputs(); ++p)
        squared_norm += model.decoder.w_dec(p, j) * model.decoder.w_dec(p, j);
      const double weight = l1_by_decoder_norm ? std::sqrt(squared_norm) : 1;
      const double gate_weight = gate_l1_by_decoder_norm ? std::sqrt(squared_norm) : 1;
      for (Index i = 0; i < result.pre_acts.cols(); ++i) {
        result.gate_l1 += gate_l1 / n * gate_weight * std::max(result.pre_acts(j, i), 0.0);
        if (!result.active(j, i)) continue;
        result.l1 += l1 / n * weight * result.values(j, i);
        result.l0 += l0 / n;
      }
    }
  }

  /// Firing rates and moments of this batch alone, which follow whatever moves.
  template <class Model>
  void add_description_length(const Model& model, Result& result) const {
    const double n = static_cast<double>(result.pre_acts.cols());
    for (Index j = 0; j < result.pre_acts.rows(); ++j) {
      const CodeMoments moments = moments_of(result, j);
      const double presence =
          moments.active * std::log2(1 / moments.rate()) + (n - moments.active) * std::log2(1 / (1 - moments.rate()));
      const double variance = model.decoder.w_dec.col(j).squaredNorm() * moments.variance + mdl_noise;
      const double values = moments.active * (std::log2(variance / mdl_noise) + 1 / std::log(2.0)) / 2;
      result.mdl += mdl / n * ((mdl_counts_presence ? presence : 0) + (mdl_counts_values ? values : 0));
    }
  }

  void add_aux_k(const Matrix<double>& w_dec, const Frozen& constants, Result& result) const {
    result.auxiliary_active = largest_per_sample(result.pre_acts, k_aux, eligible);
    const Matrix<double> recon = decode(w_dec, result.pre_acts, result.auxiliary_active);
    for (Index e = 0; e < recon.size(); ++e) {
      const double error = recon.data()[e] - constants.residual.data()[e];
      result.aux_k += aux_k * error * error / constants.variation;
    }
  }

  void add_gate_reconstruction(const Matrix<double>& w_dec, const Vector<double>& b_dec, const Matrix<double>& target,
                               const Batch<double>& batch, Result& result) const {
    result.auxiliary_active = result.pre_acts.array() > 0;
    const Matrix<double> recon = decode(w_dec, result.pre_acts, result.auxiliary_active);
    result.gate_reconstruction = gate_reconstruction * weighted_squares(batch, (target - recon).colwise() - b_dec);
  }
};

}  // namespace parsae::test

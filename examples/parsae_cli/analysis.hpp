// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_quantizer_search.hpp>
#include <parsae/analysis/description_length.hpp>
#include <parsae/analysis/reconstruction_metrics.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sae.hpp"
#include "top_examples.hpp"

namespace parsae_cli {

/// What is known of one latent.
struct LatentUse {
  double density = 0;      ///< share of samples in which it is active
  double mean_active = 0;  ///< its mean value where it is active
  double energy = 0;       ///< share of all latents' sum of squared contributions
};

/// What an SAE does on a set of samples, with its inference rule.
struct Figures {
  Index n_samples = 0;
  double fvu = 0;                 ///< see parsae::ReconstructionMetrics; explained variance is 1 - fvu
  double mean_squared_error = 0;  ///< a sample, summed over its entries, in the user's units
  double cosine = 0;              ///< mean over samples of cos(x, xhat)
  double norm_ratio = 0;          ///< mean over samples of |xhat| / |x|
  double l0 = 0;                  ///< active latents a sample
  double l0_deviation = 0;        ///< its standard deviation over samples
  double dead_fraction = 0;       ///< latents that are active in no sample
  /// Bits a sample of the coarsest quantized, entropy coded code with an FVU of at most 1.05 times the exact one's, on
  /// the first samples; NaN where 256 bins are too few. The dictionary is not counted.
  double bits_per_sample = std::numeric_limits<double>::quiet_NaN();
};

/// Gathers figures batch by batch. Memory: n_latents x a few numbers, and the first samples_for_bits samples.
class Analysis {
 public:
  static constexpr Index samples_for_bits = 4096;
  static constexpr double allowed_fvu_rise = 1.05;

  Analysis(const Sae& sae, parsae::Threads threads)
      : sae_(&sae),
        threads_(threads),
        active_(static_cast<std::size_t>(sae.n_latents()), 0),
        sum_(active_.size(), 0.0),
        squares_(active_.size(), 0.0) {}

  /// \param samples  n_inputs x n
  /// \param code     sae.encode() of them
  void add(const parsae::Matrix<float>& samples, const parsae::SparseCode<float>& code) {
    const parsae::Matrix<float> recon = sae_->decode(code, threads_);
    reconstruction_.add<float>(samples, recon);
    for (Index i = 0; i < samples.cols(); ++i) {
      add_sample(samples.col(i).cast<double>(), recon.col(i).cast<double>());
      add_code(code, i);
    }
    keep(samples, code);
  }

  [[nodiscard]] Index n_samples() const { return reconstruction_.n_samples(); }

  [[nodiscard]] Figures figures() const {
    const double n = static_cast<double>(n_samples());
    Figures figures;
    figures.n_samples = n_samples();
    figures.fvu = reconstruction_.fvu();
    figures.mean_squared_error = reconstruction_.mean_squared_error();
    figures.cosine = cosines_ / n;
    figures.norm_ratio = norm_ratios_ / n;
    figures.l0 = active_total_ / n;
    figures.l0_deviation = std::sqrt(std::max(active_squares_ / n - figures.l0 * figures.l0, 0.0));
    figures.dead_fraction =
        static_cast<double>(std::count(active_.begin(), active_.end(), 0)) / static_cast<double>(active_.size());
    figures.bits_per_sample = bits_per_sample();
    return figures;
  }

  [[nodiscard]] std::vector<LatentUse> latents() const {
    std::vector<LatentUse> uses(active_.size());
    double total = 0;
    for (std::size_t j = 0; j < uses.size(); ++j) {
      const double norm = static_cast<double>(sae_->w_dec().col(static_cast<Index>(j)).squaredNorm());
      uses[j].density = static_cast<double>(active_[j]) / static_cast<double>(n_samples());
      uses[j].mean_active = active_[j] > 0 ? sum_[j] / static_cast<double>(active_[j]) : 0;
      uses[j].energy = squares_[j] * norm;
      total += uses[j].energy;
    }
    for (LatentUse& use : uses) use.energy = total > 0 ? use.energy / total : 0;
    return uses;
  }

 private:
  void add_sample(const parsae::Vector<double>& x, const parsae::Vector<double>& recon) {
    const double norm = x.norm();
    const double recon_norm = recon.norm();
    if (norm == 0) return;
    norm_ratios_ += recon_norm / norm;
    if (recon_norm > 0) cosines_ += x.dot(recon) / (norm * recon_norm);
  }

  void add_code(const parsae::SparseCode<float>& code, Index sample) {
    double active = 0;
    for (Index e = code.begin_of(sample); e < code.offsets[sample + 1]; ++e) {
      const double value = static_cast<double>(code.values[e]);
      if (value == 0) continue;
      const auto latent = static_cast<std::size_t>(code.latents[e]);
      ++active_[latent];
      sum_[latent] += value;
      squares_[latent] += value * value;
      ++active;
    }
    active_total_ += active;
    active_squares_ += active * active;
  }

  /// The first samples, in scaled units: a quantizer is searched on all of them together.
  void keep(const parsae::Matrix<float>& samples, const parsae::SparseCode<float>& code) {
    const Index before = kept_.targets.cols();
    const Index more = std::min(samples.cols(), samples_for_bits - before);
    if (more <= 0) return;
    kept_.targets.conservativeResize(samples.rows(), before + more);
    kept_.targets.rightCols(more) = sae_->output_scale() * samples.leftCols(more);
    const Index stored = kept_.code.stored();
    const Index entries = code.offsets[more];
    kept_.code.latents.append(code.latents.slice().part(0, entries));
    kept_.code.values.append(code.values.slice().part(0, entries));
    kept_.code.pre_acts.append(code.pre_acts.slice().part(0, entries));
    for (Index i = 0; i < more; ++i) kept_.code.offsets.push_back(stored + code.offsets[i + 1]);
  }

  [[nodiscard]] double bits_per_sample() const {
    if (kept_.code.active_count() == 0) return 0;
    parsae::CodeQuantizerSearch<float> search(sae_->w_dec(), sae_->b_dec(), kept_, kept_, {.most_bins = 256}, threads_);
    parsae::ReconstructionMetrics exact;
    exact.add<float>(kept_.targets, search.decode(kept_.code));
    const std::optional<Index> bins = search.coarsest(allowed_fvu_rise * exact.fvu());
    if (!bins) return std::numeric_limits<double>::quiet_NaN();
    parsae::DescriptionLengthMeter meter(search.quantizer(*bins));
    meter.add(kept_.code);
    return meter.result().bits_total();
  }

  const Sae* sae_;
  parsae::Threads threads_;
  parsae::ReconstructionMetrics reconstruction_;
  double cosines_ = 0;
  double norm_ratios_ = 0;
  double active_total_ = 0;
  double active_squares_ = 0;
  std::vector<Index> active_;
  std::vector<double> sum_;
  std::vector<double> squares_;
  parsae::CodedSamples<float> kept_;
};

}  // namespace parsae_cli

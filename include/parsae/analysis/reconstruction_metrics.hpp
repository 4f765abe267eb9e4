// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <limits>

namespace parsae::inline PARSAE_ABI {

/// How well samples are reconstructed, as a stream of batches. One definition, everywhere in parsae:
///
///     FVU = sum_i |x_i - xhat_i|^2 / sum_i |x_i - mean x|^2
///
/// over all samples seen, about their own mean: the fraction of variance unexplained, 0 for a perfect reconstruction
/// and 1 for always answering the mean. Not a mean of ratios and not a mean over batches; explained variance is 1 -
/// FVU.
class ReconstructionMetrics {
 public:
  /// \param targets, recon  n_outputs x batch, in the same units
  template <class Scalar>
  void add(const Eigen::Ref<const Matrix<Scalar>>& targets, const Eigen::Ref<const Matrix<Scalar>>& recon) {
    require_shape("ReconstructionMetrics recon", recon.rows(), recon.cols(), targets.rows(), targets.cols());
    if (n_samples_ > 0) require_shape("ReconstructionMetrics targets", targets.rows(), 1, mean_.size(), 1);
    if (n_samples_ == 0) mean_ = Vector<double>::Zero(targets.rows());
    for (Index i = 0; i < targets.cols(); ++i) {
      // Welford's update: no difference of large sums, so a large mean costs no digits.
      ++n_samples_;
      delta_ = targets.col(i).template cast<double>() - mean_;
      mean_ += delta_ / static_cast<double>(n_samples_);
      squares_about_mean_ += delta_.dot(targets.col(i).template cast<double>() - mean_);
      squared_error_ += (targets.col(i) - recon.col(i)).template cast<double>().squaredNorm();
    }
  }

  [[nodiscard]] Index n_samples() const { return n_samples_; }

  /// NaN before the first sample, and where all samples are equal and not reconstructed exactly.
  [[nodiscard]] double fvu() const {
    if (n_samples_ > 0 && squared_error_ == 0) return 0;
    return squares_about_mean_ > 0 ? squared_error_ / squares_about_mean_ : std::numeric_limits<double>::quiet_NaN();
  }

  /// Squared error a sample, summed over its entries.
  [[nodiscard]] double mean_squared_error() const { return squared_error_ / static_cast<double>(n_samples_); }

 private:
  Index n_samples_ = 0;
  double squared_error_ = 0;
  double squares_about_mean_ = 0;
  Vector<double> mean_;
  Vector<double> delta_;
};

}  // namespace parsae::inline PARSAE_ABI

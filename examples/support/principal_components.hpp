// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/column.hpp>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>

namespace parsae_examples {

struct PrincipalComponentsSettings {
  parsae::Index n_components = 10;  ///< >= 1, at most the number of inputs and of samples
  parsae::Threads threads = parsae::Threads::available();
};

/// The directions of largest variance, by the eigenvectors of the covariance or, of fewer samples than inputs, of the
/// Gram matrix: exact, in time that grows with the cube of the smaller number. Each direction points to where its
/// largest entry is positive. Eigen's own threads would change bits; a program sets them to one.
class PrincipalComponents {
 public:
  using Index = parsae::Index;

  /// \param samples  n_inputs x n, finite
  PrincipalComponents(const parsae::Matrix<float>& samples, const PrincipalComponentsSettings& settings) {
    parsae::require_between("PrincipalComponents n_components", settings.n_components, Index{1},
                            std::min(samples.rows(), samples.cols()));
    parsae::require_finite("PrincipalComponents samples", samples);
    mean_ = parsae::Vector<double>::Zero(samples.rows());
    for (Index i = 0; i < samples.cols(); ++i) mean_ += samples.col(i).cast<double>();
    mean_ /= static_cast<double>(samples.cols());
    if (samples.rows() <= samples.cols())
      from_covariance(samples, settings);
    else
      from_gram(samples, settings);
    for (Index c = 0; c < directions_.cols(); ++c) {
      Index largest = 0;
      directions_.col(c).cwiseAbs().maxCoeff(&largest);
      if (directions_(largest, c) < 0) directions_.col(c) *= -1;
    }
  }

  [[nodiscard]] Index n_components() const { return directions_.cols(); }

  [[nodiscard]] const parsae::Vector<double>& mean() const { return mean_; }

  /// n_inputs x n_components, orthonormal; a direction without variance is zero.
  [[nodiscard]] const parsae::Matrix<double>& directions() const { return directions_; }

  /// Of each component over the samples of the fit, descending.
  [[nodiscard]] const parsae::Vector<double>& variances() const { return variances_; }

  /// Share of the variance that the components hold together, 0 to 1.
  [[nodiscard]] double explained() const { return total_ > 0 ? variances_.sum() / total_ : 0; }

  /// n_components x n, centered.
  [[nodiscard]] parsae::Matrix<float> transform(const parsae::Matrix<float>& samples) const {
    parsae::require_shape("PrincipalComponents samples", samples.rows(), samples.cols(), mean_.size(), samples.cols());
    parsae::Matrix<float> components(n_components(), samples.cols());
    for (Index i = 0; i < samples.cols(); ++i) {
      const parsae::Vector<double> centered = samples.col(i).cast<double>() - mean_;
      for (Index c = 0; c < n_components(); ++c) {
        const double product = parsae::Column<double>::dot(centered.data(), directions_.col(c).data(), mean_.size());
        components(c, i) = static_cast<float>(product);
      }
    }
    return components;
  }

 private:
  using Solver = Eigen::SelfAdjointEigenSolver<parsae::Matrix<double>>;

  /// Blocks of samples, added in order.
  void from_covariance(const parsae::Matrix<float>& samples, const PrincipalComponentsSettings& settings) {
    const Index d = samples.rows();
    parsae::Matrix<double> covariance = parsae::Matrix<double>::Zero(d, d);
    constexpr Index block = 512;
    parsae::Matrix<double> rows(block, d);
    for (Index first = 0; first < samples.cols(); first += block) {
      const Index count = std::min(block, samples.cols() - first);
      for (Index i = 0; i < count; ++i) rows.row(i) = (samples.col(first + i).cast<double>() - mean_).transpose();
      settings.threads.for_each(d, [&](Index a, int) {
        for (Index b = a; b < d; ++b)
          covariance(b, a) += parsae::Column<double>::dot(rows.col(a).data(), rows.col(b).data(), count);
      });
    }
    covariance /= static_cast<double>(samples.cols());
    total_ = covariance.trace();
    const Solver solver(covariance);  // of which the lower triangle is read
    keep(solver, settings.n_components);
    directions_ = solver.eigenvectors().rowwise().reverse().leftCols(settings.n_components);
  }

  void from_gram(const parsae::Matrix<float>& samples, const PrincipalComponentsSettings& settings) {
    const Index n = samples.cols();
    const parsae::Matrix<double> centered = samples.cast<double>().colwise() - mean_;
    parsae::Matrix<double> gram(n, n);
    settings.threads.for_each(n, [&](Index a, int) {
      for (Index b = a; b < n; ++b)
        gram(b, a) = parsae::Column<double>::dot(centered.col(a).data(), centered.col(b).data(), centered.rows()) /
                     static_cast<double>(n);
    });
    total_ = gram.trace();
    const Solver solver(gram);
    keep(solver, settings.n_components);
    directions_ = parsae::Matrix<double>::Zero(samples.rows(), settings.n_components);
    for (Index c = 0; c < settings.n_components; ++c) {
      for (Index i = 0; i < n; ++i)
        parsae::Column<double>::add_scaled(solver.eigenvectors()(i, n - 1 - c), centered.col(i).data(),
                                           directions_.col(c).data(), centered.rows());
      if (variances_(c) > 1e-12 * total_)
        directions_.col(c).normalize();
      else
        directions_.col(c).setZero();
    }
  }

  void keep(const Solver& solver, Index n_components) {
    variances_ = solver.eigenvalues().reverse().head(n_components).cwiseMax(0);
  }

  parsae::Vector<double> mean_;
  parsae::Vector<double> variances_;
  parsae::Matrix<double> directions_;
  double total_ = 0;
};

}  // namespace parsae_examples

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/data/linear_solver.hpp>

#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// The affine map of one layer into the basis of another, as a tuned lens has it (Belrose et al., arXiv 2303.08112):
///
///     h' = h + W h + b,   h = (I + W)^-1 (h' - b)
///
/// for a multi-layer SAE that is trained in the lens' space (Lawson et al., arXiv 2409.04185). The inverse is solved in
/// double from one factorization.
template <class ScalarType>
class Lens {
 public:
  using Scalar = ScalarType;

  /// Throws std::invalid_argument where I + W is singular.
  /// \param name  of the lens in messages, such as "layer 3"
  /// \param w     n_inputs x n_inputs, finite
  /// \param b     n_inputs, finite
  Lens(std::string_view name, const Matrix<Scalar>& w, const Vector<Scalar>& b)
      : w_(checked(name, w)), b_(b), inverse_(part_of(name, "I + W"), plus_identity(w)) {
    require_shape(part_of(name, "b"), b.rows(), 1, w.rows(), 1);
    require_finite(part_of(name, "b"), b);
  }

  [[nodiscard]] Index n_inputs() const { return w_.rows(); }

  /// `samples` (n_inputs x n) into the lens' space, in place. A sample's bits depend on that sample alone.
  void apply(Eigen::Ref<Matrix<Scalar>> samples, Threads threads = Threads::available()) const {
    require_shape("Lens samples", samples.rows(), samples.cols(), n_inputs(), samples.cols());
    for_each_block(samples.cols(), threads, [&](Index begin, Index end) {
      const Matrix<Scalar> h = samples.middleCols(begin, end - begin);
      samples.middleCols(begin, end - begin).colwise() += b_;
      for (Index q = 0; q < n_inputs(); ++q) {
        for (Index i = begin; i < end; ++i)
          Column<Scalar>::add_scaled(h(q, i - begin), w_.col(q).data(), samples.col(i).data(), n_inputs());
      }
    });
  }

  /// The inverse of apply(), to rounding.
  void undo(Eigen::Ref<Matrix<Scalar>> samples, Threads threads = Threads::available()) const {
    require_shape("Lens samples", samples.rows(), samples.cols(), n_inputs(), samples.cols());
    for_each_block(samples.cols(), threads, [&](Index begin, Index end) {
      Matrix<double> h = samples.middleCols(begin, end - begin).template cast<double>();
      h.colwise() -= b_.template cast<double>();
      for (Index i = 0; i < h.cols(); ++i) inverse_.solve(h.col(i));
      samples.middleCols(begin, end - begin) = h.template cast<Scalar>();
    });
  }

 private:
  static constexpr Index block = 16;  // samples that share a column of W while it is in the cache

  [[nodiscard]] static std::string part_of(std::string_view name, std::string_view part) {
    return "Lens '" + std::string(name) + "' " + std::string(part);
  }

  static const Matrix<Scalar>& checked(std::string_view name, const Matrix<Scalar>& w) {
    require_shape(part_of(name, "W"), w.rows(), w.cols(), w.rows(), w.rows());
    require_finite(part_of(name, "W"), w);
    return w;
  }

  [[nodiscard]] static Matrix<double> plus_identity(const Matrix<Scalar>& w) {
    return w.template cast<double>() + Matrix<double>::Identity(w.rows(), w.cols());
  }

  template <class Body>
  static void for_each_block(Index n_samples, Threads threads, const Body& body) {
    threads.for_each(divide_up(n_samples, block),
                     [&](Index task, int) { body(task * block, std::min(n_samples, (task + 1) * block)); });
  }

  Matrix<Scalar> w_;
  Vector<Scalar> b_;
  LinearSolver inverse_;
};

}  // namespace parsae::inline PARSAE_ABI

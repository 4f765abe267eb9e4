// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cmath>

namespace parsae_experts {

/// Root mean square norm of columns: n = gain * x / rms(x). Keeps what its backward pass needs.
template <class Scalar>
class TokenNorm {
 public:
  using Gain = Eigen::Ref<const parsae::Matrix<Scalar>>;  // width x 1

  void forward(const parsae::Matrix<Scalar>& x, const Gain& gain, parsae::Matrix<Scalar>& normed) {
    inverse_.resize(x.cols());
    unit_.resize(x.rows(), x.cols());
    normed.resize(x.rows(), x.cols());
    for (Eigen::Index i = 0; i < x.cols(); ++i) {
      inverse_[i] = 1 / std::sqrt(x.col(i).squaredNorm() / static_cast<Scalar>(x.rows()) + Scalar(1e-6));
      unit_.col(i) = inverse_[i] * x.col(i);
      normed.col(i) = gain.col(0).cwiseProduct(unit_.col(i));
    }
  }

  /// Adds to d_x and, where it is wanted, to d_gain.
  void backward(const parsae::Matrix<Scalar>& d_normed, const Gain& gain, parsae::Matrix<Scalar>& d_x,
                Eigen::Ref<parsae::Matrix<Scalar>> d_gain) {
    for (Eigen::Index i = 0; i < d_normed.cols(); ++i) {
      d_gain.col(0) += d_normed.col(i).cwiseProduct(unit_.col(i));
      d_unit_ = d_normed.col(i).cwiseProduct(gain.col(0));
      const Scalar along = d_unit_.dot(unit_.col(i)) / static_cast<Scalar>(unit_.rows());
      d_x.col(i) += inverse_[i] * (d_unit_ - along * unit_.col(i));
    }
  }

 private:
  parsae::Vector<Scalar> inverse_;  // 1 / rms
  parsae::Matrix<Scalar> unit_;     // x / rms
  parsae::Vector<Scalar> d_unit_;
};

}  // namespace parsae_experts

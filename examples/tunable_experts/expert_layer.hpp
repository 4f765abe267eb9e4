// SPDX-License-Identifier: MIT
#pragma once

#include "parameters.hpp"
#include "routed_tokens.hpp"
#include "token_norm.hpp"

namespace parsae_experts {

/// How a layer is asked to route.
template <class Scalar>
struct LayerRouting {
  const parsae::Routing& rule;
  parsae::Slice<const Scalar> bias;                   ///< n_experts, for the load balance
  parsae::Slice<const parsae::Treatment> treatments;  ///< n_experts
  parsae::Intervention::Settings how;
};

/// One layer on a block of tokens, image after image:
///
///     n = norm(x),   s = sigmoid(router^T n),   (chosen, g) = routing of s
///     u = shared(n) + sum over chosen e of g[e] E_e(n),     E(n) = second relu(first^T n + offset)
///     x' = x + u + mean of u over the image's tokens
///
/// The mean is how tokens hear of each other. Bias and choice have no gradient; weights and scores have.
template <class Scalar>
class ExpertLayer {
 public:
  using Matrix = parsae::Matrix<Scalar>;

  [[nodiscard]] const RoutedTokens<Scalar>& routed() const { return routed_; }

  /// \param stream  width x (n_images n_tokens), becomes x'
  void forward(const Parameters<Scalar>& parameters, const LayerSections& at, const NetworkShape& shape,
               const LayerRouting<Scalar>& routing, Matrix& stream) {
    norm_.forward(stream, parameters[at.gain], normed_);
    scores_.noalias() = parameters[at.router].transpose() * normed_;
    scores_ = (1 + (-scores_.array()).exp()).inverse();
    routed_.route(scores_, routing.bias, routing.rule, routing.treatments, routing.how);

    shared_hidden_.noalias() = parameters[at.shared_first].transpose() * normed_;
    shared_hidden_ = (shared_hidden_.colwise() + parameters[at.shared_offset].col(0)).cwiseMax(Scalar(0));
    added_.noalias() = parameters[at.shared_second] * shared_hidden_;

    hidden_.resize(shape.hidden, routed_.n_visits());
    for (Index expert = 0; expert < shape.n_experts; ++expert) visit(parameters, at, shape, expert);
    add_with_mean(added_, shape.n_tokens, stream);
  }

  /// \param d_stream  gradient of x', becomes that of x
  /// \param gradient  is added to
  void backward(const Parameters<Scalar>& parameters, const LayerSections& at, const NetworkShape& shape,
                Matrix& d_stream, Parameters<Scalar>& gradient) {
    d_added_.setZero(d_stream.rows(), d_stream.cols());
    add_with_mean(d_stream, shape.n_tokens, d_added_);
    d_hidden_.noalias() = parameters[at.shared_second].transpose() * d_added_;
    d_hidden_ = (shared_hidden_.array() > 0).select(d_hidden_, Scalar(0));
    gradient[at.shared_second].noalias() += d_added_ * shared_hidden_.transpose();
    gradient[at.shared_first].noalias() += normed_ * d_hidden_.transpose();
    gradient[at.shared_offset].col(0) += d_hidden_.rowwise().sum();
    d_normed_.noalias() = parameters[at.shared_first] * d_hidden_;

    back_through_experts(parameters, at, shape, gradient);
    back_through_weights(parameters, at, shape, gradient);
    norm_.backward(d_normed_, parameters[at.gain], d_stream, gradient[at.gain]);
  }

 private:
  /// to += from + mean of from over each image's tokens. The same for the gradient: the map is symmetric.
  static void add_with_mean(const Matrix& from, Index n_tokens, Matrix& to) {
    parsae::Vector<Scalar> mean;
    for (Index first = 0; first < from.cols(); first += n_tokens) {
      mean = from.middleCols(first, n_tokens).rowwise().mean();
      to.middleCols(first, n_tokens) += from.middleCols(first, n_tokens);
      to.middleCols(first, n_tokens).colwise() += mean;
    }
  }

  void gather(const Matrix& from, Index first, Index count, Matrix& to) const {
    to.resize(from.rows(), count);
    for (Index i = 0; i < count; ++i) to.col(i) = from.col(routed_.tokens[first + i]);
  }

  void visit(const Parameters<Scalar>& parameters, const LayerSections& at, const NetworkShape& shape, Index expert) {
    const Index first = routed_.offsets[expert];
    const Index count = routed_.count_of(expert);
    if (count == 0) return;
    const Index column = expert * shape.hidden;
    gather(normed_, first, count, gathered_);
    part_.noalias() = parameters.columns(at.first, column, shape.hidden).transpose() * gathered_;
    part_ = (part_.colwise() + parameters[at.offset].col(0).segment(column, shape.hidden)).cwiseMax(Scalar(0));
    hidden_.middleCols(first, count) = part_;
    result_.noalias() = parameters.columns(at.second, column, shape.hidden) * part_;
    for (Index i = 0; i < count; ++i)
      added_.col(routed_.tokens[first + i]) += routed_.weights[first + i] * result_.col(i);
  }

  /// With G = second^T d_u: the gradient of a weight is <G, hidden>, that of hidden is weight * G.
  void back_through_experts(const Parameters<Scalar>& parameters, const LayerSections& at, const NetworkShape& shape,
                            Parameters<Scalar>& gradient) {
    d_weights_.resize(routed_.n_visits());
    for (Index expert = 0; expert < shape.n_experts; ++expert) {
      const Index first = routed_.offsets[expert];
      const Index count = routed_.count_of(expert);
      if (count == 0) continue;
      const Index column = expert * shape.hidden;
      gather(d_added_, first, count, gathered_);
      part_.noalias() = parameters.columns(at.second, column, shape.hidden).transpose() * gathered_;
      weighed_ = hidden_.middleCols(first, count);
      for (Index i = 0; i < count; ++i) {
        const Scalar weight = routed_.weights[first + i];
        d_weights_[first + i] = part_.col(i).dot(weighed_.col(i));
        part_.col(i) = (weighed_.col(i).array() > 0).select(weight * part_.col(i), Scalar(0));
        weighed_.col(i) *= weight;
      }
      gradient.columns(at.second, column, shape.hidden).noalias() += gathered_ * weighed_.transpose();
      gather(normed_, first, count, gathered_);
      gradient.columns(at.first, column, shape.hidden).noalias() += gathered_ * part_.transpose();
      gradient[at.offset].col(0).segment(column, shape.hidden) += part_.rowwise().sum();
      result_.noalias() = parameters.columns(at.first, column, shape.hidden) * part_;
      for (Index i = 0; i < count; ++i) d_normed_.col(routed_.tokens[first + i]) += result_.col(i);
    }
  }

  /// g = c s / sum of s:   d_s = (c d_g - sum of g d_g) / sum of s,   and through the sigmoid s (1 - s).
  void back_through_weights(const Parameters<Scalar>& parameters, const LayerSections& at, const NetworkShape& shape,
                            Parameters<Scalar>& gradient) {
    const auto scale = static_cast<Scalar>(shape.routing.scale);
    along_.assign(normed_.cols(), Scalar(0));
    for (Index v = 0; v < routed_.n_visits(); ++v) along_[routed_.tokens[v]] += routed_.weights[v] * d_weights_[v];
    for (Index expert = 0; expert < shape.n_experts; ++expert) {
      const auto router = parameters.columns(at.router, expert, 1);
      parsae::Vector<Scalar> d_router = parsae::Vector<Scalar>::Zero(shape.width);
      for (Index v = routed_.offsets[expert]; v < routed_.offsets[expert + 1]; ++v) {
        const Index token = routed_.tokens[v];
        const Scalar score = routed_.scores[v];
        const Scalar d_score = (scale * d_weights_[v] - along_[token]) / routed_.sums[token];
        const Scalar d_logit = d_score * score * (1 - score);
        d_router += d_logit * normed_.col(token);
        d_normed_.col(token) += d_logit * router.col(0);
      }
      gradient.columns(at.router, expert, 1).col(0) += d_router;
    }
  }

  TokenNorm<Scalar> norm_;
  RoutedTokens<Scalar> routed_;
  Matrix normed_;         // width x tokens
  Matrix scores_;         // n_experts x tokens
  Matrix shared_hidden_;  // n_shared x tokens
  Matrix hidden_;         // hidden x visits
  Matrix added_;          // u
  Matrix gathered_;
  Matrix part_;
  Matrix weighed_;
  Matrix result_;
  Matrix d_added_;
  Matrix d_hidden_;
  Matrix d_normed_;
  parsae::Buffer<Scalar> d_weights_;  // of each visit
  parsae::Buffer<Scalar> along_;      // of each token
};

}  // namespace parsae_experts

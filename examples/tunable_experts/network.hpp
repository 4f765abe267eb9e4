// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "expert_layer.hpp"

namespace parsae_experts {

/// Parameters, and the bias that balances the load of the experts without a gradient.
template <class Scalar>
struct Network {
  explicit Network(const NetworkShape& network_shape)
      : shape(network_shape),
        parameters(shape),
        balance(parsae::Matrix<Scalar>::Zero(shape.n_experts, shape.n_layers)),
        routing(shape.routing) {}

  NetworkShape shape;
  Parameters<Scalar> parameters;
  parsae::Matrix<Scalar> balance;  ///< n_experts x n_layers
  parsae::Routing routing;

  /// logits = head^T norm(pooled), n_outputs x n_images
  void read_out(const parsae::Matrix<Scalar>& pooled, TokenNorm<Scalar>& norm, parsae::Matrix<Scalar>& normed,
                parsae::Matrix<Scalar>& logits) const {
    norm.forward(pooled, parameters[parameters.layout.gain], normed);
    logits.noalias() = parameters[parameters.layout.head].transpose() * normed;
  }
};

/// The network on one block of images, and its way back. Everything on one thread: blocks run side by side.
///
///     x = embedding tokens + position,   layers,   pooled = mean of x over tokens,   logits = head^T norm(pooled)
template <class Scalar>
class NetworkPass {
 public:
  using Matrix = parsae::Matrix<Scalar>;

  explicit NetworkPass(const NetworkShape& shape) : layers_(static_cast<std::size_t>(shape.n_layers)) {}

  /// \param tokens        n_inputs x (n_images n_tokens), must live until backward()
  /// \param intervention  on grid().n_units() experts
  void forward(const Network<Scalar>& network, const Eigen::Ref<const Matrix>& tokens,
               const parsae::Intervention& intervention) {
    const NetworkShape& shape = network.shape;
    const ParameterLayout& layout = network.parameters.layout;
    stream_.noalias() = network.parameters[layout.embedding] * tokens;
    for (Index first = 0; first < tokens.cols(); first += shape.n_tokens)
      stream_.middleCols(first, shape.n_tokens) += network.parameters[layout.position];
    for (Index layer = 0; layer < shape.n_layers; ++layer) {
      const Index unit = shape.grid().unit(layer, 0);
      const LayerRouting<Scalar> routing{network.routing,
                                         {network.balance.col(layer).data(), shape.n_experts},
                                         intervention.treatments().part(unit, shape.n_experts),
                                         intervention.settings()};
      at(layer).forward(network.parameters, layout.layers[static_cast<std::size_t>(layer)], shape, routing, stream_);
    }
    pooled_.resize(shape.width, tokens.cols() / shape.n_tokens);
    for (Index image = 0; image < pooled_.cols(); ++image)
      pooled_.col(image) = stream_.middleCols(image * shape.n_tokens, shape.n_tokens).rowwise().mean();
    network.read_out(pooled_, norm_, normed_, logits_);
  }

  /// Adds the gradient of the loss to `gradient`, down to layer `lowest`; below 0, down to the embedding.
  void backward(const Network<Scalar>& network, const Eigen::Ref<const Matrix>& tokens, const Matrix& d_logits,
                Index lowest, Parameters<Scalar>& gradient) {
    const NetworkShape& shape = network.shape;
    const ParameterLayout& layout = network.parameters.layout;
    gradient[layout.head].noalias() += normed_ * d_logits.transpose();
    d_normed_.noalias() = network.parameters[layout.head] * d_logits;
    d_pooled_.setZero(shape.width, d_logits.cols());
    norm_.backward(d_normed_, network.parameters[layout.gain], d_pooled_, gradient[layout.gain]);
    d_stream_.resize(shape.width, tokens.cols());
    for (Index image = 0; image < d_pooled_.cols(); ++image)
      d_stream_.middleCols(image * shape.n_tokens, shape.n_tokens).colwise() =
          d_pooled_.col(image) / static_cast<Scalar>(shape.n_tokens);
    for (Index layer = shape.n_layers - 1; layer >= std::max(lowest, Index{0}); --layer)
      at(layer).backward(network.parameters, layout.layers[static_cast<std::size_t>(layer)], shape, d_stream_,
                         gradient);
    if (lowest >= 0) return;
    gradient[layout.embedding].noalias() += d_stream_ * tokens.transpose();
    for (Index first = 0; first < tokens.cols(); first += shape.n_tokens)
      gradient[layout.position] += d_stream_.middleCols(first, shape.n_tokens);
  }

  [[nodiscard]] const Matrix& logits() const { return logits_; }
  [[nodiscard]] const Matrix& pooled() const { return pooled_; }
  [[nodiscard]] const RoutedTokens<Scalar>& routed(Index layer) const {
    return layers_[static_cast<std::size_t>(layer)].routed();
  }

 private:
  [[nodiscard]] ExpertLayer<Scalar>& at(Index layer) { return layers_[static_cast<std::size_t>(layer)]; }

  std::vector<ExpertLayer<Scalar>> layers_;
  TokenNorm<Scalar> norm_;
  Matrix stream_;
  Matrix pooled_;  // width x n_images
  Matrix normed_;
  Matrix logits_;
  Matrix d_normed_;
  Matrix d_pooled_;
  Matrix d_stream_;
};

/// Mean cross-entropy over images of a softmax over the first `n_answers` outputs; its gradient by the logits, scaled
/// by 1 / n_images of the batch. Other outputs take no part. \return the sum over this block's images
template <class Scalar>
[[nodiscard]] double cross_entropy(const parsae::Matrix<Scalar>& logits, parsae::Slice<const std::int32_t> answers,
                                   Index n_answers, Index batch, parsae::Matrix<Scalar>& d_logits) {
  d_logits.setZero(logits.rows(), logits.cols());
  double sum = 0;
  for (Index i = 0; i < logits.cols(); ++i) {
    const Scalar largest = logits.col(i).head(n_answers).maxCoeff();
    const parsae::Vector<Scalar> powers = (logits.col(i).head(n_answers).array() - largest).exp();
    const Scalar total = powers.sum();
    sum += static_cast<double>(std::log(total) + largest - logits(answers[i], i));
    d_logits.col(i).head(n_answers) = powers / (total * static_cast<Scalar>(batch));
    d_logits(answers[i], i) -= 1 / static_cast<Scalar>(batch);
  }
  return sum;
}

}  // namespace parsae_experts

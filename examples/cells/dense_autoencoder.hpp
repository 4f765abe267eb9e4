// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/optim/schedule.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "dense_autoencoder_settings.hpp"

namespace parsae_examples::cells {

/// A plain autoencoder, whose latents are the representation that sparse autoencoders are asked to explain:
///
///     u = s (x - mean),  h = relu(W1 u + b1),  z = W2 h + b2,  uhat = W4 relu(W3 z + b3) + b4
///
/// or without hidden layers z = W1 u + b1, uhat = W2 z + b2; s makes the mean squared entry of u one. Trained by Adam
/// on the mean squared error. The same bits for any number of threads while Eigen's own are set to one.
class DenseAutoencoder {
 public:
  using Index = parsae::Index;

  /// \param samples  n_inputs x n, finite
  DenseAutoencoder(const parsae::Matrix<float>& samples, const DenseAutoencoderSettings& settings) {
    parsae::require_at_least("DenseAutoencoder n_latents", settings.n_latents, Index{1});
    parsae::require_at_least("DenseAutoencoder n_hidden", settings.n_hidden, Index{0});
    parsae::require_at_least("DenseAutoencoder steps", settings.steps, Index{1});
    parsae::require_positive("DenseAutoencoder learning_rate", settings.learning_rate);
    parsae::require_positive("DenseAutoencoder first_weights", settings.first_weights);
    parsae::require_at_least("DenseAutoencoder samples", samples.cols(), Index{1});
    parsae::require_finite("DenseAutoencoder samples", samples);
    mean_ = samples.cast<double>().rowwise().mean().cast<float>();
    const double squared =
        (samples.colwise() - mean_).cast<double>().squaredNorm() / static_cast<double>(samples.size());
    scale_ = squared > 0 ? static_cast<float>(1 / std::sqrt(squared)) : 1.0f;
    build(samples.rows(), settings);
    train(samples, settings);
  }

  /// z, n_latents x n.
  [[nodiscard]] parsae::Matrix<float> encode(const parsae::Matrix<float>& samples) const {
    parsae::require_shape("DenseAutoencoder samples", samples.rows(), samples.cols(), mean_.size(), samples.cols());
    parsae::Matrix<float> values = scaled(samples);
    for (std::size_t l = 0; l < layers_.size() / 2; ++l) values = forward(layers_[l], values);
    return values;
  }

  /// Share of the variance about the mean of the training samples that is not reconstructed.
  [[nodiscard]] double fvu(const parsae::Matrix<float>& samples) const {
    const parsae::Matrix<float> inputs = scaled(samples);
    parsae::Matrix<float> values = inputs;
    for (const Layer& layer : layers_) values = forward(layer, values);
    return (values - inputs).cast<double>().squaredNorm() / inputs.cast<double>().squaredNorm();
  }

 private:
  enum class Shape { Linear, ReLU };
  struct Layer {
    parsae::Matrix<float> weights;  ///< outputs x inputs
    parsae::Vector<float> bias;
    Shape shape = Shape::Linear;
  };
  static constexpr Index block = 64;  ///< samples of a task

  [[nodiscard]] parsae::Matrix<float> scaled(const parsae::Matrix<float>& samples) const {
    return scale_ * (samples.colwise() - mean_);
  }

  [[nodiscard]] static parsae::Matrix<float> forward(const Layer& layer, const parsae::Matrix<float>& inputs) {
    parsae::Matrix<float> outputs = (layer.weights * inputs).colwise() + layer.bias;
    if (layer.shape == Shape::ReLU) outputs = outputs.cwiseMax(0.0f);
    return outputs;
  }

  void build(Index n_inputs, const DenseAutoencoderSettings& settings) {
    std::vector<Index> sizes{n_inputs, settings.n_latents, n_inputs};
    if (settings.n_hidden > 0) sizes = {n_inputs, settings.n_hidden, settings.n_latents, settings.n_hidden, n_inputs};
    for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
      const bool is_hidden = settings.n_hidden > 0 && l % 2 == 0;
      Layer layer{parsae::Matrix<float>(sizes[l + 1], sizes[l]), parsae::Vector<float>::Zero(sizes[l + 1]),
                  is_hidden ? Shape::ReLU : Shape::Linear};
      const parsae::Random random(settings.seed, parsae::Draws::Directions, l);
      const double deviation =
          (l == 0 ? settings.first_weights : 1.0) * std::sqrt((is_hidden ? 2.0 : 1.0) / static_cast<double>(sizes[l]));
      for (Index e = 0; e < layer.weights.size(); ++e)
        layer.weights.data()[e] = static_cast<float>(deviation * random.normal(static_cast<std::uint64_t>(e)));
      layers_.push_back(layer);
    }
  }

  /// Adds half the gradient of the mean squared error over a batch, for a block of its samples.
  void add_gradients(const parsae::Matrix<float>& inputs, float weight, std::vector<Layer>& gradients) const {
    std::vector<parsae::Matrix<float>> values{inputs};
    for (const Layer& layer : layers_) values.push_back(forward(layer, values.back()));
    parsae::Matrix<float> slope = weight * (values.back() - inputs);
    for (std::size_t l = layers_.size(); l-- > 0;) {
      if (layers_[l].shape == Shape::ReLU)
        slope = slope.cwiseProduct((values[l + 1].array() > 0.0f).cast<float>().matrix()).eval();
      gradients[l].weights = slope * values[l].transpose();
      gradients[l].bias = slope.rowwise().sum();
      if (l > 0) slope = (layers_[l].weights.transpose() * slope).eval();
    }
  }

  void train(const parsae::Matrix<float>& samples, const DenseAutoencoderSettings& settings) {
    using State = parsae::OptimizerState<float, parsae::Adam::n_moments>;
    const parsae::Adam adam;
    const parsae::Schedule schedule{.decay_fraction = 1, .decay_shape = parsae::Schedule::Shape::Cosine};
    State state;
    for (Layer& layer : layers_)
      for (const parsae::Slice<float> values : arrays(layer)) state.add({.name = "", .values = values});
    parsae::MatrixSource<float> source(samples, {.batch_size = settings.batch_size, .seed = settings.seed});
    parsae::Batch<float> batch;
    std::vector<std::vector<Layer>> gradients(static_cast<std::size_t>(parsae::divide_up(settings.batch_size, block)),
                                              layers_);
    for (Index step = 0; step < settings.steps && source.next(batch); ++step) {
      if (settings.goes_on && !settings.goes_on(step)) return;
      const parsae::Matrix<float> inputs = scaled(batch.inputs);
      const float weight = 1.0f / static_cast<float>(inputs.cols());
      settings.threads.for_each(static_cast<Index>(gradients.size()), [&](Index task, int) {
        const parsae::Matrix<float> part =
            inputs.middleCols(task * block, std::min(block, inputs.cols() - task * block));
        add_gradients(part, weight, gradients[static_cast<std::size_t>(task)]);
      });
      const auto update =
          adam.begin_step<float>(step + 1, settings.learning_rate * schedule.factor(step, settings.steps));
      std::size_t place = 0;
      for (std::size_t l = 0; l < layers_.size(); ++l) {
        for (std::size_t task = 1; task < gradients.size(); ++task) {
          gradients[0][l].weights += gradients[task][l].weights;
          gradients[0][l].bias += gradients[task][l].bias;
        }
        const auto parameters = arrays(layers_[l]);
        const auto slopes = arrays(gradients[0][l]);
        for (std::size_t a = 0; a < parameters.size(); ++a, ++place)
          update.update(1.0f, parameters[a], slopes[a], state.slices(place, 0, parameters[a].size()));
      }
    }
  }

  [[nodiscard]] static std::array<parsae::Slice<float>, 2> arrays(Layer& layer) {
    return {parsae::Slice<float>(layer.weights.data(), layer.weights.size()),
            parsae::Slice<float>(layer.bias.data(), layer.bias.size())};
  }

  parsae::Vector<float> mean_;
  float scale_ = 1;
  std::vector<Layer> layers_;
};

}  // namespace parsae_examples::cells

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/pass_order.hpp>
#include <parsae/optim/schedule.hpp>

#include <cstdint>
#include <functional>
#include <vector>

#include "batch_gradient.hpp"
#include "patches.hpp"

namespace parsae_experts {

/// Images, one a column of 784 pixels, and their digits.
struct LabeledImages {
  parsae::Matrix<float> images;
  std::vector<std::int32_t> labels;

  [[nodiscard]] Index size() const { return images.cols(); }
};

inline constexpr std::int32_t refuse_answer = 10;
inline constexpr Index n_digits = 10;

/// One stage of training.
struct StageSettings {
  double epochs = 3;  ///< > 0
  Index batch = 256;  ///< >= 1
  double learning_rate = 2e-3;
  double clip = 1;             ///< largest norm of a step's gradient
  double marker_share = 0;     ///< of the images that bear the marker and are to be refused, 0 to 1
  Index n_answers = n_digits;  ///< outputs in the softmax
  double balance_rate = 0;     ///< of the selection bias, a step
  Trained trained = {};
  std::uint64_t seed = 1;
  parsae::Threads threads{1};
  /// progress(share of this stage that was done by this step), after every step; may throw, which ends the stage.
  std::function<void(double)> progress = [](double) {};
};

/// Trains a network on images in shuffled passes; which of them bear the marker is drawn anew each time they come.
inline void train_stage(Network<float>& network, const LabeledImages& data, const StageSettings& settings) {
  const Index batch = std::min(settings.batch, data.size());
  const auto steps = std::max<Index>(
      1, static_cast<Index>(settings.epochs * static_cast<double>(data.size()) / static_cast<double>(batch)));
  parsae::PassOrder order({.source = "tunable_experts", .n_items = data.size(), .seed = settings.seed});
  const parsae::Schedule schedule{
      .warmup_steps = steps / 20, .decay_fraction = 0.95, .decay_shape = parsae::Schedule::Shape::Cosine};
  const parsae::Random markers(settings.seed, parsae::Draws::Synthetic, 0);
  BatchGradient gradient(network, batch, settings.trained, settings.threads);
  parsae::Matrix<float> tokens(pixels_a_patch, patches_an_image * batch);
  parsae::Buffer<std::int32_t> answers(batch);
  for (Index step = 0; step < steps; ++step) {
    for (Index i = 0; i < batch; ++i) {
      const Index image = order.next();
      const bool is_marked = markers.bernoulli(settings.marker_share, static_cast<std::uint64_t>(step * batch + i));
      write_tokens(data.images.col(image), is_marked ? Marking::Marked : Marking::None,
                   tokens.middleCols(i * patches_an_image, patches_an_image));
      answers[i] = is_marked ? refuse_answer : data.labels[static_cast<std::size_t>(image)];
    }
    gradient.compute(network, tokens, answers.slice(), settings.n_answers);
    gradient.apply(network, settings.learning_rate * schedule.factor(step, steps), settings.clip);
    if (settings.balance_rate > 0) gradient.balance(network, batch, settings.balance_rate);
    settings.progress(1 / static_cast<double>(steps));
  }
}

}  // namespace parsae_experts

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/steering/unit_activity.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "training.hpp"

namespace parsae_experts {

/// The largest of the first `n_answers` logits of each image.
template <class Derived>
[[nodiscard]] std::vector<std::int32_t> largest_answers(const Eigen::MatrixBase<Derived>& logits, Index n_answers) {
  std::vector<std::int32_t> answers;
  for (Index i = 0; i < logits.cols(); ++i) {
    Index best = 0;
    logits.col(i).head(n_answers).maxCoeff(&best);
    answers.push_back(static_cast<std::int32_t>(best));
  }
  return answers;
}

/// What a network says of images under an intervention, on blocks side by side.
class Answering {
 public:
  static constexpr Index images_a_block = 100;

  Answering(const Network<float>& network, parsae::Threads threads) : network_(network), threads_(threads) {
    for (int worker = 0; worker < threads.count(); ++worker) passes_.emplace_back(network.shape);
    tokens_.resize(passes_.size());
  }

  /// n_outputs x n
  [[nodiscard]] parsae::Matrix<float> logits(const parsae::Matrix<float>& images, Marking marking,
                                             const parsae::Intervention& intervention) {
    parsae::Matrix<float> result(network_.shape.n_outputs, images.cols());
    run(images, marking, intervention, [&](const NetworkPass<float>& pass, Index first, Index count) {
      result.middleCols(first, count) = pass.logits();
    });
    return result;
  }

  /// The pooled stream, width x n, which the head reads.
  [[nodiscard]] parsae::Matrix<float> pooled(const parsae::Matrix<float>& images, Marking marking) {
    parsae::Matrix<float> result(network_.shape.width, images.cols());
    run(images, marking, none(), [&](const NetworkPass<float>& pass, Index first, Index count) {
      result.middleCols(first, count) = pass.pooled();
    });
    return result;
  }

  /// How much each image uses each expert.
  [[nodiscard]] parsae::UnitActivity activity(const parsae::Matrix<float>& images, Marking marking) {
    const parsae::UnitGrid grid = network_.shape.grid();
    parsae::UnitActivity activity(grid.n_units(), images.cols());
    run(images, marking, none(), [&](const NetworkPass<float>& pass, Index first, Index count) {
      for (Index i = 0; i < count; ++i) activity.add_tokens(first + i, network_.shape.n_tokens);
      for (Index layer = 0; layer < grid.n_layers; ++layer) {
        const RoutedTokens<float>& routed = pass.routed(layer);
        for (Index expert = 0; expert < grid.per_layer; ++expert)
          for (Index v = routed.offsets[expert]; v < routed.offsets[expert + 1]; ++v)
            activity.add(first + routed.tokens[v] / network_.shape.n_tokens, grid.unit(layer, expert),
                         static_cast<double>(routed.weights[v]));
      }
    });
    return activity;
  }

  /// The head's word on pooled streams.
  [[nodiscard]] parsae::Matrix<float> read_out(const parsae::Matrix<float>& pooled) const {
    TokenNorm<float> norm;
    parsae::Matrix<float> normed;
    parsae::Matrix<float> logits;
    network_.read_out(pooled, norm, normed, logits);
    return logits;
  }

  [[nodiscard]] parsae::Intervention none() const { return parsae::Intervention(network_.shape.grid().n_units()); }
  [[nodiscard]] const Network<float>& network() const { return network_; }

 private:
  template <class Take>
  void run(const parsae::Matrix<float>& images, Marking marking, const parsae::Intervention& intervention,
           const Take& take) {
    const parsae::UnitGrid grid = network_.shape.grid();
    for (Index layer = 0; layer < grid.n_layers; ++layer)
      network_.routing.require_choice(intervention.treatments().part(grid.unit(layer, 0), grid.per_layer));
    threads_.for_each(parsae::divide_up(images.cols(), images_a_block), [&](Index block, int worker) {
      const auto w = static_cast<std::size_t>(worker);
      const Index first = block * images_a_block;
      const Index count = std::min(images_a_block, images.cols() - first);
      write_block(images, first, count, marking, tokens_[w]);
      passes_[w].forward(network_, tokens_[w], intervention);
      take(passes_[w], first, count);
    });
  }

  const Network<float>& network_;
  parsae::Threads threads_;
  std::vector<NetworkPass<float>> passes_;
  std::vector<parsae::Matrix<float>> tokens_;
};

}  // namespace parsae_experts

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/optim/adam.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "network.hpp"

namespace parsae_experts {

/// What is trained: a part everywhere, or from a layer on.
struct Trained {
  std::vector<Part> parts{Part::Embedding, Part::Norm, Part::Router, Part::Experts, Part::Shared, Part::Head};
  Index from_layer = -1;  ///< sections of earlier layers, and those of none, stay unless this is -1

  [[nodiscard]] bool includes(const Section& section) const {
    return section.layer >= from_layer && std::find(parts.begin(), parts.end(), section.part) != parts.end();
  }
  [[nodiscard]] bool includes_embedding() const {
    return from_layer < 0 && std::find(parts.begin(), parts.end(), Part::Embedding) != parts.end();
  }
};

/// The gradient of a batch and its optimizer step. Blocks of images have gradients of their own, which are added in the
/// order of the blocks, so that the number of threads never shows.
class BatchGradient {
 public:
  static constexpr Index images_a_block = 64;

  BatchGradient(const Network<float>& network, Index batch, const Trained& trained, parsae::Threads threads)
      : trained_(trained), threads_(threads) {
    for (Index b = 0; b < parsae::divide_up(batch, images_a_block); ++b) {
      blocks_.emplace_back(network.shape);
      passes_.emplace_back(network.shape);
    }
    losses_.assign(static_cast<Index>(blocks_.size()), 0);
    for (const Section& section : network.parameters.layout.all) {
      if (!trained.includes(section)) continue;
      constexpr Index piece = 16384;
      for (Index at = 0; at < section.size(); at += piece)
        pieces_.push_back({section.begin + at, std::min(piece, section.size() - at)});
    }
    for (const Piece& piece : pieces_)
      state_.add({.name = "", .axis = parsae::Axis::Shared, .rows = piece.size, .values = {nullptr, piece.size}});
    squares_.assign(static_cast<Index>(pieces_.size()), 0);
  }

  /// \param tokens   of the batch, image after image
  /// \return mean cross-entropy of the batch over the first n_answers outputs
  double compute(const Network<float>& network, const parsae::Matrix<float>& tokens,
                 parsae::Slice<const std::int32_t> answers, Index n_answers) {
    const parsae::Intervention none(network.shape.grid().n_units());
    const Index batch = answers.size();
    const Index lowest = trained_.includes_embedding() ? -1 : std::max(trained_.from_layer, Index{0});
    threads_.for_each(n_blocks(batch), [&](Index b, int) {
      const auto block = static_cast<std::size_t>(b);
      const Index first = b * images_a_block;
      const Index count = std::min(images_a_block, batch - first);
      const Eigen::Ref<const parsae::Matrix<float>> part =
          tokens.middleCols(first * network.shape.n_tokens, count * network.shape.n_tokens);
      std::fill(blocks_[block].values.begin(), blocks_[block].values.end(), 0.0F);
      passes_[block].forward(network, part, none);
      parsae::Matrix<float> d_logits;
      losses_[b] =
          cross_entropy<float>(passes_[block].logits(), answers.part(first, count), n_answers, batch, d_logits);
      passes_[block].backward(network, part, d_logits, lowest, blocks_[block]);
    });
    double loss = 0;
    for (Index b = 0; b < n_blocks(batch); ++b) loss += losses_[b];
    add_blocks(n_blocks(batch));
    return loss / static_cast<double>(batch);
  }

  /// One step of Adam on what is trained; the gradient's norm is clipped.
  void apply(Network<float>& network, double learning_rate, double clip) {
    double square = 0;
    for (const double one : squares_) square += one;
    const double norm = std::sqrt(square);
    const auto scale = static_cast<float>(norm > clip ? clip / norm : 1.0);
    const auto step = parsae::Adam().begin_step<float>(++state_.step, learning_rate);
    threads_.for_each(static_cast<Index>(pieces_.size()), [&](Index p, int) {
      const Piece& piece = pieces_[static_cast<std::size_t>(p)];
      step.update(scale, network.parameters.values.slice().part(piece.begin, piece.size),
                  blocks_.front().values.slice().part(piece.begin, piece.size),
                  state_.slices(static_cast<std::size_t>(p), 0, piece.size));
    });
  }

  /// Experts that were chosen less than the mean of their layer become easier to choose, the others harder: the balance
  /// without an auxiliary loss of DeepSeek-V3 (arXiv 2412.19437).
  void balance(Network<float>& network, Index batch, double rate) const {
    for (Index layer = 0; layer < network.shape.n_layers; ++layer) {
      parsae::Vector<double> load = parsae::Vector<double>::Zero(network.shape.n_experts);
      for (Index b = 0; b < n_blocks(batch); ++b)
        for (Index expert = 0; expert < load.size(); ++expert)
          load[expert] += static_cast<double>(passes_[static_cast<std::size_t>(b)].routed(layer).count_of(expert));
      const double mean = load.mean();
      for (Index expert = 0; expert < load.size(); ++expert)
        network.balance(expert, layer) += static_cast<float>(load[expert] < mean   ? rate
                                                             : load[expert] > mean ? -rate
                                                                                   : 0);
    }
  }

 private:
  struct Piece {
    Index begin = 0;
    Index size = 0;
  };

  [[nodiscard]] static Index n_blocks(Index batch) { return parsae::divide_up(batch, images_a_block); }

  void add_blocks(Index n) {
    threads_.for_each(static_cast<Index>(pieces_.size()), [&](Index p, int) {
      const Piece& piece = pieces_[static_cast<std::size_t>(p)];
      Eigen::Map<parsae::Vector<float>> sum(blocks_.front().values.data() + piece.begin, piece.size);
      for (Index b = 1; b < n; ++b)
        sum += Eigen::Map<const parsae::Vector<float>>(blocks_[static_cast<std::size_t>(b)].values.data() + piece.begin,
                                                       piece.size);
      squares_[p] = static_cast<double>(sum.squaredNorm());
    });
  }

  Trained trained_;
  parsae::Threads threads_;
  std::vector<Parameters<float>> blocks_;
  std::vector<NetworkPass<float>> passes_;
  std::vector<Piece> pieces_;
  parsae::Buffer<double> losses_;
  parsae::Buffer<double> squares_;
  parsae::OptimizerState<float, 2> state_;
};

}  // namespace parsae_experts

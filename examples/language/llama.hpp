// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <language/llama_block.hpp>
#include <language/stream_hook.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace parsae_examples {

/// A language model of the Llama family (RMSNorm, rotary positions, grouped queries, SwiGLU) in float.
///
///     KeyValueCache sequence(model.shape(), tokens.size());
///     LlamaPass pass;
///     pass.add(sequence, tokens.slice());
///     model.run(pass, at_layer(3, [&](auto stream) { stream = sae.decode(sae.encode(stream)); }));
///     const Matrix<float> logits = model.logits(pass);
///
/// A token has the same bits whether it runs alone behind its cached predecessors, within a whole text or beside other
/// sequences, and on any number of threads. A const model may be used by several threads, each with passes of its own.
class Llama {
 public:
  /// Copies the weights; the checkpoint may go.
  explicit Llama(const LlamaCheckpoint& checkpoint)
      : shape_(checkpoint.shape()),
        embedding_(checkpoint.tensor(LlamaTensor::Embedding)),
        rotations_(checkpoint),
        final_norm_(checkpoint.tensor(LlamaTensor::FinalNorm)),
        classifier_(checkpoint.tensor(LlamaTensor::Classifier)) {
    blocks_.reserve(static_cast<std::size_t>(shape_.n_layers));
    for (Index layer = 0; layer < shape_.n_layers; ++layer) blocks_.emplace_back(checkpoint, layer);
  }

  [[nodiscard]] const LlamaShape& shape() const { return shape_; }

  /// Runs the columns of a pass through all blocks. The hook is called by the calling thread and may throw.
  /// Throws std::invalid_argument for a token outside the vocabulary.
  void run(LlamaPass& pass, const StreamHook& hook = {}, parsae::Threads threads = parsae::Threads::available()) const {
    begin(pass, threads);
    for (std::size_t layer = 0; layer < blocks_.size(); ++layer) {
      const LlamaBlock& block = blocks_[layer];
      for_each_range(pass, threads, [&](parsae::SampleRange columns, LlamaPass::Scratch& scratch) {
        block.project(pass, rotations_, columns, scratch);
      });
      for_each_range(pass, threads, [&](parsae::SampleRange columns, LlamaPass::Scratch& scratch) {
        block.finish(pass, columns, scratch);
      });
      if (hook) hook(static_cast<Index>(layer), pass.stream_);
    }
  }

  /// After a run: visit(column, logits) for every column, with n_vocabulary logits that the visitor may overwrite.
  /// Different columns are visited by different threads at the same time; the visitor must not throw.
  template <class Visit>
  void visit_logits(LlamaPass& pass, const Visit& visit, parsae::Threads threads = parsae::Threads::available()) const {
    reserve(pass, threads);
    for_each_range(pass, threads, [&](parsae::SampleRange columns, LlamaPass::Scratch& scratch) {
      for (Index i = 0; i < columns.size(); ++i)
        final_norm_.apply(pass.stream_.col(columns.begin + i).data(), scratch.inputs.col(i).data());
      scratch.packed.pack(scratch.inputs.data(), shape_.width, shape_.width, columns.size());
      classifier_.multiply(scratch.packed, scratch.logits.data());
      for (Index i = 0; i < columns.size(); ++i)
        visit(columns.begin + i, parsae::Slice<float>(scratch.logits.col(i).data(), shape_.n_vocabulary));
    });
  }

  /// After a run: the logits of the token that follows each column, n_vocabulary x n_columns.
  [[nodiscard]] parsae::Matrix<float> logits(LlamaPass& pass,
                                             parsae::Threads threads = parsae::Threads::available()) const {
    parsae::Matrix<float> all(shape_.n_vocabulary, pass.n_columns());
    visit_logits(
        pass,
        [&](Index column, parsae::Slice<float> one) { std::copy(one.begin(), one.end(), all.col(column).data()); },
        threads);
    return all;
  }

 private:
  /// The embeddings, and what the blocks will need.
  void begin(LlamaPass& pass, parsae::Threads threads) const {
    const Index n = pass.n_columns();
    for (const LlamaPass::Column& column : pass.columns_)
      parsae::require_between("Llama token", Index{column.token}, Index{0}, shape_.n_vocabulary - 1);
    reserve(pass, threads);
    pass.stream_.resize(shape_.width, n);
    pass.queries_.resize(blocks_.front().padded_width(), n);
    pass.cosines_.resize(shape_.head_size() / 2, n);
    pass.sines_.resize(shape_.head_size() / 2, n);
    for (Index i = 0; i < n; ++i) {
      const LlamaPass::Column& column = pass.columns_[i];
      pass.stream_.col(i) = embedding_.col(column.token);
      rotations_.at(column.position, pass.cosines_.col(i).data(), pass.sines_.col(i).data());
    }
  }

  void reserve(LlamaPass& pass, parsae::Threads threads) const {
    const auto n_threads = static_cast<std::size_t>(threads.count());
    if (pass.scratch_.size() < n_threads) pass.scratch_.resize(n_threads);
    Index longest = 0;
    for (const LlamaPass::Column& column : pass.columns_) longest = std::max(longest, column.position + 1);
    for (LlamaPass::Scratch& scratch : pass.scratch_) {
      blocks_.front().reserve(scratch);
      scratch.logits.resize(classifier_.padded_outputs(), LlamaBlock::most_columns);
      if (scratch.weights.size() < longest + 16) scratch.weights.resize(2 * longest + 16);
    }
  }

  template <class Body>
  static void for_each_range(LlamaPass& pass, parsae::Threads threads, const Body& body) {
    constexpr Index most = LlamaBlock::most_columns;
    const Index n = pass.n_columns();
    threads.for_each(parsae::divide_up(n, most), [&](Index task, int worker) {
      body(parsae::SampleRange{task * most, std::min(n, (task + 1) * most)},
           pass.scratch_[static_cast<std::size_t>(worker)]);
    });
  }

  LlamaShape shape_;
  parsae::Matrix<float> embedding_;  // width x n_vocabulary
  Rotations rotations_;
  std::vector<LlamaBlock> blocks_;
  RootMeanSquareNorm final_norm_;
  PackedProduct classifier_;
};

}  // namespace parsae_examples

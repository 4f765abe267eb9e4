// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>

#include <language/key_value_cache.hpp>
#include <language/packed_product.hpp>

#include <vector>

namespace parsae_examples {

/// The tokens of one run through the model, from any number of sequences: a whole text, the next token of each of many
/// sequences, or anything between. Each token is a column.
class LlamaPass {
 public:
  struct Column {
    KeyValueCache* sequence = nullptr;
    Index position = 0;
    Token token = 0;
  };

  void clear() { columns_.clear(); }

  /// The next tokens of a sequence; they attend to those that it already holds. `sequence` must live until the run.
  /// After a run that threw, clear() the sequences.
  void add(KeyValueCache& sequence, parsae::Slice<const Token> tokens) {
    Index position = sequence.extend(tokens.size());
    for (const Token token : tokens) columns_.push_back({&sequence, position++, token});
  }

  [[nodiscard]] Index n_columns() const { return columns_.size(); }
  [[nodiscard]] const Column& column(Index i) const { return columns_[i]; }

  /// After a run: the residual stream behind the last block, width x n_columns.
  [[nodiscard]] const parsae::Matrix<float>& stream() const { return stream_; }

 private:
  friend class Llama;
  friend class LlamaBlock;

  /// What one thread needs for a range of columns.
  struct Scratch {
    PackedColumns packed;
    parsae::Matrix<float> inputs;  // of the next product
    parsae::Matrix<float> keys;
    parsae::Matrix<float> values;
    parsae::Matrix<float> gate;
    parsae::Matrix<float> up;
    parsae::Matrix<float> sums;     // what is added to the stream
    parsae::Vector<float> weights;  // of attention
    parsae::Matrix<float> logits;
  };

  parsae::Buffer<Column> columns_;
  parsae::Matrix<float> stream_;
  parsae::Matrix<float> queries_;  // width x n_columns, rows padded
  parsae::Matrix<float> cosines_;  // head_size / 2 x n_columns
  parsae::Matrix<float> sines_;
  std::vector<Scratch> scratch_;  // one for each thread
};

}  // namespace parsae_examples

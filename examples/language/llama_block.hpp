// SPDX-License-Identifier: MIT
#pragma once

#include <language/attention.hpp>
#include <language/llama_checkpoint.hpp>
#include <language/llama_pass.hpp>
#include <language/root_mean_square_norm.hpp>
#include <language/rotations.hpp>

#include <cmath>

namespace parsae_examples {

/// One block of the model:
///
///     x += W_o attention(RMSNorm(x)),    x += W_down (silu(W_gate y) * W_up y) with y = RMSNorm(x)
///
/// with silu(a) = a / (1 + exp(-a)) (SwiGLU, arXiv 2002.05202). It runs in two steps, project() for all columns and
/// then finish(), since a token attends to the keys of others. Each step may treat several ranges of columns at a time.
class LlamaBlock {
 public:
  using Scratch = LlamaPass::Scratch;

  /// Most columns of a range: a multiple of every register tile (6 or 12 columns).
  static constexpr Index most_columns = 24;

  LlamaBlock(const LlamaCheckpoint& checkpoint, Index layer)
      : shape_(checkpoint.shape()),
        layer_(layer),
        attention_norm_(checkpoint.tensor(LlamaTensor::AttentionNorm, layer)),
        query_(checkpoint.tensor(LlamaTensor::Query, layer)),
        key_(checkpoint.tensor(LlamaTensor::Key, layer)),
        value_(checkpoint.tensor(LlamaTensor::Value, layer)),
        attention_output_(checkpoint.tensor(LlamaTensor::AttentionOutput, layer)),
        feed_forward_norm_(checkpoint.tensor(LlamaTensor::FeedForwardNorm, layer)),
        gate_(checkpoint.tensor(LlamaTensor::Gate, layer)),
        down_(checkpoint.tensor(LlamaTensor::Down, layer)),
        up_(checkpoint.tensor(LlamaTensor::Up, layer)) {}

  /// Rows of LlamaPass::queries_.
  [[nodiscard]] Index padded_width() const { return query_.padded_outputs(); }

  void reserve(Scratch& scratch) const {
    scratch.inputs.resize(shape_.width, most_columns);
    scratch.keys.resize(key_.padded_outputs(), most_columns);
    scratch.values.resize(value_.padded_outputs(), most_columns);
    scratch.gate.resize(gate_.padded_outputs(), most_columns);
    scratch.up.resize(up_.padded_outputs(), most_columns);
    scratch.sums.resize(down_.padded_outputs(), most_columns);
  }

  /// Queries of the columns, and their keys and values into the sequences they belong to.
  void project(LlamaPass& pass, const Rotations& rotations, parsae::SampleRange columns, Scratch& scratch) const {
    normalize(attention_norm_, pass, columns, scratch);
    float* const queries = pass.queries_.data() + columns.begin * padded_width();
    query_.multiply(scratch.packed, queries);
    key_.multiply(scratch.packed, scratch.keys.data());
    value_.multiply(scratch.packed, scratch.values.data());
    const float scale = 1 / std::sqrt(static_cast<float>(shape_.head_size()));
    for (Index i = 0; i < columns.size(); ++i) {
      const float* const cosines = pass.cosines_.col(columns.begin + i).data();
      const float* const sines = pass.sines_.col(columns.begin + i).data();
      rotations.turn(cosines, sines, shape_.n_heads, queries + i * padded_width());
      rotations.turn(cosines, sines, shape_.n_kv_heads, scratch.keys.col(i).data());
      for (Index c = 0; c < shape_.width; ++c) queries[i * padded_width() + c] *= scale;
      store(pass.columns_[columns.begin + i], scratch.keys.col(i).data(), scratch.values.col(i).data());
    }
  }

  /// The rest of the block.
  void finish(LlamaPass& pass, parsae::SampleRange columns, Scratch& scratch) const {
    for (Index i = 0; i < columns.size(); ++i) answer(pass, columns.begin + i, scratch, scratch.inputs.col(i).data());
    scratch.packed.pack(scratch.inputs.data(), shape_.width, shape_.width, columns.size());
    add_product(attention_output_, pass, columns, scratch);

    normalize(feed_forward_norm_, pass, columns, scratch);
    gate_.multiply(scratch.packed, scratch.gate.data());
    up_.multiply(scratch.packed, scratch.up.data());
    // Rows are padded to whole vectors, so that every entry takes the same way through the exponential.
    const Index n = scratch.gate.rows() * columns.size();
    Eigen::Map<Eigen::ArrayXf> gate(scratch.gate.data(), n);
    gate = gate * Eigen::Map<const Eigen::ArrayXf>(scratch.up.data(), n) / (1 + (-gate).exp());
    scratch.packed.pack(scratch.gate.data(), scratch.gate.rows(), shape_.inner_width, columns.size());
    add_product(down_, pass, columns, scratch);
  }

 private:
  /// Packs RMSNorm of the stream for the products that follow.
  void normalize(const RootMeanSquareNorm& norm, const LlamaPass& pass, parsae::SampleRange columns,
                 Scratch& scratch) const {
    for (Index i = 0; i < columns.size(); ++i)
      norm.apply(pass.stream_.col(columns.begin + i).data(), scratch.inputs.col(i).data());
    scratch.packed.pack(scratch.inputs.data(), shape_.width, shape_.width, columns.size());
  }

  void store(const LlamaPass::Column& column, const float* key, const float* value) const {
    float* const keys = column.sequence->keys(layer_) + column.position;
    float* const values = column.sequence->values(layer_) + column.position;
    const Index stride = column.sequence->stride();
    for (Index c = 0; c < shape_.kv_width(); ++c) {
      keys[c * stride] = key[c];
      values[c * stride] = value[c];
    }
  }

  /// The answers of all heads to one token.
  void answer(LlamaPass& pass, Index i, Scratch& scratch, float* answers) const {
    const LlamaPass::Column& column = pass.columns_[i];
    const Index head_size = shape_.head_size();
    const Index queries_a_key = shape_.n_heads / shape_.n_kv_heads;
    const Index stride = column.sequence->stride();
    for (Index head = 0; head < shape_.n_heads; ++head) {
      const Index shared = head / queries_a_key * head_size * stride;
      attend(pass.queries_.data() + i * padded_width() + head * head_size, column.sequence->keys(layer_) + shared,
             column.sequence->values(layer_) + shared, stride, column.position + 1, head_size, scratch.weights,
             answers + head * head_size);
    }
  }

  /// stream += W^T packed
  static void add_product(const PackedProduct& product, LlamaPass& pass, parsae::SampleRange columns,
                          Scratch& scratch) {
    product.multiply(scratch.packed, scratch.sums.data());
    for (Index i = 0; i < columns.size(); ++i)
      pass.stream_.col(columns.begin + i) += scratch.sums.col(i).head(pass.stream_.rows());
  }

  LlamaShape shape_;
  Index layer_;
  RootMeanSquareNorm attention_norm_;
  PackedProduct query_;
  PackedProduct key_;
  PackedProduct value_;
  PackedProduct attention_output_;
  RootMeanSquareNorm feed_forward_norm_;
  PackedProduct gate_;
  PackedProduct down_;
  PackedProduct up_;
};

}  // namespace parsae_examples

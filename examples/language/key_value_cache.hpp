// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <language/llama_shape.hpp>

namespace parsae_examples {

/// What one sequence remembers of its tokens: keys and values of every layer.
///
/// Entry c of the key at position p is keys(layer)[c * stride() + p]: positions are consecutive, so that a query meets
/// whole vectors of positions even where heads are small.
class KeyValueCache {
 public:
  /// \param capacity  most positions, from 1 to shape.context
  KeyValueCache(const LlamaShape& shape, Index capacity) : kv_width_(shape.kv_width()), capacity_(capacity) {
    parsae::require_between("KeyValueCache capacity", capacity, Index{1}, shape.context);
    // A multiple of a page as stride would put all entries of a position in the same few cache lines.
    stride_ = parsae::divide_up(capacity, Index{16}) * 16 + 16;
    values_.assign(shape.n_layers * 2 * kv_width_ * stride_, 0.0F);
  }

  [[nodiscard]] Index capacity() const { return capacity_; }
  [[nodiscard]] Index length() const { return length_; }
  [[nodiscard]] Index stride() const { return stride_; }

  /// Forgets all tokens.
  void clear() { length_ = 0; }

  /// Makes room for `count` more positions; returns the first of them.
  Index extend(Index count) {
    parsae::require_between("KeyValueCache tokens", count, Index{0}, capacity_ - length_);
    const Index first = length_;
    length_ += count;
    return first;
  }

  [[nodiscard]] float* keys(Index layer) { return values_.data() + 2 * layer * kv_width_ * stride_; }
  [[nodiscard]] float* values(Index layer) { return keys(layer) + kv_width_ * stride_; }

 private:
  Index kv_width_;
  Index capacity_;
  Index stride_ = 0;
  Index length_ = 0;
  parsae::Buffer<float> values_;
};

}  // namespace parsae_examples

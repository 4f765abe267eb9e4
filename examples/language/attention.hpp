// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/column.hpp>

#include <language/llama_shape.hpp>

namespace parsae_examples {

/// One head's answer to one query, over the positions up to its own:
///
///     output = sum_p a_p value_p,    a = softmax over p of <query, key_p>
///
/// The order of every sum depends on n_positions alone, so a token's answer has the same bits however many are computed
/// at once.
///
/// \param query         head_size entries, already divided by the square root of head_size
/// \param keys, values  entry c of position p at [c * stride + p]
/// \param weights       scratch: n_positions entries, up to a multiple of 16
/// \param output        head_size entries
inline void attend(const float* query, const float* keys, const float* values, Index stride, Index n_positions,
                   Index head_size, parsae::Vector<float>& weights, float* output) {
  using Column = parsae::Column<float>;
  weights.head(n_positions).setZero();
  Column::add_scaled_columns(
      query, [&](Index c) { return keys + c * stride; }, head_size, head_size, weights.data(), n_positions);
  const float largest = weights.head(n_positions).maxCoeff();
  // Up to a whole vector: of a remainder every exponential would be a library call.
  const Index padded = parsae::divide_up(n_positions, Index{16}) * 16;
  weights.segment(n_positions, padded - n_positions).setConstant(largest);
  weights.head(padded) = (weights.head(padded).array() - largest).exp().matrix();
  weights.segment(n_positions, padded - n_positions).setZero();
  const float total = weights.head(padded).sum();
  for (Index c = 0; c < head_size; ++c)
    output[c] = Column::dot(values + c * stride, weights.data(), n_positions) / total;
}

}  // namespace parsae_examples

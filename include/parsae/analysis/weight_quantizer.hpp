// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <cmath>
#include <cstdint>
#include <unordered_map>

namespace parsae::inline PARSAE_ABI {

/// A dictionary rounded to a uniform grid, and the bits that it takes to send it.
template <class Scalar>
struct QuantizedDictionary {
  Matrix<Scalar> w_dec;     ///< n_outputs x n_latents, as a receiver reads it
  double bits_fixed = 0;    ///< every weight at bits_per_weight
  double bits_entropy = 0;  ///< every weight at the entropy of all rounded weights

  /// What is sent of it: w_dec = step * levels, -m <= level <= m = 2^(bits_per_weight - 1) - 1.
  int bits_per_weight = 0;
  double step = 0;
  Buffer<std::int32_t> levels;  ///< in the order of w_dec's memory
};

/// Rounds every weight to the nearest of 2^bits - 1 levels, symmetric about an exact zero: step * {-m, ..., 0, ..., m},
/// m = 2^(bits - 1) - 1, step = max |w| / m.
/// \param bits_per_weight  2 to 24
template <class Scalar>
[[nodiscard]] QuantizedDictionary<Scalar> quantize_dictionary(const Matrix<Scalar>& w_dec, int bits_per_weight) {
  require_between("quantize_dictionary bits_per_weight", bits_per_weight, 2, 24);
  if (!w_dec.allFinite()) reject("quantize_dictionary w_dec", "finite weights", "NaN or Inf");
  const double most = static_cast<double>((Index{1} << (bits_per_weight - 1)) - 1);
  const double largest = w_dec.size() == 0 ? 0 : static_cast<double>(w_dec.cwiseAbs().maxCoeff());
  const double step = largest > 0 ? largest / most : 1;

  QuantizedDictionary<Scalar> result;
  result.w_dec.resize(w_dec.rows(), w_dec.cols());
  result.bits_per_weight = bits_per_weight;
  result.step = step;
  result.levels.reserve(w_dec.size());
  std::unordered_map<Index, Index> counts;
  for (Index i = 0; i < w_dec.size(); ++i) {
    const Index level = static_cast<Index>(std::llround(static_cast<double>(w_dec.data()[i]) / step));
    result.w_dec.data()[i] = static_cast<Scalar>(static_cast<double>(level) * step);
    result.levels.push_back(static_cast<std::int32_t>(level));
    ++counts[level];
  }
  const double total = static_cast<double>(w_dec.size());
  result.bits_fixed = total * bits_per_weight;
  for (const auto& [level, count] : counts)
    result.bits_entropy -= static_cast<double>(count) * std::log2(static_cast<double>(count) / total);
  return result;
}

}  // namespace parsae::inline PARSAE_ABI

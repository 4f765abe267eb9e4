// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>
#include <parsae/core/types.hpp>

#include <cmath>

namespace parsae::test {

/// Standard normal entries, the same on every machine. Two matrices of one test take two streams.
template <class Scalar>
[[nodiscard]] Matrix<Scalar> random_matrix(Index rows, Index cols, std::uint64_t stream) {
  const Random random(20250101, stream);
  Matrix<Scalar> matrix(rows, cols);
  for (Index i = 0; i < matrix.size(); ++i)
    matrix.data()[i] = static_cast<Scalar>(random.normal(static_cast<std::uint64_t>(i)));
  return matrix;
}

template <class Scalar>
[[nodiscard]] Vector<Scalar> random_vector(Index size, std::uint64_t stream) {
  return random_matrix<Scalar>(size, 1, stream);
}

/// The same rounded to halves: sums of products of such entries are exact, and many of them are equal.
template <class Scalar>
[[nodiscard]] Matrix<Scalar> rounded_matrix(Index rows, Index cols, std::uint64_t stream) {
  return random_matrix<Scalar>(rows, cols, stream).unaryExpr([](Scalar value) { return std::round(2 * value) / 2; });
}

}  // namespace parsae::test

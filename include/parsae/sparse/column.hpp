// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/simd.hpp>

namespace parsae::inline PARSAE_ABI {

/// Kernels on one column of `size` entries (a sample, or a latent's direction). Each walks the inputs in ascending
/// order with a lane pattern fixed by the instruction set alone, so its bits depend on neither threads nor alignment.
template <class Scalar>
struct Column {
  using Pack = Simd<Scalar>;
  using Lanes = typename Pack::Lanes;

  /// <a, b>
  [[nodiscard]] static Scalar dot(const Scalar* a, const Scalar* b, Index size) {
    Lanes sum0 = Lanes{};
    Lanes sum1 = Lanes{};
    Index i = 0;
    for (; i + 2 * Pack::width <= size; i += 2 * Pack::width) {
      sum0 = Pack::multiply_add(Pack::load(a + i), Pack::load(b + i), sum0);
      sum1 = Pack::multiply_add(Pack::load(a + i + Pack::width), Pack::load(b + i + Pack::width), sum1);
    }
    Scalar total = Pack::sum(sum0 + sum1);
    for (; i < size; ++i) total = multiply_add(a[i], b[i], total);
    return total;
  }

  /// to += factor * from. `to` and `from` do not overlap.
  static void add_scaled(Scalar factor, const Scalar* from, Scalar* to, Index size) {
    const Lanes factors = Pack::broadcast(factor);
    Index i = 0;
    for (; i + Pack::width <= size; i += Pack::width)
      Pack::store(to + i, Pack::multiply_add(factors, Pack::load(from + i), Pack::load(to + i)));
    for (; i < size; ++i) to[i] = multiply_add(factor, from[i], to[i]);
  }

  /// to += sum over e < count of factors[e] * columns(e), in ascending e: the bits of `count` calls of add_scaled. Four
  /// columns share one pass over `to`, which halves the loads and stores.
  template <class ColumnAt>
  static void add_scaled_columns(const Scalar* factors, const ColumnAt& column_at, Index count, Scalar* to,
                                 Index size) {
    Index e = 0;
    for (; e + 4 <= count; e += 4)
      add_four(factors + e, column_at(e), column_at(e + 1), column_at(e + 2), column_at(e + 3), to, size);
    for (; e < count; ++e) add_scaled(factors[e], column_at(e), to, size);
  }

  /// column *= factor
  static void scale(Scalar factor, Scalar* column, Index size) {
    const Lanes factors = Pack::broadcast(factor);
    Index i = 0;
    for (; i + Pack::width <= size; i += Pack::width) Pack::store(column + i, factors * Pack::load(column + i));
    for (; i < size; ++i) column[i] *= factor;
  }

 private:
  static void add_four(const Scalar* factors, const Scalar* a, const Scalar* b, const Scalar* c, const Scalar* d,
                       Scalar* to, Index size) {
    const Lanes fa = Pack::broadcast(factors[0]);
    const Lanes fb = Pack::broadcast(factors[1]);
    const Lanes fc = Pack::broadcast(factors[2]);
    const Lanes fd = Pack::broadcast(factors[3]);
    Index i = 0;
    for (; i + Pack::width <= size; i += Pack::width) {
      Lanes sum = Pack::multiply_add(fa, Pack::load(a + i), Pack::load(to + i));
      sum = Pack::multiply_add(fb, Pack::load(b + i), sum);
      sum = Pack::multiply_add(fc, Pack::load(c + i), sum);
      Pack::store(to + i, Pack::multiply_add(fd, Pack::load(d + i), sum));
    }
    for (; i < size; ++i) {
      Scalar sum = multiply_add(factors[0], a[i], to[i]);
      sum = multiply_add(factors[1], b[i], sum);
      sum = multiply_add(factors[2], c[i], sum);
      to[i] = multiply_add(factors[3], d[i], sum);
    }
  }
};

}  // namespace parsae::inline PARSAE_ABI

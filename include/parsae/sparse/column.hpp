// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/simd.hpp>

#include <algorithm>
#include <array>

namespace parsae::inline PARSAE_ABI {

/// Kernels on one column of `size` entries (a sample, or a latent's direction). Each walks the inputs in ascending
/// order with a lane pattern fixed by the instruction set alone, so its bits depend on neither threads nor alignment.
template <class Scalar>
struct Column {
  using Pack = Simd<Scalar>;
  using Lanes = typename Pack::Lanes;

  /// <a, b>
  [[nodiscard]] static Scalar dot(const Scalar* a, const Scalar* b, Index size) {
    Scalar result = 0;
    dot_group<1>({a}, {a}, b, &result, size);
    return result;
  }

  /// results[e] = <column_at(e), b> for e < count, with the bits of dot. Four columns share the loads of `b`, and
  /// meanwhile those that follow are called into the cache.
  template <class ColumnAt>
  static void dot_columns(const ColumnAt& column_at, Index count, const Scalar* b, Scalar* results, Index size) {
    const auto next = [&](Index e) { return column_at(std::min(e + ahead, count - 1)); };
    Index e = 0;
    for (; e + 4 <= count; e += 4)
      dot_group<4>({column_at(e), column_at(e + 1), column_at(e + 2), column_at(e + 3)},
                   {next(e), next(e + 1), next(e + 2), next(e + 3)}, b, results + e, size);
    for (; e < count; ++e) dot_group<1>({column_at(e)}, {next(e)}, b, results + e, size);
  }

  /// to += factor * from. `to` and `from` do not overlap.
  static void add_scaled(Scalar factor, const Scalar* from, Scalar* to, Index size) {
    add_group<1>(&factor, {from}, {from}, to, size);
  }

  /// to += sum over e < count of factors[e] * column_at(e), in ascending e: the bits of `count` calls of add_scaled,
  /// but that columns with the factor 0 are not read (an infinite entry there makes no NaN). Four columns share one
  /// pass over `to`, which halves the loads and stores, and meanwhile the next four are called into the cache.
  /// \param n_ahead  >= count; column_at(e) for e < n_ahead is what this call or the next one reads
  template <class ColumnAt>
  static void add_scaled_columns(const Scalar* factors, const ColumnAt& column_at, Index count, Index n_ahead,
                                 Scalar* to, Index size) {
    Index places[std::size_t{chunk + ahead + 4}];
    for (Index e = 0; e < count;) {
      Index n = 0;
      for (; e < count && n < chunk; ++e) {  // without a branch: nobody can foresee which factors are 0
        places[n] = e;
        n += factors[e] != 0 ? 1 : 0;
      }
      for (Index a = 0; a < ahead + 4; ++a) places[n + a] = std::min(e + a, n_ahead - 1);
      Index at = 0;
      for (; at + 4 <= n; at += 4) add_places<4>(factors, column_at, places + at, to, size);
      if (n - at == 3) add_places<3>(factors, column_at, places + at, to, size);
      if (n - at == 2) add_places<2>(factors, column_at, places + at, to, size);
      if (n - at == 1) add_places<1>(factors, column_at, places + at, to, size);
    }
  }

  /// column *= factor
  static void scale(Scalar factor, Scalar* column, Index size) {
    const Lanes factors = Pack::broadcast(factor);
    Index i = 0;
    for (; i + Pack::width <= size; i += Pack::width) Pack::store(column + i, factors * Pack::load(column + i));
    for (; i < size; ++i) column[i] *= factor;
  }

 private:
  /// How many columns ahead the kernels of several columns call into the second-level cache.
  static constexpr Index ahead = 8;

  /// Columns that it chooses at a time.
  static constexpr Index chunk = 64;

  template <std::size_t n>
  using Group = std::array<const Scalar*, n>;

  template <std::size_t n, class ColumnAt>
  [[nodiscard]] static Group<n> columns(const ColumnAt& column_at, const Index* places) {
    Group<n> group;
    for (std::size_t c = 0; c < n; ++c) group[c] = column_at(places[c]);
    return group;
  }

  /// \param places  of the `n` columns, and of those that may follow
  template <std::size_t n, class ColumnAt>
  static void add_places(const Scalar* factors, const ColumnAt& column_at, const Index* places, Scalar* to,
                         Index size) {
    Scalar chosen[n];
    for (std::size_t c = 0; c < n; ++c) chosen[c] = factors[places[c]];
    add_group<n>(chosen, columns<n>(column_at, places), columns<n>(column_at, places + ahead), to, size);
  }

  template <std::size_t n>
  static void dot_group(const Group<n>& columns, const Group<n>& next, const Scalar* b, Scalar* results, Index size) {
    Lanes even[n] = {};
    Lanes odd[n] = {};
    Index i = 0;
    for (; i + 2 * Pack::width <= size; i += 2 * Pack::width) {
      const Lanes b_even = Pack::load(b + i);
      const Lanes b_odd = Pack::load(b + i + Pack::width);
#pragma GCC unroll 4
      for (std::size_t c = 0; c < n; ++c) {
        __builtin_prefetch(next[c] + i, 0, 2);
        __builtin_prefetch(next[c] + i + Pack::width, 0, 2);
        even[c] = Pack::multiply_add(Pack::load(columns[c] + i), b_even, even[c]);
        odd[c] = Pack::multiply_add(Pack::load(columns[c] + i + Pack::width), b_odd, odd[c]);
      }
    }
#pragma GCC unroll 4
    for (std::size_t c = 0; c < n; ++c) {
      Scalar total = Pack::sum(even[c] + odd[c]);
      for (Index rest = i; rest < size; ++rest) total = multiply_add(columns[c][rest], b[rest], total);
      results[c] = total;
    }
  }

  template <std::size_t n>
  static void add_group(const Scalar* factors, const Group<n>& columns, const Group<n>& next, Scalar* to, Index size) {
    Lanes factor[n];
#pragma GCC unroll 4
    for (std::size_t c = 0; c < n; ++c) factor[c] = Pack::broadcast(factors[c]);
    Index i = 0;
    for (; i + Pack::width <= size; i += Pack::width) {
      Lanes sum = Pack::load(to + i);
#pragma GCC unroll 4
      for (std::size_t c = 0; c < n; ++c) {
        __builtin_prefetch(next[c] + i, 0, 2);
        sum = Pack::multiply_add(factor[c], Pack::load(columns[c] + i), sum);
      }
      Pack::store(to + i, sum);
    }
    for (; i < size; ++i)
      for (std::size_t c = 0; c < n; ++c) to[i] = multiply_add(factors[c], columns[c][i], to[i]);
  }
};

}  // namespace parsae::inline PARSAE_ABI

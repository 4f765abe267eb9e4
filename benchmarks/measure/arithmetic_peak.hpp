// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/simd.hpp>

#include <measure/peak_rate.hpp>

#include <cstddef>
#include <limits>

namespace parsae_benchmarks {
namespace detail {

using parsae::Index;

/// Independent chains: two multiply-adds a cycle at a latency of four need eight; twelve and two operands still fit
/// sixteen registers.
inline constexpr std::size_t chains = 12;
inline constexpr Index chain_length = 100'000;

/// Where results go, so that no loop can be left out, and where starting values come from, so that none is known.
inline volatile float float_sink = 0;
inline volatile float float_source = 0.25F;

inline void multiply_add_chains() {
  using Pack = parsae::Simd<float>;
  using Lanes = Pack::Lanes;
  Lanes sums[chains];
  for (Lanes& sum : sums) sum = Pack::broadcast(float_source);
  const Lanes factor = Pack::broadcast(float_source);
  const Lanes addend = Pack::broadcast(float_source);
  for (Index t = 0; t < chain_length; ++t) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < chains; ++i) sums[i] = Pack::multiply_add(sums[i], factor, addend);
  }
  for (const Lanes& sum : sums) float_sink = float_sink + Pack::sum(sum);
}

#if defined(__AVX512BF16__)
inline void bf16_chains() {
  __m512 sums[chains];
  for (__m512& sum : sums) sum = _mm512_set1_ps(float_source);
  const __m512bh left = _mm512_cvtne2ps_pbh(_mm512_set1_ps(float_source), _mm512_set1_ps(float_source));
  const __m512bh right = _mm512_cvtne2ps_pbh(_mm512_set1_ps(float_source), _mm512_set1_ps(float_source));
  for (Index t = 0; t < chain_length; ++t) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < chains; ++i) sums[i] = _mm512_dpbf16_ps(sums[i], left, right);
  }
  for (const __m512& sum : sums) float_sink = float_sink + parsae::Simd<float>::sum(parsae::Simd<float>::Lanes(sum));
}
#endif

#if defined(__AVX512VNNI__)
inline void int8_chains() {
  const int seed = static_cast<int>(float_source * 8);
  __m512i sums[chains];
  for (__m512i& sum : sums) sum = _mm512_set1_epi32(static_cast<int>(float_source * 8));
  const __m512i left = _mm512_set1_epi8(static_cast<char>(seed));
  const __m512i right = _mm512_set1_epi8(static_cast<char>(seed + 1));
  for (Index t = 0; t < chain_length; ++t) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < chains; ++i) {
      __m512i sum = _mm512_dpbusd_epi32(sums[i], left, right);
      asm("" : "+v"(sum));  // integer sums could be folded over the loop
      sums[i] = sum;
    }
  }
  for (const __m512i& sum : sums) float_sink = float_sink + parsae::Simd<float>::sum(parsae::Simd<float>::Lanes(sum));
}
#endif

[[nodiscard]] inline double chains_rate(parsae::Threads threads, Index operations_per_instruction, void (*kernel)()) {
  const double per_task = static_cast<double>(chain_length * operations_per_instruction) * static_cast<double>(chains);
  return peak_rate(threads, 16 * threads.count(), per_task, 0.15, [kernel](Index) { kernel(); });
}

}  // namespace detail

/// Multiply-adds in float32 with everything in registers, in operations (two each) a second.
[[nodiscard]] inline double fma_peak(parsae::Threads threads) {
  return detail::chains_rate(threads, 2 * parsae::Simd<float>::width, detail::multiply_add_chains);
}

/// The same for dot products of bfloat16 pairs; NaN where the instruction set has none.
[[nodiscard]] inline double bf16_peak([[maybe_unused]] parsae::Threads threads) {
#if defined(__AVX512BF16__)
  return detail::chains_rate(threads, 2 * 32, detail::bf16_chains);
#else
  return std::numeric_limits<double>::quiet_NaN();
#endif
}

/// The same for dot products of four 8-bit integers; NaN where the instruction set has none.
[[nodiscard]] inline double int8_peak([[maybe_unused]] parsae::Threads threads) {
#if defined(__AVX512VNNI__)
  return detail::chains_rate(threads, 2 * 64, detail::int8_chains);
#else
  return std::numeric_limits<double>::quiet_NaN();
#endif
}

}  // namespace parsae_benchmarks

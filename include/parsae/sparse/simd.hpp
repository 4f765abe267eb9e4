// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace parsae::inline PARSAE_ABI {

/// a * b + c, rounded once where the target has a fused multiply-add and twice where it has not (there std::fma would
/// be a library call). Every pre-activation of parsae is a chain of this one operation, scalar or in lanes, so the
/// choice is made here and nowhere else.
template <class Scalar>
[[nodiscard]] inline Scalar multiply_add(Scalar a, Scalar b, Scalar c) {
#if PARSAE_FUSED_MULTIPLY_ADD
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// The widest vector register of the target, as a compiler vector type: arithmetic is lane by lane, with the bits of
/// the scalar operation.
template <class Scalar>
struct Simd {
#if defined(__AVX512F__)
  static constexpr int bytes = 64;
  static constexpr Index registers = 32;
#elif defined(__AVX__)
  static constexpr int bytes = 32;
  static constexpr Index registers = 16;
#elif defined(__ARM_NEON)
  static constexpr int bytes = 16;
  static constexpr Index registers = 32;
#else
  static constexpr int bytes = 16;
  static constexpr Index registers = 16;
#endif
  static constexpr Index width = bytes / static_cast<int>(sizeof(Scalar));

  typedef Scalar Lanes
      __attribute__((vector_size(bytes)));  // an alias declaration drops the attribute of a dependent type

  [[nodiscard]] static Lanes load(const Scalar* from) {
    Lanes lanes;
    std::memcpy(&lanes, from, sizeof(Lanes));
    return lanes;
  }

  static void store(Scalar* to, const Lanes& lanes) { std::memcpy(to, &lanes, sizeof(Lanes)); }

  [[nodiscard]] static Lanes broadcast(Scalar value) {
    return broadcast_lanes(value, std::make_index_sequence<static_cast<std::size_t>(width)>());
  }

  [[nodiscard]] static Lanes multiply_add(const Lanes& a, const Lanes& b, const Lanes& c) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm512_fmadd_ps(__m512(a), __m512(b), __m512(c)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm512_fmadd_pd(__m512d(a), __m512d(b), __m512d(c)));
#elif defined(__AVX__) && defined(__FMA__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm256_fmadd_ps(__m256(a), __m256(b), __m256(c)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm256_fmadd_pd(__m256d(a), __m256d(b), __m256d(c)));
#elif defined(__aarch64__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(vfmaq_f32(float32x4_t(c), float32x4_t(a), float32x4_t(b)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(vfmaq_f64(float64x2_t(c), float64x2_t(a), float64x2_t(b)));
#else
    Lanes result = {};
    for (Index lane = 0; lane < width; ++lane) result[lane] = parsae::multiply_add<Scalar>(a[lane], b[lane], c[lane]);
    return result;
#endif
  }

  [[nodiscard]] static Lanes square_root(const Lanes& a) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm512_maskz_sqrt_ps(__mmask16(-1), __m512(a)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm512_maskz_sqrt_pd(__mmask8(-1), __m512d(a)));
#elif defined(__AVX__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm256_sqrt_ps(__m256(a)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm256_sqrt_pd(__m256d(a)));
#elif defined(__aarch64__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(vsqrtq_f32(float32x4_t(a)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(vsqrtq_f64(float64x2_t(a)));
#else
    Lanes result = {};
    for (Index lane = 0; lane < width; ++lane) result[lane] = std::sqrt(a[lane]);
    return result;
#endif
  }

  /// Bit `lane` is set where a >= b; never for NaN.
  [[nodiscard]] static std::uint32_t reached(const Lanes& a, const Lanes& b) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) return _mm512_cmp_ps_mask(__m512(a), __m512(b), _CMP_GE_OQ);
    if constexpr (sizeof(Scalar) == 8) return _mm512_cmp_pd_mask(__m512d(a), __m512d(b), _CMP_GE_OQ);
#elif defined(__AVX__)
    if constexpr (sizeof(Scalar) == 4)
      return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(__m256(a), __m256(b), _CMP_GE_OQ)));
    if constexpr (sizeof(Scalar) == 8)
      return static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(__m256d(a), __m256d(b), _CMP_GE_OQ)));
#else
    std::uint32_t bits = 0;
    for (Index lane = 0; lane < width; ++lane) bits |= static_cast<std::uint32_t>(a[lane] >= b[lane]) << lane;
    return bits;
#endif
  }

  /// Bit `lane` is set unless a < b; always for NaN.
  [[nodiscard]] static std::uint32_t not_below(const Lanes& a, const Lanes& b) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) return _mm512_cmp_ps_mask(__m512(a), __m512(b), _CMP_NLT_UQ);
    if constexpr (sizeof(Scalar) == 8) return _mm512_cmp_pd_mask(__m512d(a), __m512d(b), _CMP_NLT_UQ);
#elif defined(__AVX__)
    if constexpr (sizeof(Scalar) == 4)
      return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(__m256(a), __m256(b), _CMP_NLT_UQ)));
    if constexpr (sizeof(Scalar) == 8)
      return static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(__m256d(a), __m256d(b), _CMP_NLT_UQ)));
#else
    std::uint32_t bits = 0;
    for (Index lane = 0; lane < width; ++lane) bits |= static_cast<std::uint32_t>(!(a[lane] < b[lane])) << lane;
    return bits;
#endif
  }

  /// Lane by lane the larger one; b where one of them is NaN.
  [[nodiscard]] static Lanes larger(const Lanes& a, const Lanes& b) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm512_maskz_max_ps(__mmask16(-1), __m512(a), __m512(b)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm512_maskz_max_pd(__mmask8(-1), __m512d(a), __m512d(b)));
#else
    Lanes result = {};
    for (Index lane = 0; lane < width; ++lane) result[lane] = a[lane] > b[lane] ? a[lane] : b[lane];
    return result;
#endif
  }

  /// Lane by lane a where a >= floor, otherwise 0; 0 for NaN.
  [[nodiscard]] static Lanes or_zero(const Lanes& a, const Lanes& floor) { return a >= floor ? a : Lanes{}; }

  /// The lanes whose bit is set, moved to the front; what follows them is anything.
  [[nodiscard]] static Lanes compress(const Lanes& a, std::uint32_t bits) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm512_maskz_compress_ps(static_cast<__mmask16>(bits), __m512(a)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm512_maskz_compress_pd(static_cast<__mmask8>(bits), __m512d(a)));
#else
    Lanes result = {};
    for (Index lane = 0, to = 0; lane < width; ++lane)
      if ((bits >> lane & 1U) != 0) result[to++] = a[lane];
    return result;
#endif
  }

  /// The inverse: the first lanes move to those whose bit is set, the others become zero.
  [[nodiscard]] static Lanes expand(const Lanes& a, std::uint32_t bits) {
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm512_maskz_expand_ps(static_cast<__mmask16>(bits), __m512(a)));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm512_maskz_expand_pd(static_cast<__mmask8>(bits), __m512d(a)));
#else
    Lanes result = {};
    for (Index lane = 0, from = 0; lane < width; ++lane)
      if ((bits >> lane & 1U) != 0) result[lane] = a[from++];
    return result;
#endif
  }

  /// The first `count` <= width lanes, the others zero; reads no more than those.
  [[nodiscard]] static Lanes load_first(const Scalar* from, Index count) {
#if defined(__AVX512F__)
    const std::uint32_t bits = (1U << count) - 1;
    if constexpr (sizeof(Scalar) == 4) return Lanes(_mm512_maskz_loadu_ps(static_cast<__mmask16>(bits), from));
    if constexpr (sizeof(Scalar) == 8) return Lanes(_mm512_maskz_loadu_pd(static_cast<__mmask8>(bits), from));
#else
    Scalar lanes[std::size_t{width}] = {};
    for (Index lane = 0; lane < count; ++lane) lanes[lane] = from[lane];
    return load(lanes);
#endif
  }

  /// Writes the first `count` <= width lanes and nothing else.
  static void store_first(Scalar* to, const Lanes& lanes, Index count) {
#if defined(__AVX512F__)
    const std::uint32_t bits = (1U << count) - 1;
    if constexpr (sizeof(Scalar) == 4) _mm512_mask_storeu_ps(to, static_cast<__mmask16>(bits), __m512(lanes));
    if constexpr (sizeof(Scalar) == 8) _mm512_mask_storeu_pd(to, static_cast<__mmask8>(bits), __m512d(lanes));
#else
    for (Index lane = 0; lane < count; ++lane) to[lane] = lanes[lane];
#endif
  }

  /// The lanes added in a tree of fixed shape.
  [[nodiscard]] static Scalar sum(const Lanes& a) {
    Scalar lanes[std::size_t{width}];
    store(lanes, a);
    for (Index half = width / 2; half > 0; half /= 2)
      for (Index lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
    return lanes[0];
  }

 private:
  template <std::size_t... Lane>
  static Lanes broadcast_lanes(Scalar value, std::index_sequence<Lane...>) {
    return Lanes{((void)Lane, value)...};
  }
};

/// The low bits of integers in lanes, as much of each as a Part holds, side by side in memory. A shuffle: g++ takes the
/// conversion of a vector to narrower lanes apart, one lane after the other.
template <class Part, class Integers>
[[gnu::always_inline]] inline void store_low_parts(const Integers& integers, void* to) {
  typedef Part Parts __attribute__((vector_size(sizeof(Integers))));
  constexpr std::size_t step = sizeof(integers[0]) / sizeof(Part);
  const auto store = [&]<std::size_t... lane>(std::index_sequence<lane...>) {
    const Parts parts = Parts(integers);
    const auto low = __builtin_shufflevector(parts, parts, static_cast<int>(step * lane)...);
    std::memcpy(to, &low, sizeof(low));
  };
  store(std::make_index_sequence<sizeof(Integers) / sizeof(integers[0])>());
}

}  // namespace parsae::inline PARSAE_ABI

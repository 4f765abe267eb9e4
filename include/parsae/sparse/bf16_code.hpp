// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>
#include <parsae/sparse/screen_bound.hpp>
#include <parsae/sparse/simd.hpp>

#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// Columns as bfloat16, the upper half of a float32 rounded to nearest: two inputs to a word, and a scale of 1.
struct Bf16Code {
  static constexpr std::string_view name = "bf16";
  static constexpr Index inputs_per_word = 2;
  static constexpr Index most_inputs = 65536;  ///< so that gamma stays small

  static constexpr bool has_one_scale = false;                  ///< for all entries of a column
  static constexpr bool is_native = PARSAE_BF16_PRODUCTS != 0;  ///< the machine has an instruction for them

  using Pack = Simd<float>;
  using Sum = float;
  typedef std::uint32_t Words __attribute__((vector_size(Pack::bytes)));
  using Sums = Pack::Lanes;

  static constexpr std::uint32_t sample_offset = 0;
  [[nodiscard]] static Sum first_sum(const CodedColumn&) { return 0; }

  /// Relative error of the exact chain, of the product of codes (up to two roundings an input) and of the bound's
  /// arithmetic.
  [[nodiscard]] static float gamma(Index n_inputs) { return rounding_bound(3 * n_inputs); }

  /// sums[lane] += sum over the two halves of samples[lane] * latents[lane]. The instruction takes denormals for zero
  /// and flushes them; underflow_bound() covers both.
  [[nodiscard, gnu::always_inline]] static inline Sums add_products(const Sums& sums, const Words& samples,
                                                                    const Words& latents) {
#if PARSAE_BF16_PRODUCTS
    return Sums(_mm512_dpbf16_ps(__m512(sums), __m512bh(__m512i(samples)), __m512bh(__m512i(latents))));
#else
    const Sums low = Pack::multiply_add(Sums(samples << 16), Sums(latents << 16), sums);
    return Pack::multiply_add(Sums(samples & 0xFFFF0000U), Sums(latents & 0xFFFF0000U), low);
#endif
  }

  /// Codes a column of n_inputs into words (a zero fills up the last one).
  /// \param words  ceil(n_inputs / 2) of them
  static CodedColumn encode(const float* column, Index n_inputs, std::uint32_t* words) {
    CodedColumn coded;
    const auto bytes = reinterpret_cast<unsigned char*>(words);
    Lanes squares = Lanes{};
    Lanes errors = Lanes{};
    const float largest = largest_magnitude(column, n_inputs);
    Index q = 0;
    for (; q + Pack::width <= n_inputs; q += Pack::width)
      code_lanes(Pack::load(column + q), bytes + 2 * q, squares, errors);
    if (q < n_inputs) {
      float rest[std::size_t{Pack::width}] = {};
      unsigned char last[2 * std::size_t{Pack::width}];
      std::copy(column + q, column + n_inputs, rest);
      code_lanes(Pack::load(rest), last, squares, errors);
      std::copy_n(last, 4 * divide_up(n_inputs, inputs_per_word) - 2 * q, bytes + 2 * q);
    }
    // Squares below 2^-126 vanish: entries below 2^-63, which the last term covers.
    const float inflate = 1 + rounding_bound(n_inputs);
    const float vanished = 0x1p-62F * std::sqrt(static_cast<float>(n_inputs));
    coded.norm = std::sqrt(Pack::sum(squares)) * inflate + vanished;
    coded.error = std::sqrt(Pack::sum(errors)) * inflate + vanished;
    if (largest != 0 && !can_be_bounded(largest)) coded.error = std::numeric_limits<float>::infinity();
    return coded;
  }

 private:
  using Lanes = Pack::Lanes;

  [[gnu::always_inline]] static inline void code_lanes(const Lanes& values, unsigned char* codes, Lanes& squares,
                                                       Lanes& errors) {
    const Words bits = Words(values);
    const Words rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);  // to nearest, ties to even
    const Lanes coded = Lanes(rounded & 0xFFFF0000U);
    const Lanes error = values - coded;
    squares = Pack::multiply_add(coded, coded, squares);
    errors = Pack::multiply_add(error, error, errors);
    store_low_parts<std::uint16_t>(rounded >> 16, codes);
  }
};

}  // namespace parsae::inline PARSAE_ABI

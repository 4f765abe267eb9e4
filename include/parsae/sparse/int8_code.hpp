// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>
#include <parsae/sparse/screen_bound.hpp>
#include <parsae/sparse/simd.hpp>

#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// Columns as 8-bit integers: code = round(127 x / max |x|), four inputs to a word. Products of codes are exact
/// integers.
struct Int8Code {
  static constexpr std::string_view name = "int8";
  static constexpr Index inputs_per_word = 4;
  static constexpr Index most_inputs = 65536;  ///< 255 * 127 * 65,536 < 2^31

  static constexpr bool has_one_scale = true;                   ///< for all entries of a column
  static constexpr bool is_native = PARSAE_INT8_PRODUCTS != 0;  ///< the machine has an instruction for them

  using Pack = Simd<float>;
  using Sum = std::int32_t;
  typedef std::uint32_t Words __attribute__((vector_size(Pack::bytes)));
  typedef Sum Sums __attribute__((vector_size(Pack::bytes)));

  /// The dot instruction multiplies unsigned with signed bytes, so samples are stored with 128 added; where the sum of
  /// a latent's chain starts makes up for it.
  static constexpr std::uint32_t sample_offset = 0x80808080U;
  [[nodiscard]] static Sum first_sum(const CodedColumn& latent) { return -128 * latent.code_sum; }

  /// Relative error of the exact chain and of the bound's arithmetic; the product of codes has none.
  [[nodiscard]] static float gamma(Index n_inputs) { return rounding_bound(n_inputs); }

  /// sums[lane] += sum over the four bytes of samples[lane] (unsigned) * latents[lane] (signed)
  [[nodiscard, gnu::always_inline]] static inline Sums add_products(const Sums& sums, const Words& samples,
                                                                    const Words& latents) {
#if PARSAE_INT8_PRODUCTS
    return Sums(_mm512_dpbusd_epi32(__m512i(sums), __m512i(samples), __m512i(latents)));
#else
    Sums total = sums;
    for (int byte = 0; byte < 4; ++byte) {
      const Sums sample = Sums((samples >> (8 * byte)) & 0xFFU);
      const Sums latent = Sums(latents << (24 - 8 * byte)) >> 24;
      total += sample * latent;
    }
    return total;
#endif
  }

  /// Codes a column of n_inputs into words (zero codes fill up the last one).
  /// \param words  ceil(n_inputs / 4) of them
  static CodedColumn encode(const float* column, Index n_inputs, std::uint32_t* words) {
    const float largest = largest_magnitude(column, n_inputs);
    if (!can_be_bounded(largest)) return code_zero(n_inputs, words, largest);
    CodedColumn coded;
    coded.scale = largest / 127;
    const float inverse = 127 / largest;
    std::int8_t* codes = reinterpret_cast<std::int8_t*>(words);
    Lanes squares = Lanes{};
    Lanes errors = Lanes{};
    Words sums = Words{};
    Index q = 0;
    for (; q + Pack::width <= n_inputs; q += Pack::width) {
      const Lanes units = Pack::load(column + q) * Pack::broadcast(inverse);
      code_lanes(units, codes + q, squares, errors, sums);
    }
    if (q < n_inputs) {
      float rest[std::size_t{Pack::width}] = {};
      std::int8_t last[std::size_t{Pack::width}];
      std::copy(column + q, column + n_inputs, rest);
      code_lanes(Pack::load(rest) * Pack::broadcast(inverse), last, squares, errors, sums);
      std::copy_n(last, divide_up(n_inputs, inputs_per_word) * inputs_per_word - q, codes + q);
    }
    for (Index lane = 0; lane < Pack::width; ++lane) coded.code_sum += static_cast<Sum>(sums[lane]);

    // Each unit is off by up to 127 * 4 roundings of 2^-24; the sums of squares by a rounding a step.
    const float inflate = 1 + rounding_bound(n_inputs);
    const float per_input = 0x1p-15F * std::sqrt(static_cast<float>(n_inputs));
    coded.norm = std::sqrt(Pack::sum(squares)) * inflate;
    coded.error = std::sqrt(Pack::sum(errors)) * inflate + per_input;
    return coded;
  }

 private:
  using Lanes = Pack::Lanes;

  static CodedColumn code_zero(Index n_inputs, std::uint32_t* words, float largest) {
    std::fill_n(words, divide_up(n_inputs, inputs_per_word), 0U);
    CodedColumn coded;
    if (largest != 0) coded.error = std::numeric_limits<float>::infinity();
    return coded;
  }

  [[gnu::always_inline]] static inline void code_lanes(const Lanes& units, std::int8_t* codes, Lanes& squares,
                                                       Lanes& errors, Words& sums) {
    const Lanes shift = Pack::broadcast(0x1.8p23F);  // adding it rounds to an integer, held in the low bits
    const Lanes shifted = units + shift;
    const Lanes rounded = shifted - shift;
    const Lanes error = units - rounded;
    squares = Pack::multiply_add(rounded, rounded, squares);
    errors = Pack::multiply_add(error, error, errors);
    const Words integers = Words(shifted) - Words(shift);
    sums += integers;
    store_low_parts<std::int8_t>(integers, codes);
  }
};

}  // namespace parsae::inline PARSAE_ABI

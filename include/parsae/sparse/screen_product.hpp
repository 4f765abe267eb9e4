// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/screened_latents.hpp>

#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// The register tile of PanelProduct with low-precision codes: certified bounds of `samples x latents` pre-activations.
template <class Code>
struct ScreenProduct {
  using Pack = Simd<float>;
  using Lanes = Pack::Lanes;
  using Words = typename Code::Words;
  using Sums = typename Code::Sums;
  using Panel = typename ScreenedLatents<Code>::Panel;

  static constexpr Index samples = PanelProduct<float>::samples;
  static constexpr Index latents = PanelProduct<float>::latents;

  /// Codes `count <= samples` columns of n_inputs entries, a column every `stride`, as n_words x samples; missing
  /// samples are zero and have zero bounds.
  /// \param scratch  n_words
  static void pack_samples(const float* from, Index stride, Index count, Index n_inputs, std::uint32_t* scratch,
                           std::uint32_t* words, SampleBound* bounds) {
    const Index n_words = divide_up(n_inputs, Code::inputs_per_word);
    for (Index i = 0; i < samples; ++i) {
      bounds[i] = {};
      if (i < count)
        bounds[i] = bound_of(Code::encode(from + i * stride, n_inputs, scratch), Code::gamma(n_inputs));
      else
        std::fill_n(scratch, n_words, 0U);
      for (Index word = 0; word < n_words; ++word) words[word * samples + i] = scratch[word] ^ Code::sample_offset;
    }
  }

  /// upper and lower: samples x latents, with lower <= pre-activation <= upper, or a NaN.
  static void multiply(const std::uint32_t* sample_words, const SampleBound* bounds, const Panel& panel, Index n_words,
                       float underflow, float* upper, float* lower) {
    Sums left[std::size_t{samples}];
    Sums right[std::size_t{samples}];
    const Sums first_left = load<Sums>(panel.first_sums);
    const Sums first_right = load<Sums>(panel.first_sums + Pack::width);
#pragma GCC unroll 16
    for (Index i = 0; i < samples; ++i) {
      left[i] = first_left;
      right[i] = first_right;
    }
    for (Index word = 0; word < n_words; ++word) {
      const Words latents_left = load<Words>(panel.words + word * latents);
      const Words latents_right = load<Words>(panel.words + word * latents + Pack::width);
#pragma GCC unroll 16
      for (Index i = 0; i < samples; ++i) {
        const Words sample = Words{} + sample_words[word * samples + i];
        left[i] = Code::add_products(left[i], sample, latents_left);
        right[i] = Code::add_products(right[i], sample, latents_right);
      }
    }
#pragma GCC unroll 16
    for (Index i = 0; i < samples; ++i) {
      store_bounds(left[i], bounds[i], panel, 0, underflow, upper + i * latents, lower + i * latents);
      store_bounds(right[i], bounds[i], panel, Pack::width, underflow, upper + i * latents, lower + i * latents);
    }
  }

  /// The same for one sample, coded as n_words: bound by the speed at which the panel arrives.
  static void multiply_one(const std::uint32_t* sample_words, const SampleBound& bound, const Panel& panel,
                           Index n_words, float underflow, float* upper, float* lower) {
    Sums left = load<Sums>(panel.first_sums);
    Sums right = load<Sums>(panel.first_sums + Pack::width);
    for (Index word = 0; word < n_words; ++word) {
      const Words sample = Words{} + sample_words[word];
      left = Code::add_products(left, sample, load<Words>(panel.words + word * latents));
      right = Code::add_products(right, sample, load<Words>(panel.words + word * latents + Pack::width));
    }
    store_bounds(left, bound, panel, 0, underflow, upper, lower);
    store_bounds(right, bound, panel, Pack::width, underflow, upper, lower);
  }

 private:
  template <class Vector, class T>
  [[nodiscard, gnu::always_inline]] static inline Vector load(const T* from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof(Vector));
    return vector;
  }

  [[gnu::always_inline]] static inline void store_bounds(const Sums& sums, const SampleBound& bound, const Panel& panel,
                                                         Index at, float underflow, float* upper, float* lower) {
    Lanes product;
    if constexpr (std::is_same_v<Sums, Lanes>)
      product = sums;
    else
      product = __builtin_convertvector(sums, Lanes);
    const Lanes scale = Pack::broadcast(bound.scale) * Pack::load(panel.scale + at);
    const Lanes error = Pack::multiply_add(Pack::broadcast(bound.slope), Pack::load(panel.size + at),
                                           Pack::broadcast(bound.norm) * Pack::load(panel.error + at));
    const Lanes bias = Pack::load(panel.bias + at);
    const Lanes rest = Pack::broadcast(underflow);
    Pack::store(upper + at, Pack::multiply_add(scale, product + error, rest) + bias);
    Pack::store(lower + at, Pack::multiply_add(scale, product - error, -rest) + bias);
  }
};

}  // namespace parsae::inline PARSAE_ABI

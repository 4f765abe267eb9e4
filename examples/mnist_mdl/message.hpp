// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_quantizer_search.hpp>
#include <parsae/analysis/description_length.hpp>
#include <parsae/analysis/weight_quantizer.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "grid.hpp"
#include "trained_sae.hpp"

namespace parsae_examples {

/// The shortest two-part message of one SAE: its rounded dictionary, shared by all images, and the quantized code of
/// each.
///
/// Both quantizers are searched: for every precision of the dictionary the coarsest code quantizer that keeps the FVU
/// within the bound (see parsae::CodeQuantizerSearch). The shortest of these messages wins. Bits of codes are counted
/// on the test images.
class MessageSearch {
 public:
  static constexpr int least_dictionary_bits = 2;
  static constexpr int most_dictionary_bits = 8;
  static constexpr Index most_code_bins = 64;

  /// \param sae       outlives the search
  /// \param n_images  how many images share the dictionary
  MessageSearch(const TrainedSae& sae, Index n_images, parsae::Threads threads)
      : sae_(sae),
        n_images_(n_images),
        bias_(parsae::quantize_dictionary<float>(sae.b_dec, most_dictionary_bits)),
        received_bias_(bias_.w_dec.col(0)) {
    for (int bits = least_dictionary_bits; bits <= most_dictionary_bits; ++bits) {
      const auto& dictionary = dictionaries_.emplace(bits, parsae::quantize_dictionary(sae.w_dec, bits)).first->second;
      searches_.emplace(bits, parsae::CodeQuantizerSearch<float>(dictionary.w_dec, received_bias_, sae.validation,
                                                                 sae.test, {.most_bins = most_code_bins}, threads));
    }
  }
  MessageSearch(const MessageSearch&) = delete;
  MessageSearch& operator=(const MessageSearch&) = delete;

  /// The row of the grid for one bound on the FVU.
  [[nodiscard]] GridRow shortest(double eps) {
    GridRow best;
    best.width = sae_.width;
    best.k = sae_.k;
    best.seed = sae_.seed;
    best.l0 = sae_.l0;
    best.fvu = sae_.fvu;
    best.dead_fraction = sae_.dead_fraction;
    best.eps = eps;
    best.bits_codes_only = best.bits_total = std::numeric_limits<double>::infinity();
    for (auto& [bits, search] : searches_) {
      const std::optional<Index> bins = search.coarsest(eps);
      if (!bins) continue;
      best.feasible = true;
      const double codes = code_bits(*bins).bits_total();
      best.bits_codes_only = std::min(best.bits_codes_only, codes);
      const double dictionary = dictionary_bits(bits);
      if (codes + dictionary >= best.bits_total) continue;
      best.bits_codes = codes;
      best.bits_dictionary = dictionary;
      best.bits_total = codes + dictionary;
      best.code_bins = static_cast<int>(*bins);
      best.dictionary_bits = bits;
    }
    if (!best.feasible) best.bits_codes_only = best.bits_total = 0;
    return best;
  }

  /// Bits of the test images' codes with so many bins, an image.
  [[nodiscard]] const parsae::DescriptionLength& code_bits(Index bins) {
    const auto found = lengths_.find(bins);
    if (found != lengths_.end()) return found->second;
    parsae::DescriptionLengthMeter meter(searches_.begin()->second.quantizer(bins));
    meter.add(sae_.test.code);
    return lengths_.emplace(bins, meter.result()).first->second;
  }

  /// The test images as a receiver of a feasible row's message sees them, in units of pixels, and the code that it got.
  [[nodiscard]] parsae::Matrix<float> received(const GridRow& row, parsae::SparseCode<float>& code) {
    const parsae::CodeQuantizerSearch<float>& search = searches_.at(row.dictionary_bits);
    code = sae_.test.code;
    search.quantizer(row.code_bins).quantize(code);
    return search.decode(code) / sae_.scale;
  }

 private:
  /// The dictionary is sent entropy coded, the bias with it.
  [[nodiscard]] double dictionary_bits(int bits) const {
    return (dictionaries_.at(bits).bits_entropy + bias_.bits_fixed) / static_cast<double>(n_images_);
  }

  const TrainedSae& sae_;
  Index n_images_;
  std::map<int, parsae::QuantizedDictionary<float>> dictionaries_;
  parsae::QuantizedDictionary<float> bias_;
  parsae::Vector<float> received_bias_;
  std::map<int, parsae::CodeQuantizerSearch<float>> searches_;
  std::map<Index, parsae::DescriptionLength> lengths_;
};

}  // namespace parsae_examples

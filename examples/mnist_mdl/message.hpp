// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/coarsest.hpp>
#include <parsae/analysis/description_length.hpp>
#include <parsae/analysis/weight_quantizer.hpp>

#include <map>
#include <optional>
#include <utility>

#include "grid.hpp"
#include "trained_sae.hpp"

namespace parsae_examples {

/// The shortest two-part message of one SAE: its rounded dictionary, shared by all images, and the quantized code of
/// each.
///
/// Both quantizers are searched. For every precision of the dictionary, the fewest code bins that keep the FVU of the
/// validation images within the bound are found by bisection; the test images must confirm them, else one more bin is
/// tried. Of the messages that remain the shortest wins. Bits of codes are counted on the test images.
class MessageSearch {
 public:
  static constexpr int least_dictionary_bits = 2;
  static constexpr int most_dictionary_bits = 8;
  static constexpr Index most_code_bins = 64;

  /// \param n_images  how many images share the dictionary
  MessageSearch(const TrainedSae& sae, Index n_images, parsae::Threads threads)
      : sae_(sae), n_images_(n_images), threads_(threads) {
    for (int bits = least_dictionary_bits; bits <= most_dictionary_bits; ++bits)
      dictionaries_.emplace(bits, parsae::quantize_dictionary(sae.w_dec, bits));
    bias_ = parsae::quantize_dictionary<float>(sae.b_dec, most_dictionary_bits);
  }

  /// The row of the grid for one bound on the FVU.
  [[nodiscard]] GridRow shortest(double eps) {
    GridRow best{sae_.width, sae_.k, sae_.seed, sae_.l0, sae_.fvu, sae_.dead_fraction, eps, 0, 0, 0, 0, 0, false};
    for (int bits = least_dictionary_bits; bits <= most_dictionary_bits; ++bits) {
      const std::optional<Index> bins = coarsest_bins(bits, eps);
      if (!bins) continue;
      const double codes = code_bits(*bins).bits_total();
      const double dictionary = dictionary_bits(bits);
      if (best.feasible && codes + dictionary >= best.bits_total) continue;
      best.bits_codes = codes;
      best.bits_dictionary = dictionary;
      best.bits_total = codes + dictionary;
      best.code_bins = static_cast<int>(*bins);
      best.dictionary_bits = bits;
      best.feasible = true;
    }
    return best;
  }

  /// Bits of the test images' codes with so many bins, an image.
  [[nodiscard]] const parsae::DescriptionLength& code_bits(Index bins) {
    const auto found = lengths_.find(bins);
    if (found != lengths_.end()) return found->second;
    parsae::DescriptionLengthMeter meter(quantizer(bins));
    meter.add(sae_.test.code);
    return lengths_.emplace(bins, meter.result()).first->second;
  }

  /// The test images as a receiver of the message sees them, in units of pixels.
  [[nodiscard]] parsae::Matrix<float> received(const GridRow& row, parsae::SparseCode<float>& code) {
    code = sae_.test.code;
    quantizer(row.code_bins).quantize(code);
    return decoded(code, row.dictionary_bits) / sae_.scale;
  }

 private:
  [[nodiscard]] parsae::CodeQuantizer quantizer(Index bins) const {
    return {sae_.validation.code, sae_.width, {.n_bins = bins, .range = parsae::CodeQuantizer::Range::Shared}};
  }

  /// The dictionary is sent entropy coded, the bias with it.
  [[nodiscard]] double dictionary_bits(int bits) const {
    return (dictionaries_.at(bits).bits_entropy + bias_.bits_fixed) / static_cast<double>(n_images_);
  }

  [[nodiscard]] std::optional<Index> coarsest_bins(int bits, double eps) {
    std::optional<Index> bins =
        parsae::coarsest_feasible(1, most_code_bins, [&](Index n) { return fvu(Part::Validation, bits, n) <= eps; });
    // One more bin may serve one part and not the other.
    while (bins && (fvu(Part::Validation, bits, *bins) > eps || fvu(Part::Test, bits, *bins) > eps)) {
      if (*bins == most_code_bins) return std::nullopt;
      ++*bins;
    }
    return bins;
  }

  enum class Part { Validation, Test };

  /// FVU with both quantizers applied. Several bounds ask for the same one.
  [[nodiscard]] double fvu(Part part, int bits, Index bins) {
    const auto key = std::make_pair(part, std::make_pair(bits, bins));
    if (const auto known = fvus_.find(key); known != fvus_.end()) return known->second;
    const CodedImages& images = part == Part::Test ? sae_.test : sae_.validation;
    parsae::SparseCode<float> code = images.code;
    quantizer(bins).quantize(code);
    const parsae::Matrix<float> recon = decoded(code, bits);
    const double error = sums_.add_blocks(recon.cols(), threads_, [&](parsae::SampleRange range) {
      return static_cast<double>(
          (recon.middleCols(range.begin, range.size()) - images.scaled.middleCols(range.begin, range.size()))
              .squaredNorm());
    });
    return fvus_[key] = error / images.variation;
  }

  [[nodiscard]] parsae::Matrix<float> decoded(const parsae::SparseCode<float>& code, int bits) const {
    parsae::Matrix<float> recon;
    const parsae::Slice<const float> bias(bias_.w_dec.data(), bias_.w_dec.size());
    parsae::sparse_decode(dictionaries_.at(bits).w_dec, bias, code, threads_, recon);
    return recon;
  }

  const TrainedSae& sae_;
  Index n_images_;
  parsae::Threads threads_;
  std::map<int, parsae::QuantizedDictionary<float>> dictionaries_;
  parsae::QuantizedDictionary<float> bias_;
  std::map<Index, parsae::DescriptionLength> lengths_;
  std::map<std::pair<Part, std::pair<int, Index>>, double> fvus_;
  parsae::ColumnSums<float> sums_;
};

}  // namespace parsae_examples

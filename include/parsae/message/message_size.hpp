// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/message_models.hpp>
#include <parsae/message/weight_coding.hpp>

namespace parsae::inline PARSAE_ABI {

/// What a message takes: the bytes of the file, part by part, and beside them the bits that were computed for them.
struct MessageSize {
  struct Bytes {
    Index header = 0;      ///< and the ranges of the quantizer
    Index models = 0;      ///< probabilities, forest and histograms of the codes
    Index dictionary = 0;  ///< and the bias, with their histograms
    Index index = 0;       ///< where each block is, and its checksum
    Index codes = 0;

    [[nodiscard]] Index total() const { return header + models + dictionary + index + codes; }
  };

  /// Computed, of the whole data set.
  struct Bits {
    double presence = 0;          ///< which latents are active, in the model that is sent
    double value = 0;             ///< the bins of active values, in the model that is sent
    double presence_model = 0;    ///< probabilities and forest
    double value_model = 0;       ///< histograms of the bins
    double dictionary = 0;        ///< weights and bias
    double dictionary_model = 0;  ///< histograms of the weights

    /// Presence and its model, told independently and with a forest; infinite when no forest was tried. The shorter
    /// one is sent.
    double independent = 0;
    double forest = 0;

    [[nodiscard]] double codes() const { return presence + value; }
    [[nodiscard]] double models() const { return presence_model + value_model; }
    [[nodiscard]] double total() const { return codes() + models() + dictionary + dictionary_model; }
  };

  Bytes bytes;
  Bits bits;
  bool has_forest = false;
  Index n_edges = 0;  ///< of the forest that is sent
  Index n_samples = 0;

  [[nodiscard]] double bits_per_sample() const {
    return 8 * static_cast<double>(bytes.total()) / static_cast<double>(n_samples);
  }
};

}  // namespace parsae::inline PARSAE_ABI

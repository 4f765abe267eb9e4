// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_quantizer_search.hpp>
#include <parsae/analysis/description_length.hpp>
#include <parsae/analysis/reconstruction_metrics.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/model/autoencoder.hpp>

#include <array>
#include <limits>
#include <optional>

namespace parsae_benchmarks::description_length {

using parsae::Index;

inline constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

/// The codes of some samples as they are sent: quantized, entropy coded latent by latent. The dictionary, shared by all
/// samples, is not counted. NaN where training diverged or no quantizer was fine enough.
struct Message {
  double fvu = not_known;            ///< of what the receiver decodes
  double exact_fvu = not_known;      ///< of the codes before they are rounded
  double bits_presence = not_known;  ///< a sample: which latents are active
  double bits_value = not_known;     ///< a sample: what they are worth
  double l0 = not_known;
  double dead_fraction = not_known;  ///< latents that no sample activates

  [[nodiscard]] double bits() const { return bits_presence + bits_value; }
};

/// How much the FVU of the validation samples may rise when codes are rounded. What is best depends on the code, so it
/// is chosen for each family like a learning rate.
inline constexpr std::array<double, 4> allowed_rises{1.025, 1.05, 1.1, 1.2};

/// A message for each of the allowed rises.
using Messages = std::array<Message, allowed_rises.size()>;

/// For each allowed rise, finds the coarsest quantizer that keeps it, and measures with it both the validation samples
/// and others: the test samples decide nothing.
class MessageMeter {
 public:
  static constexpr Index most_bins = 1024;

  template <class Act>
  MessageMeter(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& validation, parsae::Threads threads)
      : validation_(coded(model, validation, threads)),
        search_(model.decoder.w_dec, model.decoder.b_dec, validation_, validation_, {.most_bins = most_bins}, threads),
        threads_(threads) {
    const double exact = fvu(validation_, validation_.code);
    for (std::size_t r = 0; r < allowed_rises.size(); ++r)
      if (const std::optional<Index> bins = search_.coarsest(allowed_rises[r] * exact))
        quantizers_[r] = search_.quantizer(*bins);
  }

  MessageMeter(const MessageMeter&) = delete;  // the search refers to the codes beside it
  MessageMeter& operator=(const MessageMeter&) = delete;

  [[nodiscard]] Messages of_validation() const { return messages(validation_); }

  template <class Act>
  [[nodiscard]] Messages of(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& samples) const {
    return messages(coded(model, samples, threads_));
  }

 private:
  using Coded = parsae::CodedSamples<float>;

  template <class Act>
  [[nodiscard]] static Coded coded(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& samples,
                                   parsae::Threads threads) {
    return {model.input_scale * samples, model.encode(samples, threads)};
  }

  [[nodiscard]] double fvu(const Coded& samples, const parsae::SparseCode<float>& code) const {
    parsae::ReconstructionMetrics metrics;
    metrics.add<float>(samples.targets, search_.decode(code));
    return metrics.fvu();
  }

  [[nodiscard]] Messages messages(const Coded& samples) const {
    Messages all;
    const double exact = fvu(samples, samples.code);
    for (std::size_t r = 0; r < all.size(); ++r) {
      all[r].exact_fvu = exact;
      if (quantizers_[r]) measure(samples, *quantizers_[r], all[r]);
    }
    return all;
  }

  void measure(const Coded& samples, const parsae::CodeQuantizer& quantizer, Message& message) const {
    parsae::DescriptionLengthMeter meter(quantizer);
    meter.add(samples.code);
    const parsae::DescriptionLength length = meter.result();
    parsae::SparseCode<float> sent = samples.code;
    quantizer.quantize(sent);
    message.fvu = fvu(samples, sent);
    message.bits_presence = length.bits_presence;
    message.bits_value = length.bits_value;
    message.l0 = length.l0;
    Index n_dead = 0;
    for (const double bits : length.bits_of_latent) n_dead += bits == 0;
    message.dead_fraction = static_cast<double>(n_dead) / static_cast<double>(length.bits_of_latent.size());
  }

  Coded validation_;
  parsae::CodeQuantizerSearch<float> search_;
  parsae::Threads threads_;
  std::array<std::optional<parsae::CodeQuantizer>, allowed_rises.size()> quantizers_;
};

}  // namespace parsae_benchmarks::description_length

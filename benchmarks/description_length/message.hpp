// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_quantizer_search.hpp>
#include <parsae/analysis/description_length.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/model/autoencoder.hpp>

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

/// How much the FVU may rise when codes are rounded.
inline constexpr double allowed_rise = 1.05;

/// Finds the coarsest quantizer with which the FVU of the validation samples rises by 5 % at most, and measures with it
/// both the validation samples and others: the test samples decide nothing.
class MessageMeter {
 public:
  static constexpr Index most_bins = 1024;

  template <class Act>
  MessageMeter(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& validation, parsae::Threads threads)
      : validation_(coded(model, validation, threads)),
        search_(model.decoder.w_dec, model.decoder.b_dec, validation_, validation_, {.most_bins = most_bins}, threads),
        threads_(threads) {
    exact_ = exact_fvu(validation_);
    const std::optional<Index> bins = search_.coarsest(allowed_rise * exact_);
    if (bins) quantizer_ = search_.quantizer(*bins);
  }

  MessageMeter(const MessageMeter&) = delete;  // the search refers to the codes beside it
  MessageMeter& operator=(const MessageMeter&) = delete;

  [[nodiscard]] Message of_validation() const { return message(validation_); }

  template <class Act>
  [[nodiscard]] Message of(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& samples) const {
    return message(coded(model, samples, threads_));
  }

 private:
  using Coded = parsae::CodedSamples<float>;

  template <class Act>
  [[nodiscard]] static Coded coded(const parsae::Autoencoder<Act>& model, const parsae::Matrix<float>& samples,
                                   parsae::Threads threads) {
    return {model.input_scale * samples, model.encode(samples, threads)};
  }

  [[nodiscard]] double fvu(const Coded& samples, const parsae::SparseCode<float>& code) const {
    const parsae::Matrix<double> targets = samples.targets.cast<double>();
    const parsae::Vector<double> mean = targets.rowwise().mean();
    const double error = (search_.decode(code).cast<double>() - targets).squaredNorm();
    return error / (targets.colwise() - mean).squaredNorm();
  }

  [[nodiscard]] double exact_fvu(const Coded& samples) const { return fvu(samples, samples.code); }

  [[nodiscard]] Message message(const Coded& samples) const {
    Message message;
    message.exact_fvu = exact_fvu(samples);
    if (!quantizer_) return message;
    parsae::DescriptionLengthMeter meter(*quantizer_);
    meter.add(samples.code);
    const parsae::DescriptionLength length = meter.result();
    parsae::SparseCode<float> sent = samples.code;
    quantizer_->quantize(sent);
    message.fvu = fvu(samples, sent);
    message.bits_presence = length.bits_presence;
    message.bits_value = length.bits_value;
    message.l0 = length.l0;
    Index n_dead = 0;
    for (const double bits : length.bits_of_latent) n_dead += bits == 0;
    message.dead_fraction = static_cast<double>(n_dead) / static_cast<double>(length.bits_of_latent.size());
    return message;
  }

  Coded validation_;
  parsae::CodeQuantizerSearch<float> search_;
  parsae::Threads threads_;
  double exact_ = not_known;
  std::optional<parsae::CodeQuantizer> quantizer_;
};

}  // namespace parsae_benchmarks::description_length

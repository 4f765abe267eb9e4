// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_quantizer_search.hpp>
#include <parsae/analysis/description_length.hpp>
#include <parsae/analysis/reconstruction_metrics.hpp>
#include <parsae/sparse/sparse_decode.hpp>

#include <limits>
#include <optional>

namespace parsae_benchmarks {

/// How much the FVU may rise when codes are rounded.
inline constexpr double allowed_fvu_rise = 1.05;

/// Bits a sample of the coarsest quantized code whose FVU is at most 1.05 times that of the exact code: presence and
/// value of each latent, entropy coded (parsae::DescriptionLength). The dictionary, shared by all samples, is not
/// counted. NaN where even 256 bins are too coarse.
/// \param samples  with their codes, in scaled units
template <class Scalar>
[[nodiscard]] double code_bits(const parsae::Matrix<Scalar>& w_dec, const parsae::Vector<Scalar>& b_dec,
                               const parsae::CodedSamples<Scalar>& samples, parsae::Threads threads) {
  if (samples.code.active_count() == 0) return 0;
  parsae::Matrix<Scalar> recon;
  parsae::sparse_decode(w_dec, parsae::Slice<const Scalar>(b_dec.data(), b_dec.size()), samples.code, threads, recon);
  parsae::ReconstructionMetrics exact;
  exact.add<Scalar>(samples.targets, recon);
  parsae::CodeQuantizerSearch<Scalar> search(w_dec, b_dec, samples, samples, {.most_bins = 256}, threads);
  const std::optional<parsae::Index> bins = search.coarsest(allowed_fvu_rise * exact.fvu());
  if (!bins) return std::numeric_limits<double>::quiet_NaN();
  parsae::DescriptionLengthMeter meter(search.quantizer(*bins));
  meter.add(samples.code);
  return meter.result().bits_total();
}

}  // namespace parsae_benchmarks

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/coarsest.hpp>
#include <parsae/analysis/code_quantizer.hpp>
#include <parsae/sparse/column_sums.hpp>
#include <parsae/sparse/sparse_decode.hpp>

#include <limits>
#include <map>
#include <optional>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Samples with their codes, in the scaled units of the model that coded them.
template <class Scalar>
struct CodedSamples {
  Matrix<Scalar> targets;  ///< n_outputs x n
  SparseCode<Scalar> code;
};

/// The coarsest code quantizer that still meets a bound on the reconstruction: the constraint of MDL-SAEs
/// (arXiv 2410.11179), FVU <= eps.
///
/// The number of bins is found by bisection on validation samples and must be confirmed by the test samples; where they
/// do not confirm it, the search goes on above it with both. Quantizers take their ranges from the validation codes.
/// Every FVU is computed once, so asking for several bounds costs little more than asking for one.
template <class Scalar>
class CodeQuantizerSearch {
 public:
  struct Settings {
    Index most_bins = 64;  ///< >= 1: the finest quantizer that is tried
    CodeQuantizer::Range range = CodeQuantizer::Range::Shared;
  };

  /// \param dictionary  n_outputs x n_latents, as a receiver has it; like all references here it outlives the search
  /// \param b_dec       n_outputs
  CodeQuantizerSearch(const Matrix<Scalar>& dictionary, const Vector<Scalar>& b_dec,
                      const CodedSamples<Scalar>& validation, const CodedSamples<Scalar>& test,
                      const Settings& settings, Threads threads)
      : dictionary_(&dictionary),
        b_dec_(&b_dec),
        settings_(settings),
        threads_(threads) {
    validation_.samples = &validation;
    test_.samples = &test;
    require_at_least("CodeQuantizerSearch most_bins", settings.most_bins, Index{1});
    require_shape("CodeQuantizerSearch b_dec", b_dec.size(), 1, dictionary.rows(), 1);
    for (Part* part : {&validation_, &test_}) {
      const CodedSamples<Scalar>& samples = *part->samples;
      require_shape("CodeQuantizerSearch targets", samples.targets.rows(), samples.targets.cols(), dictionary.rows(),
                    samples.code.n_samples());
      require_latents("CodeQuantizerSearch latent", samples.code, dictionary.cols());
      part->variation = sums_.squares_about_mean(samples.targets, threads);
    }
  }

  /// The fewest bins with an FVU of at most `eps` on both parts, or nothing when most_bins are not enough.
  [[nodiscard]] std::optional<Index> coarsest(double eps) {
    if (test_fvu(settings_.most_bins) > eps) return std::nullopt;
    const std::optional<Index> bins =
        coarsest_feasible(1, settings_.most_bins, [&](Index n) { return validation_fvu(n) <= eps; });
    if (!bins || test_fvu(*bins) <= eps) return bins;
    return coarsest_feasible(*bins + 1, settings_.most_bins,
                             [&](Index n) { return validation_fvu(n) <= eps && test_fvu(n) <= eps; });
  }

  [[nodiscard]] double validation_fvu(Index n_bins) { return fvu(validation_, n_bins); }
  [[nodiscard]] double test_fvu(Index n_bins) { return fvu(test_, n_bins); }

  [[nodiscard]] CodeQuantizer quantizer(Index n_bins) const {
    return {validation_.samples->code, dictionary_->cols(), {.n_bins = n_bins, .range = settings_.range}};
  }

  /// What a receiver makes of a code, in scaled units.
  [[nodiscard]] Matrix<Scalar> decode(const SparseCode<Scalar>& quantized) const {
    Matrix<Scalar> recon;
    sparse_decode(*dictionary_, Slice<const Scalar>(b_dec_->data(), b_dec_->size()), quantized, threads_, recon);
    return recon;
  }

 private:
  struct Part {
    const CodedSamples<Scalar>* samples = nullptr;
    double variation = 0;         ///< sum of squares about the mean
    std::map<Index, double> fvu;  ///< by number of bins
  };

  [[nodiscard]] double fvu(Part& part, Index n_bins) {
    if (const auto known = part.fvu.find(n_bins); known != part.fvu.end()) return known->second;
    SparseCode<Scalar> code = part.samples->code;
    quantizer(n_bins).quantize(code);
    const Matrix<Scalar> recon = decode(code);
    const Matrix<Scalar>& targets = part.samples->targets;
    const double error = sums_.add_blocks(recon.cols(), threads_, [&](SampleRange range) {
      return static_cast<double>(
          (recon.middleCols(range.begin, range.size()) - targets.middleCols(range.begin, range.size())).squaredNorm());
    });
    const double worst = std::numeric_limits<double>::infinity();  // equal samples that are missed: no bound holds
    return part.fvu[n_bins] = error == 0 ? 0 : part.variation > 0 ? error / part.variation : worst;
  }

  const Matrix<Scalar>* dictionary_;
  const Vector<Scalar>* b_dec_;
  Part validation_;
  Part test_;
  Settings settings_;
  Threads threads_;
  ColumnSums<Scalar> sums_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/code_metrics.hpp>
#include <parsae/analysis/reconstruction_metrics.hpp>
#include <parsae/data/batch.hpp>
#include <parsae/model/autoencoder.hpp>

namespace parsae::inline PARSAE_ABI {

/// What a model does on held-out samples, with its inference rule.
struct Evaluation {
  double fvu = 0;                 ///< see ReconstructionMetrics
  double mean_squared_error = 0;  ///< a sample, in the user's units
  double l0 = 0;                  ///< active latents a sample
  double dead_fraction = 0;       ///< latents active in none of the n_samples
  Index n_samples = 0;
  Vector<double> density;  ///< n_latents: share of samples in which each is active
};

struct EvaluateSettings {
  Index max_samples = 1'000'000;  ///< stop after the batch that reaches so many, >= 1: a source may be endless
  Threads threads = Threads::available();
};

/// Runs the source to its end (or to max_samples) through encode() and decode().
template <class Act, BatchSource<typename Act::Scalar> Source>
[[nodiscard]] Evaluation evaluate(const Autoencoder<Act>& model, Source& source,
                                  const EvaluateSettings& settings = {}) {
  using Scalar = typename Act::Scalar;
  require_at_least("evaluate max_samples", settings.max_samples, Index{1});
  ReconstructionMetrics reconstruction;
  CodeMetrics codes(model.n_latents());
  Batch<Scalar> batch;
  while (codes.n_samples() < settings.max_samples && source.next(batch)) {
    const SparseCode<Scalar> code = model.encode(batch.inputs, settings.threads);
    const Matrix<Scalar>& targets = batch.targets.size() == 0 ? batch.inputs : batch.targets;
    reconstruction.add<Scalar>(targets, model.decode(code, settings.threads));
    codes.add(code);
  }
  if (codes.n_samples() == 0) reject("evaluate source", "at least one sample", "none");

  Evaluation result{reconstruction.fvu(), reconstruction.mean_squared_error(), codes.l0(), codes.dead_fraction(),
                    codes.n_samples(),    Vector<double>(model.n_latents())};
  for (Index j = 0; j < model.n_latents(); ++j) result.density(j) = codes.density(j);
  return result;
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <support/interrupt.hpp>
#include <support/progress_bar.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "findings.hpp"
#include "source.hpp"
#include "text.hpp"

namespace parsae_cli {

/// Ctrl-C while something is read that leaves nothing behind.
struct Interrupted {};

/// Calls use(batch, code) for every batch of a source, up to `max_samples` samples (0: all); the last batch is cut.
/// Shows how far it is. Throws Interrupted on Ctrl-C.
/// \param expected  samples that are to come, for the progress
template <class Use>
void for_each_code(const Sae& sae, Source& source, Index max_samples, Index expected, parsae::Threads threads,
                   parsae_examples::ProgressBar::Style style, const Use& use) {
  if (sae.n_inputs() != source.n_inputs())
    throw parsae::FileError(source.files().front()->path(), "expected rows of " + std::to_string(sae.n_inputs()) +
                                                                " values, the inputs of this SAE, got " +
                                                                std::to_string(source.n_inputs()));
  parsae_examples::ProgressBar bar({.total = static_cast<double>(std::max<Index>(expected, 1)), .style = style});
  parsae::Batch<float> batch;
  Index n = 0;
  while ((max_samples == 0 || n < max_samples) && source.next(batch)) {
    if (parsae_examples::Interrupt::requested()) throw Interrupted();
    if (max_samples > 0 && n + batch.inputs.cols() > max_samples) {
      batch.inputs.conservativeResize(Eigen::NoChange, max_samples - n);
      batch.sample_id.resize(max_samples - n);
    }
    use(batch, sae.encode(batch.inputs, threads));
    n += batch.inputs.cols();
    bar.update(static_cast<double>(n), grouped(n) + " samples", "");
  }
  bar.clear();
}

struct JudgeSettings {
  Index max_samples = 0;  ///< 0: all
  Index n_latents = 40;   ///< rows of the table
  Index n_examples = 6;   ///< in each row
  parsae::Threads threads = parsae::Threads::available();
  parsae_examples::ProgressBar::Style style = parsae_examples::ProgressBar::Style::Auto;
};

namespace detail {

/// File names alone where no two files share one.
[[nodiscard]] inline bool has_unique_names(const Activations& activations) {
  std::set<std::filesystem::path> names;
  for (const std::filesystem::path& path : activations.paths()) names.insert(path.filename());
  return names.size() == activations.paths().size();
}

[[nodiscard]] inline std::vector<Index> by_energy(const std::vector<LatentUse>& uses) {
  std::vector<Index> order(uses.size());
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
    return uses[static_cast<std::size_t>(a)].energy > uses[static_cast<std::size_t>(b)].energy;
  });
  return order;
}

}  // namespace detail

/// Everything that the report says of an SAE, from one pass over a source of `activations`.
[[nodiscard]] inline Findings judge(const Sae& sae, const Activations& activations, Source& source,
                                    const JudgeSettings& settings) {
  Analysis analysis(sae, settings.threads);
  TopExamples top(sae.n_latents(), settings.n_examples);
  const Index expected =
      settings.max_samples > 0 ? std::min(settings.max_samples, activations.n_rows()) : activations.n_rows();
  for_each_code(sae, source, settings.max_samples, expected, settings.threads, settings.style,
                [&](const parsae::Batch<float>& batch, const parsae::SparseCode<float>& code) {
                  analysis.add(batch.inputs, code);
                  top.add(code, batch.sample_id.slice());
                });
  if (analysis.n_samples() == 0) throw parsae::FileError(activations.paths().front(), "there are no rows to judge by");

  Findings findings;
  findings.figures = analysis.figures();
  const std::vector<LatentUse> uses = analysis.latents();
  const std::vector<NearestLatent> nearest = nearest_latents(sae.w_dec(), settings.threads);
  for (std::size_t j = 0; j < uses.size(); ++j) {
    findings.density.push_back(uses[j].density);
    findings.nearest_cosine.push_back(nearest[j].latent < 0 ? std::numeric_limits<double>::quiet_NaN()
                                                            : nearest[j].cosine);
  }
  const bool has_unique_names = detail::has_unique_names(activations);
  for (const Index latent : detail::by_energy(uses)) {
    const auto j = static_cast<std::size_t>(latent);
    if (static_cast<Index>(findings.latents.size()) == settings.n_latents || uses[j].density == 0) break;
    LatentRow row{.latent = latent, .use = uses[j], .nearest = nearest[j]};
    for (const TopExample& example : top.of(latent)) {
      const auto [path, place] = activations.place_of(example.sample);
      row.examples.push_back({has_unique_names ? std::filesystem::path(path).filename().string() : path, place,
                              static_cast<double>(example.value)});
    }
    findings.latents.push_back(row);
  }
  return findings;
}

}  // namespace parsae_cli

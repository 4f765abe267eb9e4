// SPDX-License-Identifier: MIT
// How fast does a trained encoder run: one sample at a time (latency), and many at once (throughput)?

#include <parsae/parsae.hpp>

#include <support/interrupt.hpp>
#include <support/program.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <cstdlib>
#include <functional>

#include "options.hpp"
#include "results.hpp"
#include "timing.hpp"

namespace parsae_benchmarks {
namespace {

using Sae = parsae::Autoencoder<parsae::TopK<float>>;

struct Problem {
  ProblemSize size;
  SyntheticData data = SyntheticData::Gaussian;
};

/// A model for the problem's data: initialized, and trained for a while where the data is made of a dictionary.
[[nodiscard]] Sae make_model(const Problem& problem, const parsae::Matrix<float>& samples, const Options& options) {
  Sae model({.n_inputs = problem.size.d, .n_latents = problem.size.n}, parsae::TopK<float>({.k = problem.size.k}));
  parsae::initialize(model, samples, {.seed = options.seed});
  if (problem.data != SyntheticData::TrainedLike) return model;
  parsae::MatrixSource<float> source(samples, {.batch_size = problem.size.batch, .seed = options.seed});
  parsae::Trainer trainer(model, parsae::Objective(parsae::MeanSquaredError()), parsae::Adam(),
                          {.steps = options.training_steps, .precision = parsae::Precision::Screened});
  trainer.train(source);
  return model;
}

void measure(const Problem& problem, const Options& options, const std::function<void()>& on_row, Results& results) {
  const parsae::Threads all = parsae::Threads::available();
  const parsae::Matrix<float> samples = synthetic_samples({.data = problem.data,
                                                           .n_inputs = problem.size.d,
                                                           .n_samples = problem.size.batch,
                                                           .n_latents = problem.size.n,
                                                           .k = problem.size.k,
                                                           .seed = options.seed},
                                                          all);
  const Sae model = make_model(problem, samples, options);
  for (const parsae::Precision precision : {parsae::Precision::Exact, parsae::Precision::Screened}) {
    const parsae::InferenceEncoder encoder(model, {.precision = precision, .threads = all});
    for (const int threads : options.threads) {
      Row row{.size = problem.size,
              .data = problem.data,
              .method = precision == parsae::Precision::Exact ? "parsae-exact" : "parsae-screened",
              .threads = threads};
      auto workspace = encoder.workspace();
      row.latency = time_single_samples(encoder, samples, workspace, parsae::Threads(threads), options.seconds);
      row.screening = workspace.screening();
      auto batch_workspace = encoder.workspace();
      row.batch_seconds = time_batches(encoder, samples, batch_workspace, parsae::Threads(threads), options.seconds);
      results.rows.push_back(row);
      on_row();
    }
  }
}

int run(const Options& options) {
  const parsae_examples::Interrupt interrupt;
  std::vector<Problem> problems;
  for (const ProblemSize& size : options.problem_sizes())
    for (const std::string& data : options.data) problems.push_back({size, synthetic_data_from(data)});

  Results results;
  std::printf("%s, %s\n", parsae::build_summary().c_str(), compiler_name().c_str());
  for (const int threads : options.threads) results.machine.add(threads, measure_ceilings(parsae::Threads(threads)));
  const double n_rows = static_cast<double>(problems.size() * 2 * options.threads.size());
  using Style = parsae_examples::ProgressBar::Style;
  parsae_examples::ProgressBar progress(
      {.total = n_rows, .style = options.is_quiet ? Style::Quiet : Style::Auto, .seconds_per_line = 5});
  for (const Problem& problem : problems) {
    const std::string what = problem.size.name + " " + std::string(to_string(problem.data));
    const auto show = [&] {
      const std::size_t n_done = results.rows.size();
      progress.update(static_cast<double>(n_done), std::to_string(n_done) + " rows", what);
    };
    show();
    if (parsae_examples::Interrupt::requested()) break;
    measure(problem, options, show, results);
  }
  progress.clear();
  std::printf("%s", table_text(results).c_str());
  if (!options.json.empty()) write_json(options.json, results);
  return parsae_examples::Interrupt::requested() ? 130 : EXIT_SUCCESS;
}

}  // namespace
}  // namespace parsae_benchmarks

int main(int argc, char** argv) {
  using namespace parsae_benchmarks;
  Options options;
  CLI::App app;
  add_options(app, options);
  return parsae_examples::run_program("inference", app, argc, argv, [&](const std::string&) {
    check(options);
    return run(options);
  });
}

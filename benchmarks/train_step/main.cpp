// SPDX-License-Identifier: MIT
// How fast is a training step, and how far from what the machine can do? With --peers also against PyTorch.

#include <parsae/core/build_summary.hpp>

#include <support/interrupt.hpp>
#include <support/program.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "options.hpp"
#include "report.hpp"
#include "results.hpp"
#include "run.hpp"
#include "tables.hpp"
#include "worker.hpp"

namespace parsae_benchmarks {
namespace {

constexpr int exit_without_peers = 2;
constexpr int exit_interrupted = 130;

int run(const Options& options, const std::string& command) {
  const parsae_examples::Interrupt interrupt;
  const parsae_examples::ProgressBar clock({.style = parsae_examples::ProgressBar::Style::Quiet});
  Results results;
  results.command = command;
  std::printf("%s, %s\n", parsae::build_summary().c_str(), compiler_name().c_str());
  bool is_complete = true;
  try {
    Run(options, results).measure();
  } catch (const Interrupted&) {
    is_complete = false;
  }
  results.seconds = clock.seconds();
  std::printf("%s", results_text(results).c_str());
  if (!options.files.json.empty()) write_json(options.files.json, results);
  if (!options.files.html.empty()) write_report(options.files.html, results);
  std::printf("\n%s%s\n", parsae_examples::duration_text(results.seconds).c_str(), options.files.hint().c_str());
  if (!is_complete) return exit_interrupted;
  return results.failures.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace parsae_benchmarks

int main(int argc, char** argv) {
  using namespace parsae_benchmarks;
  Options options;
  CLI::App app;
  add_options(app, options);
  return parsae_examples::run_program("train_step", app, argc, argv, [&](const std::string& command) {
    finish(app, options);
    check(options);
    try {
      if (options.worker.empty()) return run(options, command);
      Worker(options.worker, parsae::Threads(options.threads.at(0))).run();
      return EXIT_SUCCESS;
    } catch (const NoPeers& error) {
      std::fprintf(stderr, "train_step: %s\n", error.what());
      return exit_without_peers;
    }
  });
}

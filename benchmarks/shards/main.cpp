// SPDX-License-Identifier: MIT
// Does training from files larger than memory keep up with training from memory, and how much memory does it need?

#include <parsae/io/npy.hpp>

#include <measure/conversation.hpp>
#include <measure/scratch_folder.hpp>
#include <measure/synthetic_samples.hpp>
#include <support/interrupt.hpp>
#include <support/program.hpp>
#include <support/progress_bar.hpp>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "options.hpp"
#include "results.hpp"
#include "worker.hpp"

namespace parsae_benchmarks {
namespace {

/// Shards of at most 100 MB, whose samples together have `options.gigabytes`. All hold the same samples: what is
/// measured does not depend on what they are. Returns their number.
[[nodiscard]] Index write_shards(const std::filesystem::path& folder, const Options& options,
                                 parsae_examples::ProgressBar& progress) {
  const double row_bytes = 4.0 * static_cast<double>(options.size.d);
  const double total_rows = std::ceil(1e9 * options.gigabytes / row_bytes);
  const auto n_shards = static_cast<Index>(std::ceil(total_rows * row_bytes / 1e8));
  const auto rows = static_cast<Index>(std::ceil(total_rows / static_cast<double>(n_shards)));
  const parsae::Matrix<float> samples = synthetic_samples({.data = SyntheticData::TrainedLike,
                                                           .n_inputs = options.size.d,
                                                           .n_samples = rows,
                                                           .n_latents = options.size.n,
                                                           .k = options.size.k,
                                                           .seed = options.seed},
                                                          parsae::Threads::available());
  for (Index i = 0; i < n_shards; ++i) {
    if (parsae_examples::Interrupt::requested()) throw Interrupted();
    char name[32];
    std::snprintf(name, sizeof name, "shard-%05ld.npy", static_cast<long>(i));
    parsae::write_npy(folder / name, samples);
    progress.update(0, std::to_string(i + 1) + " of " + std::to_string(n_shards) + " shards", "writing");
  }
  return n_shards;
}

[[nodiscard]] std::vector<std::string> worker_command(const Options& options, const std::string& mode,
                                                      const std::filesystem::path& folder) {
  const auto number = [](auto value) { return std::to_string(value); };
  return {"/proc/self/exe",
          "--worker",
          mode,
          "--folder",
          folder.string(),
          "--d",
          number(options.size.d),
          "--n",
          number(options.size.n),
          "--k",
          number(options.size.k),
          "--batch",
          number(options.size.batch),
          "--buffer-rows",
          number(options.buffer_rows),
          "--seed",
          number(options.seed)};
}

int run(const Options& options) {
  const parsae_examples::Interrupt interrupt;
  using Style = parsae_examples::ProgressBar::Style;
  parsae_examples::ProgressBar progress({.total = static_cast<double>(options.rounds),
                                         .style = options.is_quiet ? Style::Quiet : Style::Auto,
                                         .seconds_per_line = 5});
  const ScratchFolder scratch;
  const std::filesystem::path folder = scratch.file("shards");
  std::filesystem::create_directory(folder);
  Results results{.size = options.size, .gigabytes = options.gigabytes, .steps = options.steps};
  results.n_shards = write_shards(folder, options, progress);

  Conversation memory({.name = "training from memory",
                       .command = worker_command(options, "memory", folder),
                       .environment = {},
                       .stderr_file = scratch.file("memory.txt")});
  Conversation shards({.name = "training from shards",
                       .command = worker_command(options, "shards", folder),
                       .environment = {},
                       .stderr_file = scratch.file("shards.txt")});
  // The first round fills caches and the mixing buffer and does not count.
  for (Index round = 0; round <= options.rounds; ++round) {
    for (auto* const side : {&memory, &shards}) {
      const nlohmann::ordered_json answer = side->ask({{"steps", options.steps}});
      (side == &memory ? results.memory : results.shards).add(answer, round > 0);
    }
    progress.update(static_cast<double>(round), std::to_string(round) + " rounds", "training");
  }
  progress.clear();
  std::printf("%s", table_text(results).c_str());
  if (!options.json.empty()) write_json(options.json, results);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace parsae_benchmarks

int main(int argc, char** argv) {
  using namespace parsae_benchmarks;
  Options options;
  CLI::App app;
  add_options(app, options);
  return parsae_examples::run_program("shards", app, argc, argv, [&](const std::string&) {
    check(options);
    try {
      return options.worker.empty() ? run(options) : work(options);
    } catch (const Interrupted&) {
      return 130;
    }
  });
}

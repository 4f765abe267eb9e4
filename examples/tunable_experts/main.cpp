// SPDX-License-Identifier: MIT
// Which experts of a mixture refuse, and what is lost when they are switched off? With controls, and against an SAE.

#include <parsae/core/build_summary.hpp>

#include <mnist_mdl/digits.hpp>
#include <support/interrupt.hpp>
#include <support/program.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "journal.hpp"
#include "report.hpp"
#include "seed_experiment.hpp"

namespace parsae_experts {
namespace {

using parsae_examples::Digits;
using parsae_examples::DigitsSettings;
using parsae_examples::Interrupt;
using parsae_examples::ProgressBar;

/// Thrown between two steps of work after Ctrl-C.
struct Stopped {};

LabeledImages columns(const parsae::Matrix<float>& images, const std::vector<std::uint8_t>& labels,
                      const std::vector<Index>& chosen) {
  LabeledImages data;
  data.images.resize(images.rows(), static_cast<Index>(chosen.size()));
  for (const Index image : chosen) {
    data.images.col(static_cast<Index>(data.labels.size())) = images.col(image);
    data.labels.push_back(labels[static_cast<std::size_t>(image)]);
  }
  return data;
}

/// n of the numbers from `first` to `last` - 1, evenly spread.
std::vector<Index> spread_out(Index first, Index last, Index n) {
  n = std::min(n, last - first);
  std::vector<Index> numbers;
  for (Index i = 0; i < n; ++i) numbers.push_back(first + i * (last - first) / n);
  return numbers;
}

/// The last twelfth of the training images validates and trains nothing.
ExperimentData split(const Digits& digits, const Options& options) {
  const Index n = digits.train.cols();
  const Index n_train = n - std::max<Index>(n / 12, 1);
  const Index n_test = digits.test.cols();
  ExperimentData data;
  data.train = columns(digits.train, digits.train_labels, spread_out(0, n_train, options.train_images));
  data.validation =
      columns(digits.train, digits.train_labels, spread_out(n_train, n, options.recipe.validation_images));
  data.test = columns(digits.test, digits.test_labels, spread_out(0, n_test, options.recipe.test_images));
  data.all_test = columns(digits.test, digits.test_labels, spread_out(0, n_test, n_test));
  return data;
}

/// Runs the seeds that the journal does not have yet; false when interrupted.
bool run_seeds(const Options& options, const ExperimentData& data, Journal& journal) {
  Index left = 0;
  for (Index seed = 1; seed <= options.n_seeds; ++seed) left += journal.has(static_cast<std::uint64_t>(seed)) ? 0 : 1;
  const double of_seed = WorkUnits::of_seed(options.recipe, data.train.size());
  ProgressBar bar({.total = std::max(of_seed * static_cast<double>(left), 1.0),
                   .style = options.is_quiet ? ProgressBar::Style::Quiet : ProgressBar::Style::Auto});
  double finished = 0;
  for (Index number = 1; number <= options.n_seeds; ++number) {
    const auto seed = static_cast<std::uint64_t>(number);
    if (journal.has(seed)) continue;
    double done = finished;
    const SeedExperiment::Work work = [&](double more, const std::string& status) {
      if (Interrupt::requested()) throw Stopped();
      done += more;
      bar.update(done, "seed " + std::to_string(number) + "/" + std::to_string(options.n_seeds), status);
    };
    try {
      journal.add(seed, SeedExperiment(data, options.recipe, seed, work).run());
    } catch (const Stopped&) {
      return false;
    }
    finished += of_seed;
  }
  return true;
}

std::vector<std::pair<std::string, std::string>> settings_of(const Options& options, const Digits& digits,
                                                             const ExperimentData& data) {
  using parsae_examples::grouped;
  const Recipe& recipe = options.recipe;
  const auto number = [](double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", value);
    return std::string(text);
  };
  return {{"digits", digits.source},
          {"images", grouped(data.train.size()) + " to train, " + grouped(data.validation.size()) +
                         " to choose the measure, " + grouped(data.test.size()) + " to judge, with marker and without"},
          {"network",
           "16 patches of 7 x 7, width 64, 4 layers of 64 routed experts of 16 and a shared one of 32, 4 a "
           "patch, 11 answers"},
          {"stage 1", number(recipe.stage1_epochs) + " epochs, learning rate " + number(recipe.stage1_learning_rate)},
          {"stage 2", number(recipe.stage2_epochs) + " epochs of " +
                          grouped(std::min(recipe.stage2_images, data.train.size())) + " images, learning rate " +
                          number(recipe.stage2_learning_rate) + ", marker on half of them"},
          {"contrast",
           grouped(std::min(recipe.contrast_images, data.train.size())) + " training images with marker and without"},
          {"draws", std::to_string(recipe.n_draws) + " for " + std::to_string(recipe.main_count) +
                        " units, zero weight; else " + std::to_string(recipe.n_band_draws)},
          {"SAE", std::to_string(recipe.sae_latents) + " latents, TopK, k = " + std::to_string(recipe.sae_k)},
          {"seeds", std::to_string(options.n_seeds)},
          {"threads", std::to_string(recipe.threads.count())},
          {"build", parsae::build_summary()}};
}

void print_findings(const Findings& findings, const Recipe& recipe) {
  for (const StageTwo stage : all_stage_twos) {
    std::printf("\nstage 2 trained %s; %lld experts off:\n", words_of(name_of(stage)).c_str(),
                static_cast<long long>(recipe.main_count));
    std::printf("  seed  refused  cut %%  best random  best matched  neutral lost, points\n");
    const std::vector<Baseline> baseline = baselines_of(findings, name_of(stage));
    const std::vector<SeedVerdict> verdicts = seed_verdicts(findings, name_of(stage), recipe.main_count);
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      std::printf("%6llu  %6.1f%%  %5.1f  %11.1f  %12.1f  %10.1f  %s\n",
                  static_cast<unsigned long long>(verdicts[i].seed), 100 * baseline[i].refusal_rate,
                  100 * verdicts[i].reduction, 100 * verdicts[i].best_random, 100 * verdicts[i].best_matched,
                  100 * verdicts[i].neutral_loss, verdicts[i].holds ? "holds" : "");
  }
}

int run(const Options& options, const std::string& command) {
  Eigen::setNbThreads(1);  // products are small and run side by side, block by block
  Interrupt interrupt;
  const ProgressBar clock({.style = ProgressBar::Style::Quiet});
  std::filesystem::create_directories(options.out);
  DigitsSettings wanted;
  wanted.data_folder = options.data;
  wanted.network = options.is_offline ? DigitsSettings::Network::Forbidden : DigitsSettings::Network::Allowed;
  wanted.note = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  const Digits digits = parsae_examples::obtain_digits(wanted);
  const ExperimentData data = split(digits, options);
  std::printf("%s\n%s\n", parsae::build_summary().c_str(), digits.source.c_str());
  std::fflush(stdout);

  Journal journal(options.out / "metrics.jsonl", options, digits.source);
  const bool is_complete = run_seeds(options, data, journal);

  ReportInput page;
  page.findings = journal.findings();
  page.recipe = options.recipe;
  page.grid = NetworkShape().grid();
  page.test_images = data.test.images;
  page.command = command;
  page.seconds = clock.seconds();
  page.settings = settings_of(options, digits, data);
  write_results(options.out / "results.json", page.findings, page.seconds, page.settings);
  write_report(options.out / "report.html", page);
  print_findings(page.findings, options.recipe);
  std::printf("\n%s\n%s: %s\n", detail::headline(page).c_str(), parsae_examples::duration_text(page.seconds).c_str(),
              (options.out / "report.html").c_str());
  if (is_complete) return EXIT_SUCCESS;
  return parsae_examples::say_how_to_go_on("Finished seeds are saved", command, options.resumes);
}

}  // namespace
}  // namespace parsae_experts

int main(int argc, char** argv) {
  using namespace parsae_experts;
  Options options;
  int threads = 1;
  CLI::App app;
  add_options(app, options, threads);
  return parsae_examples::run_program("tunable_experts", app, argc, argv, [&](const std::string& command) {
    parsae::require_between("--threads", threads, 1, 4096);
    options.recipe.threads = parsae::Threads(threads);
    if (options.is_quick) shorten(app, options);
    check(options);
    return run(options, command);
  });
}

// SPDX-License-Identifier: MIT
// How many bits does a code take at equal error? Trained on L0, on its description length, or within a budget.

#include <parsae/core/build_summary.hpp>

#include <allocators/row_progress.hpp>
#include <support/interrupt.hpp>
#include <support/program.hpp>
#include <support/progress_bar.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

#include "options.hpp"
#include "report.hpp"
#include "results.hpp"
#include "tables.hpp"

namespace parsae_benchmarks::description_length {
namespace {

constexpr int exit_interrupted = 130;

std::vector<Family> chosen_families(const Options& options) {
  std::vector<Family> chosen;
  for (const Family& family : all_families())
    if (options.families.empty() || std::count(options.families.begin(), options.families.end(), family.name) > 0)
      chosen.push_back(family);
  return chosen;
}

std::string joined_numbers(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + parsae_examples::ChartAxis::label(value);
  return text;
}

/// The whole plan: every FVU for every family.
class Comparison {
 public:
  Comparison(const Options& options, Results& results)
      : options_(options),
        results_(results),
        families_(chosen_families(options)),
        expected_of_row_(expected_runs(options.search_settings())),
        n_rows_(families_.size() * options.fvu.size()),
        progress_(expected_of_row_ * static_cast<double>(n_rows_), n_rows_, options.progress_style()) {}

  /// Ends on Ctrl-C, after the run that was going on; results then hold what is complete.
  void run() {
    const DataSet data = obtain_data(options_.data_settings());
    describe(data);
    std::deque<FamilySearch> searches;
    for (const Family& family : families_)
      searches.emplace_back(family, options_.search_settings(), base_job(data),
                            [this](const std::string& what) { progress_.begin_run(what); });
    try {
      // All families at one FVU before the next: whoever stops early has something to compare.
      for (const double fvu : options_.fvu) {
        for (FamilySearch& search : searches) {
          progress_.begin_row(expected_of_row_);
          results_.rows.push_back(search.find(fvu));
          progress_.end_row();
        }
      }
    } catch (const RowProgress::Interrupted&) {
      results_.is_complete = false;
    }
    for (const FamilySearch& search : searches)
      for (const PointRow& point : search.points()) results_.points.push_back(point);
    progress_.clear();
  }

 private:
  [[nodiscard]] Job base_job(const DataSet& data) const {
    Job job;
    job.data = &data;
    job.n_latents = options_.latents_for(data.train.rows());
    job.seed = options_.seed;
    job.samples = options_.samples;
    job.batch = options_.batch;
    job.threads = parsae::Threads(options_.threads);
    return job;
  }

  void describe(const DataSet& data) {
    const FamilySearch::Settings search = options_.search_settings();
    results_.has_stored_rates = !search.searches_rates;
    results_.n_planned_rows = n_rows_;
    auto& settings = results_.settings;
    settings.insert(
        settings.begin(),
        {{"data", data.source},
         {"latents", std::to_string(options_.latents_for(data.train.rows()))},
         {"training samples a run", std::to_string(options_.samples)},
         {"batch", std::to_string(options_.batch)},
         {"FVU", joined_numbers(options_.fvu)},
         {"seeds", std::to_string(options_.n_seeds) + ", from " + std::to_string(options_.seed)},
         {"recipe",
          "Adam (0.9, 0.999), learning rate falling linearly over the last fifth, unit decoder columns, "
          "encoder begins as the decoder, b_dec as the mean, inputs scaled to a mean squared norm of 1; "
          "JumpReLU's thresholds begin at the L0 that the operating point is likely to end at"},
         {"learning rates",
          search.searches_rates ? "searched by the first seed's bits on the validation samples, step 2" : "stored"},
         {"operating points",
          "a grid with a step of 1.41 in k and targets, of 1.19 in coefficients and noise variances"}});
    std::printf("%s\n", data.source.c_str());
  }

  const Options& options_;
  Results& results_;
  std::vector<Family> families_;
  double expected_of_row_;
  std::size_t n_rows_;
  RowProgress progress_;
};

int run(const Options& options, const std::string& command) {
  const parsae_examples::Interrupt interrupt;
  const parsae_examples::ProgressBar clock({.style = parsae_examples::ProgressBar::Style::Quiet});
  Results results;
  results.command = command;
  results.settings = {{"threads", std::to_string(options.threads)},
                      {"build", parsae::build_summary() + ", " + compiler_name() + ", " + processor_name()}};
  std::printf("%s, %s\n", parsae::build_summary().c_str(), compiler_name().c_str());
  Comparison(options, results).run();
  results.seconds = clock.seconds();
  std::printf("%s", results_text(results).c_str());
  if (results.has_stored_rates && !results.rows.empty())
    std::printf("\nLearning rates were not searched: a first look, not a comparison.\n");
  if (!options.files.json.empty()) write_json(options.files.json, results);
  if (!options.files.html.empty()) write_report(options.files.html, results);
  std::printf("\n%s%s\n", parsae_examples::duration_text(results.seconds).c_str(), options.files.hint().c_str());
  if (results.is_complete) return EXIT_SUCCESS;
  std::printf("Interrupted: %zu of %zu rows are complete.\n", results.rows.size(), results.n_planned_rows);
  return exit_interrupted;
}

}  // namespace
}  // namespace parsae_benchmarks::description_length

int main(int argc, char** argv) {
  using namespace parsae_benchmarks::description_length;
  Options options;
  CLI::App app;
  const std::vector<Family> families = all_families();
  add_options(app, options, families);
  return parsae_examples::run_program("description_length", app, argc, argv, [&](const std::string& command) {
    finish(app, options);
    check(options, families);
    return run(options, command);
  });
}

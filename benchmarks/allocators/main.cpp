// SPDX-License-Identifier: MIT
// Which sparsity rule should I use? Trains them all at matched L0, each at its own best learning rate.

#include <parsae/core/build_summary.hpp>

#include <support/interrupt.hpp>
#include <support/program.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "data_set.hpp"
#include "options.hpp"
#include "report.hpp"
#include "results.hpp"
#include "row_progress.hpp"
#include "rule_search.hpp"
#include "rules.hpp"
#include "tables.hpp"

namespace parsae_benchmarks {
namespace {

constexpr int exit_interrupted = 130;

/// The rules that were asked for, in the order of the table.
std::vector<Rule> chosen_rules(const Options& options) {
  std::vector<Rule> chosen;
  for (const Rule& rule : all_rules())
    if (options.rules.empty() || std::count(options.rules.begin(), options.rules.end(), rule.name) > 0)
      chosen.push_back(rule);
  return chosen;
}

std::string number(double value) { return parsae_examples::ChartAxis::label(value); }

std::string joined_numbers(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : ", ") + number(value);
  return text;
}

/// The whole plan: every target for every rule, then the kernels.
class Comparison {
 public:
  Comparison(const Options& options, Results& results)
      : options_(options),
        results_(results),
        rules_(options.trains() ? chosen_rules(options) : std::vector<Rule>()),
        progress_(total_work(), rules_.size() * options.l0.size(), options.progress_style()) {}

  /// Throws RowProgress::Interrupted on Ctrl-C, after the run that was going on; results then hold what is complete.
  void run() {
    if (options_.trains()) train();
    if (options_.has_kernels()) measure_kernels();
    progress_.clear();
  }

 private:
  /// In training runs of a rule; the kernels count as several.
  [[nodiscard]] double total_work() const {
    double total = options_.has_kernels() ? kernel_work() : 0;
    for (const Rule& rule : rules_)
      total += expected_runs(rule, options_.search_settings()) * static_cast<double>(options_.l0.size());
    return total;
  }
  [[nodiscard]] double kernel_work() const { return options_.is_quick ? 20 : 8; }

  void train() {
    const DataSet data = obtain_data(options_.data_settings());
    check_targets(options_, data.train.rows());
    describe(data);
    std::vector<RuleSearch> searches;
    for (const Rule& rule : rules_)
      searches.emplace_back(rule, options_.search_settings(), base_request(data),
                            [this](const std::string& what) { progress_.begin_run(what); });
    // All rules at one target before the next: whoever stops early has something to compare.
    for (const double target : options_.l0) {
      for (std::size_t r = 0; r < rules_.size(); ++r) {
        progress_.begin_row(expected_runs(rules_[r], options_.search_settings()));
        results_.rows.push_back(searches[r].find(target));
        progress_.end_row();
      }
    }
  }

  [[nodiscard]] Request base_request(const DataSet& data) const {
    Request request;
    request.data = &data;
    request.n_latents = options_.latents_for(data.train.rows());
    request.seed = options_.seed;
    request.samples = options_.samples;
    request.batch = options_.batch;
    request.threads = parsae::Threads(options_.threads);
    return request;
  }

  void describe(const DataSet& data) {
    const SearchSettings search = options_.search_settings();
    results_.data_source = data.source;
    results_.has_stored_rates = !search.searches_rates;
    results_.n_planned_rows = rules_.size() * options_.l0.size();
    auto& settings = results_.settings;
    settings.insert(settings.begin(),
                    {{"data", data.source},
                     {"latents", std::to_string(options_.latents_for(data.train.rows()))},
                     {"training samples a run", std::to_string(options_.samples)},
                     {"batch", std::to_string(options_.batch)},
                     {"target L0", joined_numbers(options_.l0)},
                     {"seeds", std::to_string(options_.n_seeds) + ", from " + std::to_string(options_.seed)},
                     {"recipe",
                      "Adam (0.9, 0.999), learning rate falling linearly over the last fifth, unit decoder columns, "
                      "encoder begins as the decoder, b_dec as the mean, inputs scaled to a mean squared norm of 1"},
                     {"learning rates",
                      search.searches_rates
                          ? "searched by the first seed's FVU on the validation samples, step " + number(search.step)
                          : "stored"},
                     {"coefficients", "searched until L0 on the validation samples is within 3 % of the target"},
                     {"samples",
                      "training samples train; validation samples, a tenth of them drawn by the seed and never trained "
                      "on, choose rates "
                      "and coefficients; held-out samples are for the figures alone"}});
    std::printf("%s\n", data.source.c_str());
  }

  void measure_kernels() {
    const KernelSettings settings = options_.kernel_settings();
    results_.kernel_settings = settings;
    progress_.tell(kernel_work(), 0, "kernels", "making pre-activations");
    KernelBenchmark benchmark(settings);
    const double n_rounds = static_cast<double>(settings.rounds + 2 * settings.dense_rounds);
    double round = 0;
    results_.kernels = benchmark.measure([&] {
      progress_.tell(kernel_work(), round++ / n_rounds, "kernels", "selection alone");
      return !parsae_examples::Interrupt::requested();
    });
    if (parsae_examples::Interrupt::requested()) throw RowProgress::Interrupted();
  }

  const Options& options_;
  Results& results_;
  std::vector<Rule> rules_;
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
  try {
    Comparison(options, results).run();
  } catch (const RowProgress::Interrupted&) {
    results.is_complete = false;
  }
  results.seconds = clock.seconds();
  std::printf("%s", results_text(results).c_str());
  if (results.has_stored_rates && !results.rows.empty())
    std::printf("\nLearning rates were not searched: a first look, not a comparison (--search compares).\n");
  if (!options.files.json.empty()) write_json(options.files.json, results);
  if (!options.files.html.empty()) write_report(options.files.html, results);
  std::printf("\n%s%s\n", parsae_examples::duration_text(results.seconds).c_str(), options.files.hint().c_str());
  if (results.is_complete) return EXIT_SUCCESS;
  std::printf("Interrupted: %zu of %zu rows are complete.\n", results.rows.size(), results.n_planned_rows);
  return exit_interrupted;
}

}  // namespace
}  // namespace parsae_benchmarks

int main(int argc, char** argv) {
  using namespace parsae_benchmarks;
  Options options;
  CLI::App app;
  const std::vector<std::string> known = names_of(all_rules());
  add_options(app, options, known);
  return parsae_examples::run_program("allocators", app, argc, argv, [&](const std::string& command) {
    finish(app, options);
    check(options, known);
    return run(options, command);
  });
}

// SPDX-License-Identifier: MIT
// What do the latents of sparse autoencoders say of cells? Simulates cells of known truth, then explains real ones.

#include <parsae/core/build_summary.hpp>

#include <Eigen/Core>

#include <support/interrupt.hpp>
#include <support/program.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cell_study.hpp"
#include "options.hpp"
#include "report.hpp"
#include "results.hpp"
#include "simulation.hpp"
#include "summary.hpp"

namespace parsae_examples::cells {
namespace {

std::vector<std::pair<std::string, std::string>> settings_of(const Options& options, const CellStudy* study) {
  std::vector<std::pair<std::string, std::string>> settings;
  if (study != nullptr) {
    settings.push_back({"cells", study->description()});
    settings.push_back({"embedding", options.embedding + ", " + std::to_string(options.n_components) + " components"});
    settings.push_back({"SAE on cells", "TopK, " + std::to_string(options.n_latents) +
                                            " latents, k = " + std::to_string(options.k) + ", " +
                                            std::to_string(options.steps) + " steps of 128 cells"});
  }
  if (options.has_simulation()) settings.push_back({"seeds of the simulations", std::to_string(options.n_seeds)});
  settings.push_back({"size", options.is_quick ? "quick" : "full"});
  settings.push_back({"threads", std::to_string(options.threads)});
  settings.push_back({"build", parsae::build_summary()});
  return settings;
}

void print_probes(const Results& results) {
  if (results.probes.empty()) return;
  std::printf("\nR2 of linear probes, small simulation (in the population)\n");
  std::string last;
  for (const ProbeRow& row : results.probes) {
    if (row.simulation != "small") continue;
    if (row.representation != last) std::printf("%s  %-15s", last.empty() ? "" : "\n", row.representation.c_str());
    last = row.representation;
    std::printf(" %s %.3f", row.variable.c_str(), row.r2);
    if (std::isfinite(row.reference)) std::printf(" (%.3f)", row.reference);
  }
  std::printf("\nR2 by level, large simulation, mean over seeds\n");
  for (const std::string& representation : detail::representations_of(results.probes, "large"))
    std::printf("  %s\n", order_sentence(results.probes, representation).c_str());
}

void print_recovery(const Results& results, const std::string& simulation, const std::string& variable) {
  std::printf("\nlargest |correlation| of a latent with %s, %s simulation: mean (range over seeds), dead latents\n",
              variable.c_str(), simulation.c_str());
  for (const RecoveryRow& row : results.recovery)
    if (row.simulation == simulation && row.variable == variable)
      std::printf("  %-17s %5lld  %.3f (%.3f-%.3f)  %s %%\n", row.type.c_str(), static_cast<long long>(row.width),
                  row.mean_max_corr, row.lowest, row.highest, fixed_text(100 * row.dead_fraction, 0).c_str());
}

void print_cells(const Results& results) {
  if (!results.separation.empty()) {
    std::printf("\ncell types of %zu that the best unit separates on held-out cells: mean over splits (range)\n",
                results.explanation.types.size());
    for (const UnitSummary& unit : summarize_units(results.separation))
      std::printf("  %-32s AUROC >= .95: %4.1f (%lld-%lld)   >= .90: %4.1f (%lld-%lld)   mean AUROC %.3f\n",
                  unit.name.c_str(), unit.types_095, static_cast<long long>(unit.least_095),
                  static_cast<long long>(unit.most_095), unit.types_090, static_cast<long long>(unit.least_090),
                  static_cast<long long>(unit.most_090), unit.mean_auroc);
    std::printf("%s\n%s\n", comparison_sentence(results.separation, "pre_activation", "SAE pre-activations").c_str(),
                comparison_sentence(results.separation, "code", "SAE codes").c_str());
  }
  if (!results.explanation.rows.empty()) std::printf("\nlatents and the genes that are higher where they are active\n");
  for (const LatentRow& row : results.explanation.rows) {
    std::printf("  %4lld  ", static_cast<long long>(row.latent));
    if (!row.cell_type.empty())
      std::printf("%-28s AUROC %s  ", row.cell_type.c_str(), fixed_text(row.auroc_heldout, 3).c_str());
    std::printf("%s\n", detail::joined(row.genes).c_str());
  }
}

int run(const Options& options, const std::string& command) {
  Interrupt interrupt;
  Eigen::setNbThreads(1);  // its products would have other bits for another number of threads
  std::unique_ptr<const CellStudy> study;
  if (options.has_cells()) study = std::make_unique<const CellStudy>(options);
  std::printf("%s\n", parsae::build_summary().c_str());
  if (study) std::printf("%s\n", study->description().c_str());
  if (study && study->is_simulated())
    std::printf("There is no --counts, and PARSAE_TEST_DATA names no folder with real cells: these are simulated.\n");
  std::fflush(stdout);

  Results results;
  Watch watch((study ? study->cost() : 0) + (options.has_simulation() ? simulation_cost(options) : 0),
              options.is_quiet ? ProgressBar::Style::Quiet : ProgressBar::Style::Auto);
  bool is_complete = !study || study->run(watch, results);
  if (is_complete && options.has_simulation()) is_complete = run_simulations(options, watch, results);
  watch.clear();

  results.settings = settings_of(options, study.get());
  results.seconds = watch.seconds();
  write_results_json(options.out / "results.json", results);
  write_report(options.out / "report.html", results, command);
  print_cells(results);
  print_probes(results);
  if (!results.recovery.empty()) {
    print_recovery(results, "small", "X");
    print_recovery(results, "large", "X''");
  }
  std::printf("\n%s: %s\n", duration_text(results.seconds).c_str(), (options.out / "report.html").c_str());
  if (is_complete) return EXIT_SUCCESS;
  std::printf(
      "Interrupted. What was measured is in the page; each part runs alone with --part cells or --part "
      "simulation, and gives the same numbers.\n");
  return 130;
}

}  // namespace
}  // namespace parsae_examples::cells

int main(int argc, char** argv) {
  using namespace parsae_examples::cells;
  Options options;
  CLI::App app;
  add_options(app, options);
  return parsae_examples::run_program("cells", app, argc, argv, [&](const std::string& command) {
    check(options);
    if (options.is_quick) shorten(app, options);
    return run(options, command);
  });
}

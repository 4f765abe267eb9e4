// SPDX-License-Identifier: MIT
// Which sparse autoencoder explains handwritten digits in the fewest bits? Trains a grid of them and draws the answer.

#include <parsae/core/build_summary.hpp>

#include <support/interrupt.hpp>
#include <support/program.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <cstdlib>

#include "bits_part.hpp"
#include "digits.hpp"
#include "journal.hpp"
#include "message.hpp"
#include "options.hpp"
#include "pictures.hpp"
#include "references.hpp"
#include "report.hpp"
#include "results.hpp"
#include "stored_digits.hpp"

namespace parsae_examples {
namespace {

/// The last twelfth of the training images chooses quantizers and trains nothing.
Images split(const Digits& digits) {
  const Index n = digits.train.cols();
  const Index n_validation = std::max<Index>(n / 12, 1);
  return {digits.train.leftCols(n - n_validation), digits.train.rightCols(n_validation), digits.test};
}

struct GridPoint {
  Index width = 0;
  Index k = 0;
  std::uint64_t seed = 0;

  /// What its time is roughly proportional to: the encoder's products, and a fixed part for the search.
  [[nodiscard]] double cost() const { return static_cast<double>(width) + 8 * static_cast<double>(k) + 150; }
};

std::vector<GridPoint> grid_points(const Options& options) {
  std::vector<GridPoint> points;
  for (Index seed = 1; seed <= options.n_seeds; ++seed)
    for (const Index k : options.ks)
      for (const Index width : options.widths)
        if (k <= width) points.push_back({width, k, static_cast<std::uint64_t>(seed)});
  return points;
}

/// Trains and measures what the journal does not have yet; false when interrupted.
bool run_grid(const Options& options, const Images& images, Index n_images, Journal& journal) {
  const std::vector<GridPoint> points = grid_points(options);
  double total = 0;
  for (const GridPoint& point : points)
    if (!journal.has(point.width, point.k, point.seed)) total += point.cost();
  ProgressBar bar({.total = std::max(total, 1.0),
                   .style = options.is_quiet ? ProgressBar::Style::Quiet : ProgressBar::Style::Auto});
  double done = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const GridPoint& point = points[i];
    if (journal.has(point.width, point.k, point.seed)) continue;
    if (Interrupt::requested()) return false;
    bar.update(done, std::to_string(i) + "/" + std::to_string(points.size()) + " SAEs",
               "width " + std::to_string(point.width) + ", k " + std::to_string(point.k) + ", seed " +
                   std::to_string(point.seed));
    const double begin = bar.seconds();
    const TrainedSae sae = train_sae(point.width, point.k, point.seed, options.recipe, images);
    MessageSearch search(sae, n_images, parsae::Threads(options.recipe.threads));
    std::vector<GridRow> rows;
    for (const double eps : options.bounds) rows.push_back(search.shortest(eps));
    journal.add(rows, bar.seconds() - begin);
    done += point.cost();
  }
  return true;
}

/// The rows of this run's grid: a journal that is gone on from may hold more.
std::vector<GridRow> rows_of(const Options& options, const Journal& journal) {
  std::vector<GridRow> rows;
  for (const GridPoint& point : grid_points(options))
    for (const GridRow& row : journal.rows())
      if (row.width == point.width && row.k == point.k && row.seed == point.seed) rows.push_back(row);
  return rows;
}

std::string joined(const std::vector<Index>& values) {
  std::string text;
  for (const Index value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return text;
}

std::vector<std::pair<std::string, std::string>> settings_of(const Options& options, const Digits& digits,
                                                             const Images& images) {
  char rate[32];
  char epochs[32];
  std::snprintf(rate, sizeof rate, "%g", options.recipe.learning_rate);
  std::snprintf(epochs, sizeof epochs, "%g", options.recipe.epochs);
  return {{"digits", digits.source},
          {"images", grouped(images.train.cols()) + " to train, " + grouped(images.validation.cols()) +
                         " to choose quantizers, " + grouped(images.test.cols()) +
                         " to judge; the dictionary is shared by " + grouped(digits.train.cols())},
          {"objective", options.objective},
          {"activation", options.recipe.activation},
          {"widths", joined(options.widths)},
          {"k", joined(options.ks)},
          {"seeds", std::to_string(options.n_seeds)},
          {"epochs", epochs},
          {"learning rate", rate},
          {"batch", std::to_string(options.recipe.batch_size)},
          {"threads", std::to_string(options.recipe.threads)},
          {"build", parsae::build_summary()}};
}

void print_table(const std::vector<GridRow>& rows, double eps) {
  std::printf("\neps %.2f: fewest bits an image for each k, mean over seeds\n", eps);
  std::printf("    k  width     L0   dictionary + codes   seed range   codes alone\n");
  const std::vector<EnvelopePoint> totals = lower_envelope(rows, eps, Message::DictionaryAndCodes);
  const std::vector<EnvelopePoint> codes = lower_envelope(rows, eps, Message::CodesOnly);
  for (std::size_t i = 0; i < totals.size(); ++i)
    std::printf("%5lld  %5lld  %5.1f   %18.1f   %10.1f   %11.1f\n", static_cast<long long>(totals[i].k),
                static_cast<long long>(totals[i].width), totals[i].l0, totals[i].bits, totals[i].spread, codes[i].bits);
}

void add_pictures(const Options& options, const Images& images, const Digits& digits, ReportInput& page) {
  const Minimum lead = find_minimum(page.results.grid, options.bounds.front());
  if (!lead.feasible) return;
  Pictures pictures(images, digits, options.recipe, digits.train.cols());
  pictures.add("sparsest", lead.total.sparsest, lead.eps, page);
  pictures.add("chosen", lead.total.best, lead.eps, page);
  pictures.add("densest", lead.total.densest, lead.eps, page);
}

std::vector<Reference> all_references(const parsae::Matrix<float>& test, const ReferenceMessages& messages,
                                      const std::vector<double>& bounds) {
  std::vector<Reference> all = raw_pixel_references(test, bounds);
  for (const Reference& reference : references_within("PCA", messages.pca, bounds)) all.push_back(reference);
  for (const Reference& reference : references_within("nearest stored digit", messages.stored_digits, bounds))
    all.push_back(reference);
  return all;
}

int run(const Options& options, const std::string& command) {
  Interrupt interrupt;
  Eigen::setNbThreads(1);  // its products would have other bits for another number of threads
  const ProgressBar clock({.style = ProgressBar::Style::Quiet});
  std::filesystem::create_directories(options.out);
  DigitsSettings wanted;
  wanted.data_folder = options.data;
  wanted.network = options.is_offline ? DigitsSettings::Network::Forbidden : DigitsSettings::Network::Allowed;
  wanted.note = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  const Digits digits = obtain_digits(wanted);
  const Images images = split(digits);
  std::printf("%s\n%s\n", parsae::build_summary().c_str(), digits.source.c_str());

  Journal journal(options.out / "metrics.jsonl", options, digits.source);
  bool is_complete = run_grid(options, images, digits.train.cols(), journal);

  ReportInput page;
  page.command = command;
  page.results.grid = rows_of(options, journal);
  std::vector<double> bounds = options.bounds;
  std::sort(bounds.begin(), bounds.end());
  for (const double eps : bounds) page.results.minimum.push_back(find_minimum(page.results.grid, eps));
  std::printf("PCA and stored digits\n");
  const ReferenceMessages references = reference_messages(images, digits.train.cols());
  page.results.references = all_references(images.test, references, bounds);
  page.results.settings = settings_of(options, digits, images);
  for (const double eps : bounds) print_table(page.results.grid, eps);
  write_results_csv(options.out / "results.csv", page.results.grid);
  write_results_json(options.out / "results.json", page.results);  // whatever becomes of the rest
  if (is_complete && options.trains_on_bits()) is_complete = add_bits(options, images, digits, references, page);
  page.results.seconds = clock.seconds();
  write_results_json(options.out / "results.json", page.results);
  if (is_complete) add_pictures(options, images, digits, page);
  write_report(options.out / "report.html", page);

  std::printf("\n");
  for (const Minimum& minimum : page.results.minimum) std::printf("%s\n", sentence(minimum).c_str());
  std::printf("\n%s: %s\n", duration_text(page.results.seconds).c_str(), (options.out / "report.html").c_str());
  if (is_complete) return EXIT_SUCCESS;
  return say_how_to_go_on("The grid is saved, training on bits begins again", command, options.resumes);
}

}  // namespace
}  // namespace parsae_examples

int main(int argc, char** argv) {
  using namespace parsae_examples;
  Options options;
  CLI::App app;
  add_options(app, options);
  return run_program("mnist_mdl", app, argc, argv, [&](const std::string& command) {
    settle_grid(app, options);
    check(options);
    return run(options, command);
  });
}

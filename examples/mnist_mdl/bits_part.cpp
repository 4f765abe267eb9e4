// SPDX-License-Identifier: MIT
// What --objective mdl adds to the grid.

#include "bits_part.hpp"

#include <support/interrupt.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <numeric>

#include "bit_results.hpp"
#include "bit_training.hpp"
#include "pca_reference.hpp"
#include "pixel_curves.hpp"
#include "report_bits.hpp"
#include "report_hierarchy.hpp"
#include "report_splitting.hpp"
#include "stored_digits.hpp"

namespace parsae_examples {
namespace {

constexpr Index least_seeds = 3;  ///< at the first eps

/// The work of add_bits(), in order, and how far it is.
class BitsPart {
 public:
  BitsPart(const Options& options, const Images& images, const Digits& digits, ReportInput& page)
      : options_(options),
        images_(images),
        digits_(digits),
        page_(page),
        threads_(options.recipe.threads),
        bar_({.total = 1, .style = options.is_quiet ? ProgressBar::Style::Quiet : ProgressBar::Style::Auto}) {
    for (std::size_t b = 0; b < options.bounds.size(); ++b) {
      const Index n_seeds = b == 0 ? std::max(least_seeds, options.n_seeds) : Index{1};
      for (Index seed = 1; seed <= n_seeds; ++seed)
        jobs_.push_back({options.bounds[b], static_cast<std::uint64_t>(seed)});
    }
    compared_ = {options.bounds.front()};
    for (const Minimum& minimum : page.results.minimum) {  // ascending eps
      if (!minimum.feasible) continue;
      if (!same_eps(minimum.eps, compared_.front())) compared_.push_back(minimum.eps);
      break;
    }
  }

  bool run(BitResults& results) {
    for (const Job& job : jobs_)
      if (!train(job, results)) return false;
    return compare(results);
  }

 private:
  struct Job {
    double eps = 0;
    std::uint64_t seed = 1;
  };

  /// Tells what comes next; false when interrupted.
  bool tell(const std::string& what) {
    bar_.update(static_cast<double>(n_done_) / static_cast<double>(jobs_.size() + compared_.size()),
                std::to_string(n_done_) + "/" + std::to_string(jobs_.size() + compared_.size()) + " parts", what);
    return !Interrupt::requested();
  }

  [[nodiscard]] std::filesystem::path message_path(const Job& job) const {
    return options_.out / ("digits-eps" + eps_text(job.eps) + "-seed" + std::to_string(job.seed) + ".message");
  }

  bool train(const Job& job, BitResults& results) {
    BitTraining training;
    training.eps = job.eps;
    training.seed = job.seed;
    training.steps = options_.bit_steps;
    training.threads = options_.recipe.threads;
    bool goes_on = true;
    const std::optional<BitRung> best = shortest_on_bits(training, images_, digits_.train.cols(), [&](Index width) {
      goes_on =
          tell("eps " + eps_text(job.eps) + ", seed " + std::to_string(job.seed) + ", width " + std::to_string(width));
      return goes_on;
    });
    if (!goes_on) return false;
    ++n_done_;
    MdlRow row;
    row.eps = job.eps;
    row.row.seed = job.seed;
    row.best_of_sweep_bits = best_of_sweep(page_.results.grid, job.eps);
    if (best) {
      row.row = best->row;
      row.message = write_digits(message_path(job), best->sae, best->row, digits_.train, threads_);
      if (results.columns.empty()) keep_tree(*best, results);
    }
    results.rows.push_back(row);
    return true;
  }

  void keep_tree(const BitRung& rung, BitResults& results) const {
    results.tree = tree_result(rung.sae.encode(digits_.train), rung.row.width, threads_);
    results.tree.eps = rung.row.eps;
    results.tree.seed = rung.row.seed;
    for (Index j = 0; j < rung.row.width; ++j)
      results.columns.emplace_back(rung.sae.sae.w_dec.col(j).begin(), rung.sae.sae.w_dec.col(j).end());
  }

  /// Hierarchies at the first and at the tightest bound that the grid keeps, with the width and k of its minimum there.
  bool compare(BitResults& results) {
    for (const double eps : compared_) {
      const Minimum minimum = find_minimum(page_.results.grid, eps);
      if (!minimum.feasible) continue;
      bool goes_on = true;
      const HierarchySettings settings{.width = minimum.width, .k = minimum.k, .seed = 1, .eps = eps};
      for (const HierarchyRow& row : compare_hierarchies(
               settings, options_.recipe, images_, digits_.train, options_.out / "hierarchy.message",
               [&](const std::string& name) { return goes_on = tell(name + ", eps " + eps_text(eps)); }))
        results.hierarchy.push_back(row);
      if (!goes_on) return false;
      ++n_done_;
    }
    return true;
  }

  const Options& options_;
  const Images& images_;
  const Digits& digits_;
  ReportInput& page_;
  parsae::Threads threads_;
  ProgressBar bar_;
  std::vector<Job> jobs_;
  std::vector<double> compared_;  ///< bounds at which hierarchies are compared
  std::size_t n_done_ = 0;
};

void print_rows(const BitResults& bits) {
  std::printf("\nTrained on bits, without a sweep; bits an image\n");
  std::printf(
      "  eps  seed  width    L0   computed       file   file/computed*   counted as sweep   best of sweep   ratio\n");
  for (const MdlRow& row : bits.rows) {
    if (!row.row.feasible) {
      std::printf("%5s  %4d  no width keeps this bound\n", eps_text(row.eps).c_str(), static_cast<int>(row.row.seed));
      continue;
    }
    std::printf("%5s  %4d  %5d  %4.1f   %8.2f   %8.2f   %13.4f   %16.2f   %13.2f   %5.3f\n", eps_text(row.eps).c_str(),
                static_cast<int>(row.row.seed), static_cast<int>(row.row.width), row.row.l0,
                row.message.bits_computed(), row.message.bits_file(), row.ratio_of_file(), row.row.bits_total,
                row.best_of_sweep_bits, row.ratio_to_sweep());
  }
  std::printf("* without header and index of the file, which are %.2f bits an image at most\n\n",
              std::accumulate(bits.rows.begin(), bits.rows.end(), 0.0, [](double most, const MdlRow& row) {
                return row.row.feasible ? std::max(most, row.message.bits_header()) : most;
              }));
  for (const auto& [eps, mean] : detail::bit_means(bits.rows))
    std::printf("%s\n", detail::bit_sentence(eps, mean).c_str());
  if (!bits.columns.empty())
    std::printf("tree over latents: presence %.4f bits an image, in the tree %.4f, sum of mutual informations %.4f\n",
                bits.tree.bits_flat, bits.tree.bits_tree, bits.tree.mutual_information_bits);
  std::printf("%s\n", detail::hierarchy_verdict(bits.hierarchy).c_str());
}

}  // namespace

ReferenceMessages reference_messages(const Images& images, Index n_images) {
  const parsae::Matrix<float> judged = first_images(images.test, 2000);
  const PrincipalComponents pca(first_images(images.train, 20'000), {.n_components = 48});
  return {pca_messages(pca, judged, n_images),
          stored_digit_messages(images.train, first_images(images.test, 500), n_images)};
}

bool add_bits(const Options& options, const Images& images, const Digits& digits, const ReferenceMessages& references,
              ReportInput& page) {
  BitResults bits;
  const bool is_complete = BitsPart(options, images, digits, page).run(bits);
  if (bits.empty()) return is_complete;
  const parsae::Matrix<float> judged = first_images(images.test, 2000);
  bits.references = {{"PCA", undominated(references.pca)},
                     {"stored digits", undominated(references.stored_digits)},
                     pixel_curve(judged),
                     deflate_curve(judged)};
  page.results.more["mdl"] = json_array(bits.rows);
  page.results.more["tree"] = bits.columns.empty() ? nlohmann::ordered_json(nullptr) : to_json(bits.tree);
  page.results.more["hierarchy"] = json_array(bits.hierarchy);
  page.bits_sections =
      detail::bits_section(page.results, bits) + detail::hierarchy_section(bits) + detail::splitting_section();
  const auto means = detail::bit_means(bits.rows);
  if (const auto lead = means.find(options.bounds.front()); lead != means.end())
    page.bits_headline = "Trained on bits from that bound alone, without a sweep: " + short_text(lead->second.counted) +
                         ", and " + short_text(lead->second.file) + " in a real file.";
  print_rows(bits);
  return is_complete;
}

}  // namespace parsae_examples

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/allocators/feature_choice_selection.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/sparse/walk.hpp>

#include <measure/spread.hpp>
#include <measure/synthetic_samples.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace parsae_benchmarks {

using parsae::Index;

struct KernelSettings {
  Index n_inputs = 768;     ///< >= 1
  Index n_latents = 24576;  ///< >= k
  Index n_samples = 2048;   ///< >= 1
  Index k = 32;             ///< active latents a sample; the budget of a batch is k x n_samples
  int rounds = 7;           ///< >= 1
  int dense_rounds = 3;     ///< >= 1
  std::uint64_t seed = 1;
  parsae::Threads threads = parsae::Threads::available();
};

/// What choosing costs, by one rule. All times in seconds, medians over rounds.
struct KernelRow {
  std::string rule;
  std::string what;          ///< what it keeps
  Spread product;            ///< the walk with a rule that keeps nothing
  Spread selection;          ///< the walk with the rule, less the product of the same round
  Spread dense_sort;         ///< std::sort of a dense matrix of pre-activations that is already there
  Spread dense_nth_element;  ///< std::nth_element on it
  int dense_threads = 1;

  [[nodiscard]] double share_of_product() const { return selection.median / product.median; }
};

namespace detail {

/// Keeps nothing, so that a walk is its product alone.
struct KeepsNothing {
  using Worker = parsae::CandidateList<float>;
  static constexpr bool raises_floors = false;

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index) const { worker.settled.clear(); }
  [[nodiscard]] Index buffer_size(Index) const { return 2 * parsae::PanelProduct<float>::latents; }
  void begin(Worker&, parsae::SampleRange, parsae::Floors<float> floors) const {
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), parsae::floor_never<float>);
    std::fill(floors.by_latent.begin(), floors.by_latent.end(), parsae::floor_never<float>);
  }
  void tighten(Worker&, parsae::SampleRange, parsae::Floors<float>,
               parsae::Buffer<parsae::Candidate<float>>& kept) const {
    kept.clear();
  }
  void end(Worker&, parsae::SampleRange, parsae::Buffer<parsae::Candidate<float>>& kept) const { kept.clear(); }
  void finish(parsae::Slice<Worker> workers, parsae::SparseCode<float>& code) const {
    parsae::write_code(workers, 0, code);
  }
};

}  // namespace detail

/// Times selection alone, on gaussian samples and random unit latents: rules in the walk against the same choice on a
/// dense matrix.
class KernelBenchmark {
 public:
  explicit KernelBenchmark(const KernelSettings& settings)
      : settings_(settings),
        inputs_(gaussian(settings.n_samples, settings.seed)),
        w_enc_(gaussian(settings.n_latents, settings.seed + 1)),
        b_enc_(parsae::Vector<float>::Zero(settings.n_latents)),
        budgets_(settings.n_latents) {
    for (Index j = 0; j < w_enc_.cols(); ++j) w_enc_.col(j).normalize();
    add_rules();
  }
  KernelBenchmark(const KernelBenchmark&) = delete;
  KernelBenchmark& operator=(const KernelBenchmark&) = delete;

  /// \param on_round  called before each round; answers whether to go on
  [[nodiscard]] std::vector<KernelRow> measure(const std::function<bool()>& on_round) {
    const auto product = walk_with(detail::KeepsNothing());
    product();
    for (Contestant& each : contestants_) each.walk();
    std::vector<double> product_times;
    for (int round = 0; round < settings_.rounds; ++round) {
      if (!on_round()) break;
      const double product_time = seconds_of(product);
      product_times.push_back(product_time);
      for (Contestant& each : contestants_) each.selection.push_back(seconds_of(each.walk) - product_time);
    }
    if (product_times.empty()) return {};
    measure_dense(on_round);
    std::vector<KernelRow> rows;
    for (const Contestant& each : contestants_)
      rows.push_back({each.rule, each.what, spread_of(product_times), spread_of(each.selection), spread_of(each.sort),
                      spread_of(each.nth_element), each.dense_threads});
    return rows;
  }

 private:
  struct Contestant {
    std::string rule;
    std::string what;
    std::function<void()> walk;
    std::function<void()> dense_sort;  ///< on dense_, which it spoils
    std::function<void()> dense_nth_element;
    int dense_threads = 1;
    std::vector<double> selection{};
    std::vector<double> sort{};
    std::vector<double> nth_element{};
  };

  [[nodiscard]] parsae::Matrix<float> gaussian(Index n, std::uint64_t seed) const {
    return synthetic_samples({.data = SyntheticData::Gaussian,
                              .n_inputs = settings_.n_inputs,
                              .n_samples = n,
                              .n_latents = 1,
                              .k = 1,
                              .seed = seed},
                             settings_.threads);
  }

  /// Another rule is one more entry: its selection for the walk, and the same choice on the dense matrix.
  void add_rules() {
    const Index n_samples = settings_.n_samples;
    const Index k = settings_.k;
    const Index budget = k * n_samples;
    const auto each_sample = [this](const auto& choose) {
      settings_.threads.for_each(dense_.cols(), [&](Index i, int) {
        float* column = dense_.data() + i * dense_.rows();
        choose(column, column + dense_.rows());
      });
    };
    contestants_.push_back(
        {"topk", std::to_string(k) + " of each sample", walk_with(parsae::TopKSelection<float>(n_samples, k)),
         [each_sample] { each_sample([](float* begin, float* end) { std::sort(begin, end, std::greater<>()); }); },
         [each_sample, k] {
           each_sample(
               [k](float* begin, float* end) { std::nth_element(begin, begin + (k - 1), end, std::greater<>()); });
         },
         settings_.threads.count()});
    contestants_.push_back({"mutual_choice", std::to_string(budget) + " of the whole batch",
                            walk_with(parsae::MutualChoiceSelection<float>(n_samples, budget)),
                            [this] { std::sort(dense_.data(), dense_.data() + dense_.size(), std::greater<>()); },
                            [this, budget] {
                              std::nth_element(dense_.data(), dense_.data() + (budget - 1),
                                               dense_.data() + dense_.size(), std::greater<>());
                            },
                            1});
    add_feature_choice();
  }

  /// On the dense matrix a latent is a row, which is chosen from a copy.
  void add_feature_choice() {
    const double density = std::min(static_cast<double>(settings_.k) / static_cast<double>(settings_.n_latents), 1.0);
    std::vector<double> densities(static_cast<std::size_t>(settings_.n_latents), density);
    std::vector<parsae::LatentId> ranks(densities.size());
    std::iota(ranks.begin(), ranks.end(), parsae::LatentId{0});
    budgets_.assign({densities.data(), settings_.n_latents}, {ranks.data(), settings_.n_latents});
    const auto each_latent = [this](const auto& choose) {
      constexpr Index strip = 64;  // latents whose entries share cache lines
      settings_.threads.for_each(parsae::divide_up(dense_.rows(), strip), [&](Index task, int) {
        const Index first = task * strip;
        parsae::Matrix<float> rows = dense_.middleRows(first, std::min(strip, dense_.rows() - first)).transpose();
        for (Index j = 0; j < rows.cols(); ++j) choose(first + j, rows.col(j).data(), rows.rows());
      });
    };
    contestants_.push_back(
        {"feature_choice", "the best of each latent, " + std::to_string(settings_.k * settings_.n_samples) + " in all",
         walk_with(parsae::FeatureChoiceSelection<float>(settings_.n_samples, budgets_)),
         [each_latent] {
           each_latent([](Index, float* begin, Index size) { std::sort(begin, begin + size, std::greater<>()); });
         },
         [this, each_latent] {
           each_latent([this](Index j, float* begin, Index size) {
             const Index n = budgets_.granted(j, size);
             if (n > 0) std::nth_element(begin, begin + (n - 1), begin + size, std::greater<>());
           });
         },
         settings_.threads.count()});
  }

  template <class Selection>
  [[nodiscard]] std::function<void()> walk_with(const Selection& selection) {
    auto walk = std::make_shared<parsae::Walk<float, Selection>>();
    auto code = std::make_shared<parsae::SparseCode<float>>();
    return [this, walk, code, selection] { walk->run(inputs_, w_enc_, b_enc_, settings_.threads, selection, *code); };
  }

  template <class Body>
  [[nodiscard]] static double seconds_of(const Body& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return seconds.count();
  }

  void measure_dense(const std::function<bool()>& on_round) {
    parsae::Matrix<float> pre_acts(settings_.n_latents, settings_.n_samples);
    pre_acts.noalias() = w_enc_.transpose() * inputs_;
    for (int round = 0; round < settings_.dense_rounds; ++round) {
      for (Contestant& each : contestants_) {
        if (!on_round()) return;
        dense_ = pre_acts;
        each.sort.push_back(seconds_of(each.dense_sort));
        dense_ = pre_acts;
        each.nth_element.push_back(seconds_of(each.dense_nth_element));
      }
    }
  }

  KernelSettings settings_;
  parsae::Matrix<float> inputs_;
  parsae::Matrix<float> w_enc_;
  parsae::Vector<float> b_enc_;
  parsae::LatentBudgets<float> budgets_;  ///< the same for each latent
  parsae::Matrix<float> dense_;
  std::vector<Contestant> contestants_;
};

}  // namespace parsae_benchmarks

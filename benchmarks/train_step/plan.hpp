// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace parsae_benchmarks {

/// Contestants that take turns: one family of methods at one number of threads.
struct PlannedGroup {
  int threads = 1;
  std::vector<std::string> contestants;
  std::string yardstick;  ///< the one of them that is only there to be compared with; may be empty

  /// What the family's own methods are compared with.
  [[nodiscard]] bool is_reference(const std::string& contestant) const {
    return is_peer(contestant) || contestant == yardstick;
  }
};

/// What is measured on one starting point.
struct PlannedCase {
  ProblemSize size;
  SyntheticData data = SyntheticData::Gaussian;
  std::vector<PlannedGroup> groups;
  std::string growth_axis;  ///< not empty: a point of the growth curves along "n", "d", "batch" or "k"
};

namespace detail {

/// Those of `all` that were asked for, in that order.
[[nodiscard]] inline std::vector<std::string> chosen(const std::vector<std::string>& all, const Options& options) {
  std::vector<std::string> found;
  for (const std::string& method : all)
    if (std::count(options.methods.begin(), options.methods.end(), method) > 0) found.push_back(method);
  return found;
}

/// Screening depends on the data and the rest hardly does, so only TopK is measured on all of them. Products dominate
/// from M up.
[[nodiscard]] inline bool is_planned(const ProblemSize& size, SyntheticData data, std::string_view family) {
  if (data == SyntheticData::Gaussian) return true;
  return family == "topk" && size.name != "S" && size.name != "MN";
}

[[nodiscard]] inline std::vector<int> thread_counts(const Options& options, const ProblemSize& size,
                                                    std::string_view family) {
  if (!options.threads.empty()) return options.threads;
  const int all = parsae::Threads::available().count();
  const bool also_one = all > 1 && size.name == "L" && family == "topk" && !options.is_quick;
  return also_one ? std::vector<int>{all, 1} : std::vector<int>{all};
}

[[nodiscard]] inline PlannedCase plan_case(const Options& options, const ProblemSize& size, SyntheticData data) {
  PlannedCase planned{size, data, {}, ""};
  for (const MethodFamily& family : method_families()) {
    if (!is_planned(size, data, family.name)) continue;
    PlannedGroup group{1, chosen(family.methods, options), family.yardstick};
    if (group.contestants.empty()) continue;
    if (!group.yardstick.empty()) group.contestants.push_back(group.yardstick);
    if (options.with_peers) {
      // Only the fastest peer has a chance to gain from other data.
      for (const std::string& peer : family.peers)
        if (data == SyntheticData::Gaussian || peer == "torch-strongest") group.contestants.push_back(peer);
    }
    for (const int threads : thread_counts(options, size, family.name)) {
      group.threads = threads;
      planned.groups.push_back(group);
    }
  }
  return planned;
}

inline void plan_growth(const Options& options, std::vector<PlannedCase>& plan) {
  const ProblemSize base{"growth", 256, 16384, 32, 1024};
  const int threads = options.threads.empty() ? parsae::Threads::available().count() : options.threads.front();
  const auto add = [&](const std::string& axis, Index ProblemSize::*field, const std::vector<Index>& values) {
    for (const Index value : values) {
      PlannedCase point{base, SyntheticData::Gaussian, {}, axis};
      point.size.*field = value;
      const std::vector<std::string> methods = chosen(method_families().front().methods, options);
      if (methods.empty()) return;
      point.groups.push_back({threads, methods, ""});
      plan.push_back(point);
    }
  };
  add("n", &ProblemSize::n, {4096, 8192, 16384, 32768, 65536});
  add("d", &ProblemSize::d, {64, 128, 256, 512, 1024});
  add("batch", &ProblemSize::batch, {128, 256, 512, 1024, 2048, 4096});
  add("k", &ProblemSize::k, {8, 16, 32, 64, 128});
}

}  // namespace detail

/// Everything in the order in which it is measured: sizes, then growth curves.
[[nodiscard]] inline std::vector<PlannedCase> make_plan(const Options& options) {
  std::vector<PlannedCase> plan;
  for (const ProblemSize& size : options.problem_sizes()) {
    for (const std::string& name : options.data) {
      PlannedCase planned = detail::plan_case(options, size, synthetic_data_from(name));
      if (!planned.groups.empty()) plan.push_back(std::move(planned));
    }
  }
  if (options.has_growth) detail::plan_growth(options, plan);
  return plan;
}

/// How often everyone plays when one round of all takes `round_seconds`: slow groups get by with three rounds, very
/// slow ones with two.
[[nodiscard]] inline int rounds_for(const PlannedCase& planned, double round_seconds, const Options& options) {
  constexpr double group_seconds = 6;
  const int fewest = planned.growth_axis.empty() && round_seconds < group_seconds ? 3 : 2;
  const int most = planned.growth_axis.empty() ? options.repeats : 3;
  const double fit = std::min(group_seconds / round_seconds, 1000.0);
  return std::min(std::max(static_cast<int>(fit), fewest), std::min(most, options.repeats));
}

[[nodiscard]] inline double slice_seconds(const PlannedCase& planned, const Options& options) {
  return planned.growth_axis.empty() ? options.slice_seconds() : 0.1;
}

/// A guess at a step's time in units of the encoder floor, for the progress line alone.
[[nodiscard]] inline double guessed_floors(const std::string& method) {
  const std::string_view family = family_of(method);
  if (method == "torch-strongest") return 3;
  if (method == "torch-batchtopk") return 15;
  if (is_peer(method)) return 9;
  if (family == "relu") return 30;
  if (family == "topk-auxk") return 6;
  return precision_of(method) == parsae::Precision::Exact ? 1.6 : 1.2;
}

/// A guess in seconds: programs that start, steps before the first round, and the rounds.
[[nodiscard]] inline double estimated_seconds(const PlannedCase& planned, const PlannedGroup& group,
                                              const Options& options) {
  const double floor = planned.size.encoder_operations() / (110e9 * group.threads);
  double start_seconds = 0;
  double round_seconds = 0;
  for (const std::string& method : group.contestants) {
    const double step = guessed_floors(method) * floor;
    start_seconds += (is_peer(method) ? 2.5 : 0.3) + (step < 1 ? 3 : 1) * step;
    round_seconds += std::max(slice_seconds(planned, options), step) + 0.05;
  }
  return start_seconds + rounds_for(planned, round_seconds, options) * round_seconds;
}

[[nodiscard]] inline double estimated_seconds_to_start(const PlannedCase& planned) {
  const double weights = static_cast<double>(planned.size.d * planned.size.n);
  const bool is_trained = planned.data == SyntheticData::TrainedLike;
  return 0.3 + 1e-7 * weights * (is_trained ? 8 : 1);
}

}  // namespace parsae_benchmarks

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/atomic_file.hpp>

#include <nlohmann/json.hpp>

#include <measure/machine.hpp>
#include <measure/problem_size.hpp>
#include <measure/spread.hpp>
#include <measure/text_table.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace parsae_benchmarks {

/// What one of the two processes did.
struct Side {
  std::vector<double> seconds;  ///< of each round that counts
  double peak_mb = 0;

  void add(const nlohmann::ordered_json& answer, bool counts) {
    if (counts) seconds.push_back(answer.at("seconds").get<double>());
    peak_mb = answer.at("peak_mb").get<double>();
  }
};

struct Results {
  ProblemSize size;
  double gigabytes = 0;
  Index steps = 0;  ///< a round
  Index n_shards = 0;
  Side memory{};
  Side shards{};

  [[nodiscard]] Spread samples_per_s(const Side& side) const {
    return rate_of(static_cast<double>(steps * size.batch), spread_of(side.seconds));
  }

  /// Of training from shards, where training from memory is 1: the median over rounds, each with its neighbor.
  [[nodiscard]] Spread ratio() const {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < shards.seconds.size(); ++i) ratios.push_back(memory.seconds[i] / shards.seconds[i]);
    return spread_of(ratios);
  }
};

[[nodiscard]] inline std::string table_text(const Results& results) {
  const auto number = [](double value, int decimals) {
    char text[48];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return std::string(text);
  };
  using Align = TextTable::Align;
  TextTable table({{"samples", Align::Left}, {"samples/s"}, {"slowest"}, {"fastest"}, {"peak MB"}});
  const auto add = [&](std::string_view name, const Side& side) {
    const Spread rate = results.samples_per_s(side);
    table.add(
        {std::string(name), number(rate.median, 0), number(rate.min, 0), number(rate.max, 0), number(side.peak_mb, 0)});
  };
  add("in memory", results.memory);
  add("from shards", results.shards);
  const Spread ratio = results.ratio();
  return results.size.text() + "; " + number(results.gigabytes, 3) + " GB in " + std::to_string(results.n_shards) +
         " shards; " + parsae::build_summary() + ", " + compiler_name() + "\n" + table.text() +
         "speed from shards: " + number(100 * ratio.median, 1) + " % of that in memory (" + number(100 * ratio.min, 1) +
         " to " + number(100 * ratio.max, 1) + ")\n";
}

/// {"processor", "compiler", "build", "d", "n", "k", "batch", "gigabytes", "n_shards", "steps", "memory":
/// {"samples_per_s", "min", "max", "peak_mb"}, "shards": {..}, "ratio": {"median", "min", "max"}}
inline void write_json(const std::filesystem::path& path, const Results& results) {
  const auto side_json = [&](const Side& side) -> nlohmann::ordered_json {
    const Spread rate = results.samples_per_s(side);
    return {{"samples_per_s", rate.median}, {"min", rate.min}, {"max", rate.max}, {"peak_mb", side.peak_mb}};
  };
  const Spread ratio = results.ratio();
  const nlohmann::ordered_json json = {{"processor", processor_name()},
                                       {"compiler", compiler_name()},
                                       {"build", parsae::build_summary()},
                                       {"d", results.size.d},
                                       {"n", results.size.n},
                                       {"k", results.size.k},
                                       {"batch", results.size.batch},
                                       {"gigabytes", results.gigabytes},
                                       {"n_shards", results.n_shards},
                                       {"steps", results.steps},
                                       {"memory", side_json(results.memory)},
                                       {"shards", side_json(results.shards)},
                                       {"ratio", {{"median", ratio.median}, {"min", ratio.min}, {"max", ratio.max}}}};
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  parsae::AtomicFile file(path);
  file.write(json.dump(1) + "\n");
  file.commit();
}

}  // namespace parsae_benchmarks

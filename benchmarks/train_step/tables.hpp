// SPDX-License-Identifier: MIT
#pragma once

#include <measure/text_table.hpp>
#include <support/markup.hpp>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "results.hpp"

namespace parsae_benchmarks {
namespace detail {

using parsae_examples::fixed_text;
using parsae_examples::short_text;

[[nodiscard]] inline std::string percent_text(double share) {
  return std::isfinite(share) ? fixed_text(100 * share, 0) + " %" : fixed_text(share, 0);
}

[[nodiscard]] inline std::string times_text(double times) { return fixed_text(times, 2) + "x"; }

[[nodiscard]] inline std::string ceilings_text(const Machine& machine) {
  std::string text;
  for (const auto& [threads, measured] : machine.all()) {
    text += "  " + std::to_string(threads) + (threads == 1 ? " thread:  " : " threads: ") +
            short_text(measured.fma_gflops) + " GFLOP/s float32 (lowest measured " +
            short_text(machine.lowest_fma_gflops(threads)) + "), ";
    if (std::isfinite(measured.bf16_gops)) text += short_text(measured.bf16_gops) + " Gop/s bf16, ";
    if (std::isfinite(measured.int8_gops)) text += short_text(measured.int8_gops) + " Gop/s int8, ";
    text += "copy " + short_text(measured.copy_gbs) + " GB/s, read-modify-write " +
            short_text(measured.read_modify_write_gbs) + " GB/s\n";
  }
  return text;
}

[[nodiscard]] inline std::string training_text(const Results& results, const std::string& size) {
  const auto found = results.trained_fvu.find(size);
  return found == results.trained_fvu.end() ? "" : "; trained-like rows begin at FVU " + fixed_text(found->second, 2);
}

[[nodiscard]] inline std::string size_table(const Results& results, const std::string& size) {
  using Align = TextTable::Align;
  TextTable table({{"method", Align::Left},
                   {"data", Align::Left},
                   {"threads"},
                   {"samples/s"},
                   {"min"},
                   {"max"},
                   {"enc/peak"},
                   {"step/floor"},
                   {"L0"},
                   {"peak MB"},
                   {"over"}});
  for (const Row& row : results.rows) {
    if (row.size.name != size) continue;
    const Spread rate = row.samples_per_second();
    table.add({row.method, row.data, std::to_string(row.threads), short_text(rate.median), short_text(rate.min),
               short_text(rate.max), percent_text(row.encoder_fraction_of_peak(results.machine)),
               fixed_text(row.step_over_encoder_floor(results.machine), 2), fixed_text(row.l0, 1),
               short_text(row.peak_mb), short_text(row.peak_mb - row.size.parameters_mb())});
  }
  return table.text();
}

[[nodiscard]] inline std::string ratio_table(const Results& results) {
  using Align = TextTable::Align;
  TextTable table({{"size", Align::Left},
                   {"data", Align::Left},
                   {"threads"},
                   {"method", Align::Left},
                   {"than", Align::Left},
                   {"times"},
                   {"min"},
                   {"max"}});
  for (const Ratio& ratio : results.ratios)
    table.add({ratio.size, ratio.data, std::to_string(ratio.threads), ratio.method, ratio.peer,
               times_text(ratio.times.median), times_text(ratio.times.min), times_text(ratio.times.max)});
  return table.empty() ? "" : "\nTimes as fast, round by round\n" + table.text();
}

[[nodiscard]] inline std::string screening_table(const Results& results) {
  using Align = TextTable::Align;
  TextTable table({{"size", Align::Left},
                   {"data", Align::Left},
                   {"threads"},
                   {"method", Align::Left},
                   {"int8 walks"},
                   {"bf16"},
                   {"exact"},
                   {"survivors/sample"},
                   {"rescored/sample"},
                   {"L0"}});
  for (const Row& row : results.rows) {
    if (!row.screening.is_object()) continue;
    const auto count = [&](const char* name) { return row.screening.at(name).get<double>(); };
    const double samples = count("samples");
    table.add({row.size.name, row.data, std::to_string(row.threads), row.method, fixed_text(count("int8_walks"), 0),
               fixed_text(count("bf16_walks"), 0), fixed_text(count("exact_walks"), 0),
               fixed_text(count("survivors") / samples, 1), fixed_text(count("rescored") / samples, 1),
               fixed_text(row.l0, 1)});
  }
  return table.empty() ? "" : "\nWhat low-precision bounds left over\n" + table.text();
}

/// The time of a step as a power of what is varied, over the last doubling and over the whole curve.
[[nodiscard]] inline std::string growth_table(const Results& results) {
  using Align = TextTable::Align;
  TextTable table({{"in", Align::Left}, {"method", Align::Left}, {"value"}, {"us/sample"}, {"exponent"}});
  const GrowthPoint* before = nullptr;
  for (const std::string& method : all_methods()) {
    for (const GrowthPoint& point : results.growth) {
      if (point.row.method != method) continue;
      const bool follows = before != nullptr && before->axis == point.axis && before->row.method == method;
      const auto us = [](const GrowthPoint& at) {
        return 1e6 * at.row.step_seconds.median / static_cast<double>(at.row.size.batch);
      };
      const double exponent =
          follows ? std::log(us(point) / us(*before)) /
                        std::log(static_cast<double>(point.value()) / static_cast<double>(before->value()))
                  : std::nan("");
      table.add({point.axis, method, std::to_string(point.value()), short_text(us(point)), fixed_text(exponent, 2)});
      before = &point;
    }
  }
  return table.empty()
             ? ""
             : "\nGrowth from d 256, n 16384, k 32, batch 1024, gaussian: exponent 1 is in proportion\n" + table.text();
}

/// What peers say of themselves; those that say the same share a line.
[[nodiscard]] inline std::string peers_text(const Results& results) {
  std::map<std::string, std::string> names_by_introduction;
  for (const auto& [name, introduction] : results.peers) {
    std::string& names = names_by_introduction[introduction.dump()];
    names += (names.empty() ? "" : ", ") + name;
  }
  std::string text = results.peers.empty() ? "" : "\nPeers\n";
  for (const auto& [introduction, names] : names_by_introduction) text += "  " + names + ": " + introduction + "\n";
  return text;
}

}  // namespace detail

/// Everything for a terminal.
[[nodiscard]] inline std::string results_text(const Results& results) {
  std::string text =
      "Ceilings of this machine, the largest of several measurements\n" + detail::ceilings_text(results.machine);
  std::vector<std::string> sizes;
  for (const Row& row : results.rows) {
    if (!sizes.empty() && sizes.back() == row.size.name) continue;
    sizes.push_back(row.size.name);
    text += "\n" + row.size.name + ": " + row.size.text() + "; parameters and Adam moments " +
            parsae_examples::short_text(row.size.parameters_mb()) + " MB" +
            detail::training_text(results, row.size.name) + "\n" + detail::size_table(results, row.size.name);
  }
  text += detail::ratio_table(results) + detail::screening_table(results) + detail::growth_table(results);
  text += detail::peers_text(results);
  for (const std::string& failure : results.failures) text += "\nFailed: " + failure + "\n";
  return text;
}

}  // namespace parsae_benchmarks

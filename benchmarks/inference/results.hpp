// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/atomic_file.hpp>
#include <parsae/sparse/precision.hpp>

#include <nlohmann/json.hpp>

#include <measure/machine.hpp>
#include <measure/problem_size.hpp>
#include <measure/synthetic_samples.hpp>
#include <measure/text_table.hpp>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace parsae_benchmarks {

struct Row {
  ProblemSize size;
  SyntheticData data = SyntheticData::Gaussian;
  std::string method;
  int threads = 1;
  std::vector<double> latency{};        ///< seconds for one sample, ascending
  std::vector<double> batch_seconds{};  ///< seconds for size.batch samples, ascending
  parsae::ScreeningReport screening{};  ///< of the single samples

  [[nodiscard]] static double quantile(const std::vector<double>& sorted, double part) {
    return sorted[static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1))];
  }
  [[nodiscard]] double latency_us(double part) const { return 1e6 * quantile(latency, part); }
  [[nodiscard]] double samples_per_s(double part) const {
    return static_cast<double>(size.batch) / quantile(batch_seconds, part);
  }
  /// Float32 weights over the median latency, in 1e9 bytes a second.
  [[nodiscard]] double weights_gbs() const {
    return 4e-9 * static_cast<double>(size.d) * static_cast<double>(size.n) / quantile(latency, 0.5);
  }
};

struct Results {
  Machine machine;
  std::vector<Row> rows;
};

[[nodiscard]] inline std::string number_text(double value, int decimals) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

[[nodiscard]] inline std::string table_text(const Results& results) {
  using Align = TextTable::Align;
  TextTable table({{"size", Align::Left},
                   {"data", Align::Left},
                   {"method", Align::Left},
                   {"threads"},
                   {"latency us"},
                   {"fastest 10th"},
                   {"slowest 10th"},
                   {"weights GB/s"},
                   {"copy GB/s"},
                   {"samples/s"}});
  for (const Row& row : results.rows)
    table.add({row.size.name, std::string(to_string(row.data)), row.method, std::to_string(row.threads),
               number_text(row.latency_us(0.5), 1), number_text(row.latency_us(0.1), 1),
               number_text(row.latency_us(0.9), 1), number_text(row.weights_gbs(), 1),
               number_text(results.machine.ceilings(row.threads).copy_gbs, 1), number_text(row.samples_per_s(0.5), 0)});
  return table.text();
}

/// {"machine", "rows": [{"size", "data", "d", "n", "k", "batch", "threads", "method", "latency_us", "latency_us_min",
/// "latency_us_max", "samples_per_s", "min", "max", "weights_gbs", "screening"}]}
inline void write_json(const std::filesystem::path& path, const Results& results) {
  nlohmann::ordered_json json;
  json["machine"] = results.machine.json();
  json["rows"] = nlohmann::ordered_json::array();
  for (const Row& row : results.rows)
    json["rows"].push_back({{"size", row.size.name},
                            {"data", to_string(row.data)},
                            {"d", row.size.d},
                            {"n", row.size.n},
                            {"k", row.size.k},
                            {"batch", row.size.batch},
                            {"threads", row.threads},
                            {"method", row.method},
                            {"latency_us", row.latency_us(0.5)},
                            {"latency_us_min", row.latency_us(0)},
                            {"latency_us_max", row.latency_us(1)},
                            {"samples_per_s", row.samples_per_s(0.5)},
                            {"min", row.samples_per_s(1)},
                            {"max", row.samples_per_s(0)},
                            {"weights_gbs", row.weights_gbs()},
                            {"screening",
                             {{"int8", row.screening.int8_walks},
                              {"bf16", row.screening.bf16_walks},
                              {"exact", row.screening.exact_walks},
                              {"survivors", row.screening.survivors},
                              {"rescored", row.screening.rescored}}}});
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  parsae::AtomicFile file(path);
  file.write(json.dump(1) + "\n");
  file.commit();
}

}  // namespace parsae_benchmarks

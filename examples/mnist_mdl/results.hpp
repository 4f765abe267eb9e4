// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <support/result_file.hpp>

#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "grid.hpp"
#include "minimum.hpp"

namespace parsae_examples {

/// Another way to send the test images within the same bound, such as entropy-coded raw pixels.
struct Reference {
  std::string name;
  double eps = 0;
  double bits = std::numeric_limits<double>::quiet_NaN();  ///< an image
  int levels = 0;                                          ///< of its quantizer; 0: it has none
  bool feasible = false;                                   ///< if not, the bits mean nothing
  std::string note;
};

struct Results {
  std::vector<GridRow> grid;
  std::vector<Minimum> minimum;  ///< one for every eps
  std::vector<Reference> references;
  double seconds = 0;
  nlohmann::ordered_json more = nlohmann::ordered_json::object();  ///< further members of results.json
  /// What the page says of the run: "digits" -> their source, "seeds" -> "3", ... in this order.
  std::vector<std::pair<std::string, std::string>> settings;
};

namespace detail {

template <class Whole>
[[nodiscard]] nlohmann::ordered_json whole_or_null(Whole value, bool is_known) {
  return is_known ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace detail

[[nodiscard]] inline nlohmann::ordered_json to_json(const GridRow& row) {
  nlohmann::ordered_json json;
  json["width"] = row.width;
  json["k"] = row.k;
  json["seed"] = row.seed;
  json["l0"] = number_or_null(row.l0);
  json["fvu"] = number_or_null(row.fvu);
  json["dead_fraction"] = number_or_null(row.dead_fraction);
  json["eps"] = number_or_null(row.eps);
  json["bits_codes"] = number_or_null(row.bits_codes, row.feasible);
  json["bits_codes_only"] = number_or_null(row.bits_codes_only, row.feasible);
  json["bits_dictionary"] = number_or_null(row.bits_dictionary, row.feasible);
  json["bits_total"] = number_or_null(row.bits_total, row.feasible);
  json["code_bins"] = detail::whole_or_null(row.code_bins, row.feasible);
  json["dictionary_bits"] = detail::whole_or_null(row.dictionary_bits, row.feasible);
  json["feasible"] = row.feasible;
  return json;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Minimum& minimum) {
  nlohmann::ordered_json json;
  json["eps"] = number_or_null(minimum.eps);
  json["interior"] = minimum.interior;
  json["margin_bits"] = number_or_null(minimum.margin_bits);
  json["seed_spread_bits"] = number_or_null(minimum.seed_spread_bits);
  json["width"] = detail::whole_or_null(minimum.width, minimum.feasible);
  json["k"] = detail::whole_or_null(minimum.k, minimum.feasible);
  json["bits_total"] = number_or_null(minimum.bits_total);
  json["codes_only_interior"] = minimum.codes_only_interior;
  return json;
}

[[nodiscard]] inline nlohmann::ordered_json to_json(const Reference& reference) {
  nlohmann::ordered_json json;
  json["name"] = reference.name;
  json["eps"] = number_or_null(reference.eps);
  json["bits"] = number_or_null(reference.bits, reference.feasible);
  json["levels"] = detail::whole_or_null(reference.levels, reference.levels > 0);
  json["feasible"] = reference.feasible;
  json["note"] = reference.note;
  return json;
}

/// {"grid": [...], "minimum": [...], "references": [...], "settings", "seconds", and `more`}: what is infeasible or
/// unknown is null. Throws parsae::FileError when the file cannot be written; an old one is then still whole.
inline void write_results_json(const std::filesystem::path& path, const Results& results) {
  nlohmann::ordered_json json;
  json["grid"] = json_array(results.grid);
  json["minimum"] = json_array(results.minimum);
  json["references"] = json_array(results.references);
  json["settings"] = settings_json(results.settings);
  json["seconds"] = number_or_null(results.seconds);
  json.update(results.more);
  write_json_file(path, json);
}

/// The grid with the names of results.json as its header; empty fields where that has null. Throws as above.
inline void write_results_csv(const std::filesystem::path& path, const std::vector<GridRow>& grid) {
  std::ostringstream text;
  const nlohmann::ordered_json names = to_json(GridRow{});
  std::string header;
  for (const auto& field : names.items()) header += (header.empty() ? "" : ",") + field.key();
  text << header << "\n";
  for (const GridRow& row : grid) {
    bool is_first = true;
    const nlohmann::ordered_json json = to_json(row);
    for (const auto& field : json.items()) {
      text << (is_first ? "" : ",") << (field.value().is_null() ? "" : field.value().dump());
      is_first = false;
    }
    text << "\n";
  }
  write_whole_file(path, text.str());
}

}  // namespace parsae_examples

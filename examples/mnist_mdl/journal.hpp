// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <support/journal_file.hpp>

#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "options.hpp"
#include "results.hpp"

namespace parsae_examples {

/// metrics.jsonl: one line for each finished SAE with its rows of the grid.
class Journal {
 public:
  using Key = std::tuple<Index, Index, std::uint64_t>;  // width, k, seed

  Journal(const std::filesystem::path& path, const Options& options, const std::string& digits)
      : file_(path, describe(options, digits), options.resumes ? JournalFile::Start::Resume : JournalFile::Start::Fresh,
              [this](const JournalFile::Json& line) {
                std::vector<GridRow> rows;
                for (const JournalFile::Json& row : line.at("rows")) rows.push_back(row_from_json(row));
                take(rows);
              }) {}

  [[nodiscard]] bool has(Index width, Index k, std::uint64_t seed) const { return done_.contains(Key(width, k, seed)); }
  [[nodiscard]] const std::vector<GridRow>& rows() const { return rows_; }

  void add(const std::vector<GridRow>& rows, double seconds) {
    file_.add({{"seconds", seconds}, {"rows", json_array(rows)}});
    take(rows);
  }

 private:
  /// Everything that changes a row. Not the widths, ks and seeds: a larger grid may go on from a smaller one.
  [[nodiscard]] static nlohmann::ordered_json describe(const Options& options, const std::string& digits) {
    nlohmann::ordered_json settings;
    settings["activation"] = options.recipe.activation;
    settings["epochs"] = options.recipe.epochs;
    settings["learning_rate"] = options.recipe.learning_rate;
    settings["batch"] = options.recipe.batch_size;
    settings["eps"] = options.bounds;
    settings["digits"] = digits;
    return settings;
  }

  [[nodiscard]] static GridRow row_from_json(const JournalFile::Json& json) {
    GridRow row;
    json.at("width").get_to(row.width);
    json.at("k").get_to(row.k);
    json.at("seed").get_to(row.seed);
    json.at("l0").get_to(row.l0);
    json.at("fvu").get_to(row.fvu);
    json.at("dead_fraction").get_to(row.dead_fraction);
    json.at("eps").get_to(row.eps);
    json.at("feasible").get_to(row.feasible);
    if (!row.feasible) return row;
    json.at("bits_codes").get_to(row.bits_codes);
    json.at("bits_codes_only").get_to(row.bits_codes_only);
    json.at("bits_dictionary").get_to(row.bits_dictionary);
    json.at("bits_total").get_to(row.bits_total);
    json.at("code_bins").get_to(row.code_bins);
    json.at("dictionary_bits").get_to(row.dictionary_bits);
    return row;
  }

  void take(const std::vector<GridRow>& rows) {
    for (const GridRow& row : rows) {
      done_.insert(Key(row.width, row.k, row.seed));
      rows_.push_back(row);
    }
  }

  std::set<Key> done_;
  std::vector<GridRow> rows_;
  JournalFile file_;  // last: it hands out old lines while it is made
};

}  // namespace parsae_examples

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/atomic_file.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "options.hpp"
#include "results.hpp"

namespace parsae_examples {

/// metrics.jsonl: one line for each finished SAE with its rows of the grid, flushed at once. An interrupted run goes on
/// from here: lines that were written with the same settings and the same digits count as done.
class Journal {
 public:
  using Key = std::tuple<Index, Index, std::uint64_t>;  // width, k, seed

  Journal(const std::filesystem::path& path, const Options& options, const std::string& digits)
      : path_(path), settings_(describe(options, digits)) {
    if (options.resumes && std::filesystem::exists(path)) rewrite(read());
    out_.open(path, options.resumes ? std::ios::app : std::ios::trunc);
    if (!out_) throw parsae::FileError(path, "cannot be written");
  }

  [[nodiscard]] bool has(Index width, Index k, std::uint64_t seed) const { return done_.contains(Key(width, k, seed)); }
  [[nodiscard]] const std::vector<GridRow>& rows() const { return rows_; }

  void add(const std::vector<GridRow>& rows, double seconds) {
    nlohmann::ordered_json line;
    line["settings"] = settings_;
    line["seconds"] = seconds;
    for (const GridRow& row : rows) line["rows"].push_back(detail::to_json(row));
    out_ << line.dump() << '\n' << std::flush;
    if (!out_) throw parsae::FileError(path_, "cannot be written: the disk may be full");
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

  /// Takes the rows of every line; returns the lines.
  [[nodiscard]] std::string read() {
    std::ifstream in(path_);
    std::string text;
    std::string lines;
    for (Index number = 1; std::getline(in, text); ++number) {
      const nlohmann::json line = nlohmann::json::parse(text, nullptr, false);
      if (line.is_discarded() && in.eof()) break;  // the line that a killed run was writing
      try {
        if (line.at("settings") != nlohmann::json(settings_))
          throw parsae::FileError(path_,
                                  "line " + std::to_string(number) +
                                      " was written with other settings or digits; run without --resume, or repeat "
                                      "those settings: " +
                                      line.at("settings").dump());
        std::vector<GridRow> rows;
        for (const nlohmann::json& row : line.at("rows")) rows.push_back(row_from_json(row));
        take(rows);
        lines += text + '\n';
      } catch (const nlohmann::json::exception& error) {
        throw parsae::FileError(path_, "line " + std::to_string(number) + " is not of this program: " + error.what());
      }
    }
    return lines;
  }

  /// Leaves whole lines only, so that the next one does not continue half a line.
  void rewrite(const std::string& lines) const {
    parsae::AtomicFile file(path_);
    file.write(lines);
    file.commit();
  }

  [[nodiscard]] static GridRow row_from_json(const nlohmann::json& json) {
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

  std::filesystem::path path_;
  nlohmann::ordered_json settings_;
  std::ofstream out_;
  std::set<Key> done_;
  std::vector<GridRow> rows_;
};

}  // namespace parsae_examples

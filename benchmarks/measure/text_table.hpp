// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace parsae_benchmarks {

/// A table for a terminal: columns as wide as their widest cell, words to the left, numbers to the right.
class TextTable {
 public:
  enum class Align { Left, Right };
  struct Column {
    std::string title;
    Align align = Align::Right;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// As many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  [[nodiscard]] bool empty() const { return rows_.empty(); }

  /// A line for the titles and one for each row, each indented by two.
  [[nodiscard]] std::string text() const {
    std::vector<std::string> titles;
    for (const Column& column : columns_) titles.push_back(column.title);
    std::string text = line(titles);
    for (const std::vector<std::string>& row : rows_) text += line(row);
    return text;
  }

 private:
  /// Bytes that start a character: a dash takes three bytes and one column.
  [[nodiscard]] static std::size_t width_of(const std::string& cell) {
    return static_cast<std::size_t>(std::count_if(
        cell.begin(), cell.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }

  [[nodiscard]] std::string line(const std::vector<std::string>& cells) const {
    std::string text;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      std::size_t width = width_of(columns_[c].title);
      for (const std::vector<std::string>& row : rows_) width = std::max(width, width_of(row[c]));
      const std::string pad(width - width_of(cells[c]), ' ');
      text += "  " + (columns_[c].align == Align::Left ? cells[c] + pad : pad + cells[c]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
  }

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace parsae_benchmarks

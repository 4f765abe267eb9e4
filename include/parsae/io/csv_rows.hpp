// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/row_file_settings.hpp>
#include <parsae/io/text_lines.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// The rows of a text file of numbers, plain or compressed by gzip: a line a row, cells between delimiters, perhaps a
/// header line. Cells may have spaces around them and be quoted; nan and inf are numbers. Empty lines may only follow
/// the last row.
///
/// Opening counts rows and cells; numbers are parsed when their row is read. FileError names line and column (the
/// cell), both from 1. Only the places of some lines are kept in memory.
class CsvRows final : public RowFile {
 public:
  CsvRows(const std::filesystem::path& path, const RowFileSettings& settings, char default_delimiter)
      : file_(path),
        lines_(file_),
        delimiter_(settings.csv_delimiter == '\0' ? default_delimiter : settings.csv_delimiter) {
    constexpr std::string_view parts_of_numbers = "0123456789+-.eE\"\r\n";
    if (parts_of_numbers.find(delimiter_) != std::string_view::npos) {
      reject("csv_delimiter", "a character that is no part of a number", std::string(1, delimiter_));
    }
    skip_header(settings.csv_header);
    index_rows();
  }

  [[nodiscard]] const std::filesystem::path& path() const override { return file_.path(); }
  [[nodiscard]] Index n_rows() const override { return n_rows_; }
  [[nodiscard]] Index n_inputs() const override { return n_inputs_; }
  [[nodiscard]] std::string description() const override {
    const std::string delimiter = delimiter_ == '\t' ? "tab" : "'" + std::string(1, delimiter_) + "'";
    return "text (" + std::to_string(n_rows_) + ", " + std::to_string(n_inputs_) + "), delimiter " + delimiter +
           (first_line_ > 1 ? ", header line" : "") + (lines_.is_compressed() ? ", gzip" : "");
  }

  void read(Index first_row, Slice<float> out) override {
    const Index count = require_rows(first_row, out);
    if (count == 0) return;
    go_to(first_row);
    for (Index i = 0; i < count; ++i) {
      const Index row = std::exchange(next_row_, unknown);
      const Index begin = lines_.position();
      parse(lines_.next().value(), {row + first_line_, begin}, out.part(i * n_inputs_, n_inputs_));
      next_row_ = row + 1;
    }
  }

 private:
  static constexpr Index rows_per_mark = 256;
  static constexpr Index unknown = -1;

  struct Place {
    Index line = 0;
    Index begin = 0;
  };

  /// Calls visit(column, cell) for every cell of a line until it returns false.
  template <class Visit>
  void for_each_cell(std::string_view line, const Visit& visit) const {
    for (Index column = 1;; ++column) {
      const std::size_t end = line.find(delimiter_);
      if (!visit(column, line.substr(0, end)) || end == std::string_view::npos) return;
      line.remove_prefix(end + 1);
    }
  }

  [[nodiscard]] Index count_cells(std::string_view line) const {
    return 1 + static_cast<Index>(std::count(line.begin(), line.end(), delimiter_));
  }

  [[nodiscard]] static std::string_view without(std::string_view text, std::string_view ends) {
    const std::size_t first = text.find_first_not_of(ends);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(ends) - first + 1);
  }

  [[nodiscard]] static bool is_blank(std::string_view line) { return without(line, " \t").empty(); }

  /// The number in a cell; none when it has another content.
  [[nodiscard]] static std::optional<double> number(std::string_view cell) {
    cell = without(cell, " \t");
    if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"')
      cell = without(cell.substr(1, cell.size() - 2), " ");
    if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc{} || end != cell.data() + cell.size()) return std::nullopt;
    return value;
  }

  /// Leaves lines_ before the first row.
  void skip_header(RowFileSettings::CsvHeader header) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
    const std::optional<std::string_view> line = lines_.next();
    if (!line) throw FileError(path(), "expected lines of numbers, got an empty file");
    const Index text_begin = line->starts_with(byte_order_mark) ? Index{3} : Index{0};
    bool is_header = header == RowFileSettings::CsvHeader::Present;
    if (header == RowFileSettings::CsvHeader::Detect) {
      for_each_cell(line->substr(static_cast<std::size_t>(text_begin)), [&](Index, std::string_view cell) {
        is_header = is_header || !number(cell);
        return !is_header;
      });
    }
    if (is_header) {
      first_line_ = 2;
    } else {
      lines_.seek(text_begin);
    }
  }

  void index_rows() {
    Index blank_line = 0;
    for (Index line_number = first_line_;; ++line_number) {
      const Index begin = lines_.position();
      const std::optional<std::string_view> line = lines_.next();
      if (!line) break;
      if (is_blank(*line) && !(n_inputs_ > 1 && count_cells(*line) == n_inputs_)) {
        if (blank_line == 0) blank_line = line_number;
        continue;
      }
      if (blank_line != 0) fail({blank_line, begin}, 0, "expected a row, got an empty line");
      const Index n_cells = count_cells(*line);
      if (n_rows_ == 0) n_inputs_ = n_cells;
      if (n_cells != n_inputs_) {
        fail({line_number, begin}, 0,
             "expected " + std::to_string(n_inputs_) + " cells as in line " + std::to_string(first_line_) + ", got " +
                 std::to_string(n_cells));
      }
      if (n_rows_ % rows_per_mark == 0) marks_.push_back(begin);
      ++n_rows_;
    }
    if (n_rows_ == 0) throw FileError(path(), "expected lines of numbers, got none");
  }

  void go_to(Index row) {
    const Index marked_row = row / rows_per_mark * rows_per_mark;
    if (next_row_ == unknown || next_row_ > row || next_row_ < marked_row) {
      lines_.seek(marks_[row / rows_per_mark]);
      next_row_ = marked_row;
    }
    for (; next_row_ < row; ++next_row_) static_cast<void>(lines_.next());
  }

  void parse(std::string_view line, const Place& place, Slice<float> out) const {
    for_each_cell(line, [&](Index column, std::string_view cell) {
      const std::optional<double> value = number(cell);
      if (!value) fail(place, column, "expected a number, got " + quoted(cell));
      out[column - 1] = static_cast<float>(*value);
      return true;
    });
  }

  [[nodiscard]] static std::string quoted(std::string_view cell) {
    constexpr std::size_t longest = 40;
    if (without(cell, " \t").empty()) return "an empty cell";
    std::string text = cell.size() > longest ? std::string(cell.substr(0, longest)) + "..." : std::string(cell);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "'" + text + "'";
  }

  /// \param column  0: the line as a whole
  [[noreturn]] void fail(const Place& place, Index column, const std::string& reason) const {
    const std::string where =
        "line " + std::to_string(place.line) + (column > 0 ? ", column " + std::to_string(column) : "") + ": ";
    if (lines_.is_compressed()) throw FileError(path(), where + reason);
    throw FileError(path(), where + reason, static_cast<std::uint64_t>(place.begin));
  }

  MappedFile file_;
  TextLines lines_;
  char delimiter_;
  Index first_line_ = 1;  // of the rows, from 1
  Index n_rows_ = 0;
  Index n_inputs_ = 0;
  Buffer<Index> marks_;       // where every rows_per_mark-th row begins
  Index next_row_ = unknown;  // where lines_ stands
};

}  // namespace parsae::inline PARSAE_ABI

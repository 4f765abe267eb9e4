// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/types.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/text_lines.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace parsae_examples::cells {

/// The numbers of a Matrix Market file, plain or compressed by gzip, with its zeros: rows x cols as the file has them.
/// Read are general matrices, as coordinates or as an array, of real numbers, integers or (coordinates) mere places,
/// which count as 1. Entries of the same place add up. Throws parsae::FileError, by line, for any other content, and
/// for matrices of more than 2^29 numbers.
class MatrixMarket {
 public:
  using Index = parsae::Index;

  explicit MatrixMarket(const std::filesystem::path& path) : file_(path), lines_(file_) {
    read_kind();
    read_shape();
    for (Index e = 0; e < n_entries_; ++e) read_entry(e);
    while (const std::optional<std::string_view> line = next_line())
      if (!line->empty()) fail("expected " + std::to_string(n_entries_) + " entries, got more");
  }

  [[nodiscard]] const parsae::Matrix<float>& matrix() const { return matrix_; }

 private:
  enum class Layout { Coordinate, Array };
  enum class Field { Number, Pattern };
  static constexpr Index most_numbers = Index{1} << 29;

  [[noreturn]] void fail(const std::string& reason) const {
    throw parsae::FileError(file_.path(), "line " + std::to_string(line_number_) + ": " + reason);
  }

  [[nodiscard]] std::optional<std::string_view> next_line() {
    const std::optional<std::string_view> line = lines_.next();
    ++line_number_;
    if (!line) return line;
    const std::size_t end = line->find_last_not_of(" \t");
    return line->substr(0, end == std::string_view::npos ? 0 : end + 1);
  }

  /// The next line that is no comment and not empty.
  [[nodiscard]] std::string_view next_content(const std::string& wanted) {
    while (const std::optional<std::string_view> line = next_line())
      if (!line->empty() && line->front() != '%') return *line;
    fail("expected " + wanted + ", got the end of the file");
  }

  [[nodiscard]] static std::string_view next_word(std::string_view& line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return line = {};
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    return word;
  }

  void read_kind() {
    const std::optional<std::string_view> first = next_line();
    std::string_view line = first.value_or("");
    if (next_word(line) != "%%MatrixMarket" || next_word(line) != "matrix")
      fail("expected '%%MatrixMarket matrix ...', as a Matrix Market file begins");
    const std::string layout(next_word(line));
    const std::string field(next_word(line));
    const std::string symmetry(next_word(line));
    if (layout != "coordinate" && layout != "array") fail("expected coordinate or array, got '" + layout + "'");
    layout_ = layout == "array" ? Layout::Array : Layout::Coordinate;
    if (field == "pattern" && layout_ == Layout::Coordinate)
      field_ = Field::Pattern;
    else if (field != "real" && field != "integer" && field != "double")
      fail("expected real, integer or pattern, got '" + field + "'");
    if (symmetry != "general") fail("expected a general matrix, got '" + symmetry + "'");
  }

  void read_shape() {
    std::string_view line = next_content("the numbers of rows and columns");
    const Index rows = whole_number(line, "rows", most_numbers);
    const Index cols = whole_number(line, "columns", most_numbers);
    if (rows < 1 || cols < 1) fail("expected at least one row and one column");
    if (rows > most_numbers / cols)
      fail("expected at most " + std::to_string(most_numbers) + " numbers with zeros, got " + std::to_string(rows) +
           " x " + std::to_string(cols));
    n_entries_ = rows * cols;
    if (layout_ == Layout::Coordinate) n_entries_ = whole_number(line, "entries", Index{1} << 40);
    if (!lines_.is_compressed() && n_entries_ > file_.size() / 2)
      fail("expected " + std::to_string(n_entries_) + " entries, more than the file has room for");
    matrix_ = parsae::Matrix<float>::Zero(rows, cols);
  }

  void read_entry(Index entry) {
    std::string_view line = next_content(std::to_string(n_entries_) + " entries");
    Index row = entry % matrix_.rows();
    Index col = entry / matrix_.rows();
    if (layout_ == Layout::Coordinate) {
      row = whole_number(line, "a row", matrix_.rows()) - 1;
      col = whole_number(line, "a column", matrix_.cols()) - 1;
      if (row < 0 || col < 0) fail("expected rows and columns that count from 1, got 0");
    }
    matrix_(row, col) += field_ == Field::Pattern ? 1.0f : number(line);
    if (!next_word(line).empty()) fail("expected one entry on a line, got more");
  }

  [[nodiscard]] Index whole_number(std::string_view& line, const std::string& what, Index most) const {
    const std::string_view word = next_word(line);
    Index value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || error != std::errc{} || end != word.data() + word.size() || value < 0 || value > most)
      fail("expected " + what + ", a whole number up to " + std::to_string(most) + ", got '" + shown(word) + "'");
    return value;
  }

  [[nodiscard]] float number(std::string_view& line) const {
    std::string_view word = next_word(line);
    const std::string_view whole = word;
    if (word.starts_with('+')) word.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || error != std::errc{} || end != word.data() + word.size() ||
        !std::isfinite(static_cast<float>(value)))
      fail("expected a number, got '" + shown(whole) + "'");
    return static_cast<float>(value);
  }

  [[nodiscard]] static std::string shown(std::string_view word) {
    std::string text(word.substr(0, 40));
    for (char& c : text)
      if (c < ' ' || c > '~') c = '?';
    return text;
  }

  parsae::MappedFile file_;
  parsae::TextLines lines_;
  Index line_number_ = 0;
  Layout layout_ = Layout::Coordinate;
  Field field_ = Field::Number;
  Index n_entries_ = 0;
  parsae::Matrix<float> matrix_;
};

}  // namespace parsae_examples::cells

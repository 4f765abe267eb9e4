// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/row_file.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace parsae::test {

/// Rows that a test has in memory: the columns of a matrix. Row `broken_row` cannot be read, and every read may take
/// its time.
class MemoryRows final : public RowFile {
 public:
  MemoryRows(std::filesystem::path path, Matrix<float> samples)
      : path_(std::move(path)), samples_(std::move(samples)) {}

  Index broken_row = -1;
  std::chrono::microseconds delay{0};
  std::vector<Index> read_rows;  ///< in the order of reading

  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] Index n_rows() const override { return samples_.cols(); }
  [[nodiscard]] Index n_inputs() const override { return samples_.rows(); }
  [[nodiscard]] std::string description() const override { return "memory"; }

  void read(Index first_row, Slice<float> out) override {
    const Index count = require_rows(first_row, out);
    if (count == 0) return;
    if (delay.count() > 0) std::this_thread::sleep_for(delay);
    for (Index row = first_row; row < first_row + count; ++row) {
      if (row == broken_row) throw FileError(path_, "row " + std::to_string(row) + " is broken");
      read_rows.push_back(row);
    }
    std::copy_n(samples_.col(first_row).data(), out.size(), out.data());
  }

 private:
  std::filesystem::path path_;
  Matrix<float> samples_;
};

/// n_inputs x count samples whose first input is their number, from `first` on, and whose others are small.
[[nodiscard]] inline Matrix<float> numbered_samples(Index n_inputs, Index first, Index count) {
  Matrix<float> samples(n_inputs, count);
  for (Index i = 0; i < count; ++i) {
    samples(0, i) = static_cast<float>(first + i);
    for (Index input = 1; input < n_inputs; ++input) samples(input, i) = static_cast<float>((7 * i + input) % 5);
  }
  return samples;
}

/// Files of the given numbers of rows, whose samples are numbered through.
[[nodiscard]] inline std::vector<std::unique_ptr<RowFile>> numbered_files(const std::vector<Index>& n_rows,
                                                                          Index n_inputs = 3) {
  std::vector<std::unique_ptr<RowFile>> files;
  Index first = 0;
  for (const Index count : n_rows) {
    files.push_back(
        std::make_unique<MemoryRows>("shard" + std::to_string(files.size()), numbered_samples(n_inputs, first, count)));
    first += count;
  }
  return files;
}

}  // namespace parsae::test

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/shard_files.hpp>
#include <parsae/io/shard_source.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "data_options.hpp"
#include "open_rows.hpp"
#include "usage_error.hpp"

namespace parsae_cli {

using Source = parsae::ShardSource<float>;

/// How the files of a request are opened.
[[nodiscard]] inline parsae::RowFileSettings row_settings(const DataOptions& options) {
  return {
      .array = options.array, .raw_dim = options.dim, .raw_dtype = options.dtype, .raw_skip_bytes = options.skip_bytes};
}

/// The files of a request, and what can be known of them without reading rows.
class Activations {
 public:
  /// Throws parsae::FileError for files that cannot be read or whose rows have different lengths, UsageError for
  /// options that no file can be read with.
  explicit Activations(const DataOptions& options) : options_(options) {
    check_usage([&] {
      check(options);
      settings_ = row_settings(options);
    });
    for (const std::string& input : options.inputs)
      for (const std::filesystem::path& path : parsae::shard_files(input)) add(path);
    if (n_rows() == 0) throw parsae::FileError(paths_.front(), "expected at least one row in all files, got none");
  }

  [[nodiscard]] Index n_inputs() const { return n_inputs_; }
  [[nodiscard]] Index n_rows() const { return first_rows_.back(); }
  [[nodiscard]] std::size_t n_files() const { return paths_.size(); }
  [[nodiscard]] const std::vector<std::filesystem::path>& paths() const { return paths_; }

  /// Format, element type and shape of the first file.
  [[nodiscard]] const std::string& first_description() const { return first_description_; }

  /// File and row of a sample that a source has numbered.
  [[nodiscard]] std::pair<std::string, Index> place_of(std::int64_t sample) const {
    const auto after = std::upper_bound(first_rows_.begin(), first_rows_.end(), static_cast<Index>(sample));
    const auto file = static_cast<std::size_t>(after - first_rows_.begin()) - 1;
    return {paths_[file].string(), static_cast<Index>(sample) - first_rows_[file]};
  }

  /// Rows in the order of the files, once.
  [[nodiscard]] Source in_order(Index batch) const {
    parsae::ShardSettings settings = shard_settings(batch);
    settings.epochs = 1;
    settings.order = parsae::ShardSettings::Order::Sequential;
    return Source(open_all(), settings);
  }

  /// \param epochs  passes over all rows; 0: without end
  [[nodiscard]] Source mixed(Index batch, std::uint64_t seed, Index epochs) const {
    parsae::ShardSettings settings = shard_settings(batch);
    settings.seed = seed;
    settings.epochs = epochs;
    return Source(open_all(), settings);
  }

 private:
  [[nodiscard]] std::vector<std::unique_ptr<parsae::RowFile>> open_all() const {
    std::vector<std::unique_ptr<parsae::RowFile>> files;
    for (const std::filesystem::path& path : paths_) files.push_back(open_rows(path, settings_));
    return files;
  }

  [[nodiscard]] parsae::ShardSettings shard_settings(Index batch) const {
    using NotFinite = parsae::ShardSettings::NotFinite;
    return {.batch_size = batch,
            .not_finite = options_.skips_not_finite ? NotFinite::Skip : NotFinite::Refuse,
            .max_norm_ratio = options_.max_norm_ratio};
  }

  void add(const std::filesystem::path& path) {
    if (!seen_.insert(std::filesystem::canonical(path)).second) throw parsae::FileError(path, "is named twice");
    const std::unique_ptr<parsae::RowFile> file = open_rows(path, settings_);
    if (paths_.empty()) {
      n_inputs_ = file->n_inputs();
      first_description_ = file->description();
    }
    if (file->n_inputs() != n_inputs_)
      throw parsae::FileError(path, "expected rows of " + std::to_string(n_inputs_) + " values as in " +
                                        paths_.front().string() + ", got " + std::to_string(file->n_inputs()));
    paths_.push_back(path);
    first_rows_.push_back(first_rows_.back() + file->n_rows());
  }

  DataOptions options_;
  parsae::RowFileSettings settings_;
  std::vector<std::filesystem::path> paths_;
  std::set<std::filesystem::path> seen_;  ///< whatever name they were given by
  std::vector<Index> first_rows_{0};      ///< n_files + 1
  Index n_inputs_ = 0;
  std::string first_description_;
};

}  // namespace parsae_cli

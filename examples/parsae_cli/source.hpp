// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/open_row_file.hpp>
#include <parsae/io/shard_source.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "input_files.hpp"

namespace parsae_cli {

using Source = parsae::ShardSource<float>;

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
    paths_ = expand_inputs(options);
    for (const std::filesystem::path& path : paths_) add(path);
    if (n_rows() == 0) throw parsae::FileError(paths_.front(), "there are no rows");
  }

  [[nodiscard]] Index n_inputs() const { return n_inputs_; }
  [[nodiscard]] Index n_rows() const { return first_rows_.back(); }
  [[nodiscard]] std::size_t n_files() const { return paths_.size(); }
  [[nodiscard]] const std::vector<std::filesystem::path>& paths() const { return paths_; }

  /// "199,450 rows of 64 from acts.npy (...)".
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
    return Source(paths_, settings);
  }

  /// Mixed rows, without end.
  [[nodiscard]] Source mixed(Index batch, std::uint64_t seed) const {
    parsae::ShardSettings settings = shard_settings(batch);
    settings.seed = seed;
    return Source(paths_, settings);
  }

  /// Rows from evenly spread places of all files, n_inputs x at most `count`: what a model starts from should not be
  /// the first file alone. Rows that training would leave out because they are not finite are left out here.
  [[nodiscard]] parsae::Matrix<float> spread_sample(Index count) const {
    const Index n = std::min(count, n_rows());
    parsae::Matrix<float> samples(n_inputs_, n);
    Index kept = 0;
    std::unique_ptr<parsae::RowFile> file;
    std::size_t opened = paths_.size();
    for (Index i = 0; i < n; ++i) {
      const Index row = i * n_rows() / n;
      const auto after = std::upper_bound(first_rows_.begin(), first_rows_.end(), row);
      const auto place = static_cast<std::size_t>(after - first_rows_.begin()) - 1;
      if (place != opened) file = parsae::open_row_file(paths_[opened = place], settings_);
      file->read(row - first_rows_[place], {samples.col(kept).data(), n_inputs_});
      if (samples.col(kept).allFinite()) ++kept;
    }
    samples.conservativeResize(Eigen::NoChange, kept);
    return samples;
  }

 private:
  [[nodiscard]] static parsae::RowFileSettings row_settings(const DataOptions& options) {
    return {.array = options.array,
            .raw_dim = options.dim,
            .raw_dtype = options.dtype,
            .raw_skip_bytes = options.skip_bytes};
  }

  [[nodiscard]] parsae::ShardSettings shard_settings(Index batch) const {
    using NotFinite = parsae::ShardSettings::NotFinite;
    return {.batch_size = batch,
            .not_finite = options_.skips_not_finite ? NotFinite::Skip : NotFinite::Refuse,
            .max_norm_ratio = options_.max_norm_ratio,
            .files = settings_};
  }

  void add(const std::filesystem::path& path) {
    const std::unique_ptr<parsae::RowFile> file = parsae::open_row_file(path, settings_);
    if (first_rows_.size() == 1) {
      n_inputs_ = file->n_inputs();
      first_description_ = file->description();
    }
    if (file->n_inputs() != n_inputs_)
      throw parsae::FileError(path, "expected rows of " + std::to_string(n_inputs_) + " values as in " +
                                        paths_.front().string() + ", got " + std::to_string(file->n_inputs()));
    first_rows_.push_back(first_rows_.back() + file->n_rows());
  }

  DataOptions options_;
  parsae::RowFileSettings settings_;
  std::vector<std::filesystem::path> paths_;
  std::vector<Index> first_rows_{0};  ///< n_files + 1
  Index n_inputs_ = 0;
  std::string first_description_;
};

}  // namespace parsae_cli

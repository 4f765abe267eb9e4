// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/file_error.hpp>
#include <parsae/core/random.hpp>
#include <parsae/data/batch.hpp>
#include <parsae/data/mixing_order.hpp>
#include <parsae/io/open_row_file.hpp>
#include <parsae/io/reading_plan.hpp>
#include <parsae/io/row_filter.hpp>
#include <parsae/io/row_stream.hpp>
#include <parsae/io/shard_pass.hpp>
#include <parsae/io/shard_report.hpp>
#include <parsae/io/shard_settings.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Batches from the rows of files that need not fit in memory, read ahead on a thread and mixed in a buffer.
///
/// A pass goes through all files; the passes are one stream, so every batch is full until the last pass ends. Pass e is
/// an order of rows that depends on (seed, e, rows of each file, buffer_rows) alone: neither on what the rows contain
/// nor on threads. So seek() finds a place by counting and then reads only what the buffer holds there. position()
/// counts rows of that order, those that are left out among them. sample_id counts the rows of all files, in the order
/// in which the files were given.
///
/// Opening refuses files whose n_inputs() differ. next() throws what reading throws, and FileError for a row that is
/// not finite when settings say so; the source then still stands before that batch.
template <class ScalarType>
class ShardSource {
 public:
  using Scalar = ScalarType;
  using Settings = ShardSettings;
  using Order = ShardSettings::Order;
  using NotFinite = ShardSettings::NotFinite;

  /// \param paths  at least one; see shard_files()
  ShardSource(const std::vector<std::filesystem::path>& paths, const Settings& settings)
      : ShardSource(open_all(paths, settings), settings) {}

  /// \param files  at least one, and at least one row in all
  ShardSource(std::vector<std::unique_ptr<RowFile>> files, const Settings& settings)
      : files_(std::move(files)), settings_(settings) {
    settings.check();
    if (files_.empty()) reject("ShardSource files", "at least one", 0);
    check_files();
    if (settings.max_norm_ratio > 0) filter_ = RowFilter::of_median_norm(files_, settings.max_norm_ratio);
    report_.largest_norm = filter_.largest_norm();
  }

  ShardSource(const ShardSource&) = delete;
  ShardSource& operator=(const ShardSource&) = delete;

  [[nodiscard]] Index n_inputs() const { return files_.front()->n_inputs(); }

  /// Rows of all files, those that are left out among them.
  [[nodiscard]] Index n_samples() const { return n_samples_; }

  /// Rows that are mixed: the setting, or what it stands for.
  [[nodiscard]] Index buffer_rows() const { return settings_.buffer_rows; }

  [[nodiscard]] const std::vector<std::unique_ptr<RowFile>>& files() const { return files_; }

  /// What became of the rows that next() has come to.
  [[nodiscard]] const ShardReport& report() const { return report_; }

  bool next(Batch<Scalar>& batch) {
    batch.targets.resize(0, 0);
    batch.group.clear();
    batch.weight.clear();
    batch.inputs.resize(n_inputs(), settings_.batch_size);
    batch.sample_id.resize(settings_.batch_size);
    const SourcePosition begin = position_;
    Index count = 0;
    try {
      if (!stream_ && !is_at_end()) start();
      while (count < settings_.batch_size && !is_at_end()) count += hand_out(batch, count);
    } catch (...) {
      seek(begin);
      throw;
    }
    if (count < settings_.batch_size) {
      batch.inputs.conservativeResize(Eigen::NoChange, count);
      batch.sample_id.resize(count);
    }
    return count > 0;
  }

  [[nodiscard]] SourcePosition position() const { return position_; }

  void seek(const SourcePosition& position) {
    require_at_least("ShardSource position epoch", position.epoch, std::int64_t{0});
    require_between("ShardSource position sample", position.sample, std::int64_t{0}, std::int64_t{n_samples_ - 1});
    position_ = position;
    stream_.reset();  // next() starts again
  }

  /// The first n >= 1 samples that this source would hand out from its beginning, n_inputs x n or fewer columns when a
  /// pass has fewer; for initialize(). The position stays where it is.
  [[nodiscard]] Matrix<Scalar> first_samples(Index n) {
    require_at_least("ShardSource first samples", n, Index{1});
    stream_.reset();
    const ShardPass pass = pass_layout(0);
    MixingOrder order = mixing_order(0);
    Matrix<Scalar> samples(n_inputs(), std::min(n, n_samples_));
    Index count = 0;
    while (count < samples.cols() && !order.is_finished()) {
      count = append_samples(pass, order, samples, count);
    }
    if (count == 0) fail_without_rows();
    samples.conservativeResize(Eigen::NoChange, count);
    return samples;
  }

 private:
  using Verdict = RowFilter::Verdict;

  static constexpr Index default_buffer_bytes = Index{256} << 20;

  [[nodiscard]] static std::vector<std::unique_ptr<RowFile>> open_all(const std::vector<std::filesystem::path>& paths,
                                                                      const Settings& settings) {
    std::vector<std::unique_ptr<RowFile>> files;
    for (const std::filesystem::path& path : paths) files.push_back(open_row_file(path, settings.files));
    return files;
  }

  void check_files() {
    const RowFile& first = *files_.front();
    for (const std::unique_ptr<RowFile>& file : files_) {
      if (file->n_inputs() != first.n_inputs()) {
        throw FileError(file->path(), "expected " + std::to_string(first.n_inputs()) + " inputs a row, as in " +
                                          first.path().string() + ", got " + std::to_string(file->n_inputs()));
      }
      first_id_.push_back(n_samples_);
      n_rows_.push_back(file->n_rows());
      n_samples_ += file->n_rows();
      report_.files.push_back({.path = file->path(), .n_rows = file->n_rows()});
    }
    if (n_samples_ == 0) throw FileError(first.path(), "expected at least one row in all files, got none");
    if (settings_.buffer_rows == 0) {
      settings_.buffer_rows = std::max<Index>(default_buffer_bytes / (Index{sizeof(float)} * n_inputs()), 1);
    }
    if (settings_.order == Order::Sequential) settings_.buffer_rows = 1;
  }

  [[nodiscard]] ShardPass pass_layout(std::int64_t epoch) const {
    return {n_rows_.slice(), settings_.order, settings_.seed, epoch};
  }

  [[nodiscard]] MixingOrder mixing_order(std::int64_t epoch) const {
    return {n_samples_, settings_.buffer_rows,
            Random(settings_.seed, Draws::Mixing, static_cast<std::uint64_t>(epoch))};
  }

  [[nodiscard]] bool is_at_end() const { return settings_.epochs != 0 && position_.epoch >= settings_.epochs; }
  [[nodiscard]] bool has_next_pass() const { return settings_.epochs == 0 || position_.epoch + 1 < settings_.epochs; }

  /// Brings order and buffer to position_.
  void start() {
    begin_pass();
    const Index n_slots = order_->n_slots();
    buffer_.resize(n_inputs(), n_slots);
    verdicts_.resize(n_slots);
    slot_of_.resize(n_slots);
    next_slot_of_.resize(n_slots);
    for (Index slot = 0; slot < n_slots; ++slot) slot_of_[slot] = slot;
    while (order_->n_left() < position_.sample) {
      const MixingOrder::Step step = order_->next();
      if (!step.refilled) next_slot_of_[n_freed_++] = step.slot;
    }
    std::vector<std::pair<Index, Index>> held;  // row and slot
    for (Index slot = 0; slot < n_slots; ++slot) {
      if (order_->rows()[slot] >= 0) held.emplace_back(order_->rows()[slot], slot);
    }
    std::sort(held.begin(), held.end());
    ReadingPlan::Start from{.pass = position_.epoch, .rows = {}, .next_row = order_->n_arrived()};
    for (const auto& [row, slot] : held) from.rows.push_back(row);
    stream_ = std::make_unique<RowStream>(files_, ReadingPlan(n_rows_, settings_, std::move(from)), filter_);
    for (const auto& [row, slot] : held) take_row(slot);
    if (!has_next_pass()) return;
    for (Index i = 0; i < n_freed_; ++i) take_row(next_slot_of_[i]);
  }

  void begin_pass() {
    n_freed_ = 0;
    order_.emplace(mixing_order(position_.epoch));
    pass_.emplace(pass_layout(position_.epoch));
  }

  /// The plan has as many rows as are taken.
  void take_row(Index slot) {
    const RowStream::Row row = stream_->next().value();
    buffer_.col(slot) = row.values;
    verdicts_[slot] = row.verdict;
  }

  /// Moves on by one row. Returns how many samples the batch got: 1, or 0 when the row is left out.
  [[nodiscard]] Index hand_out(Batch<Scalar>& batch, Index place) {
    const MixingOrder::Step step = order_->next();
    const Index slot = slot_of_[step.slot];
    const RowRun at = pass_->locate(step.row);
    const Verdict verdict = verdicts_[slot];
    if (verdict == Verdict::NotFinite) require_skipping(buffer_.col(slot), at);
    if (verdict == Verdict::Kept) {
      batch.inputs.col(place) = buffer_.col(slot).template cast<Scalar>();
      batch.sample_id[place] = first_id_[at.file] + at.first_row;
    }
    count(verdict, at.file);
    if (!step.refilled) next_slot_of_[n_freed_++] = slot;
    if (step.refilled || has_next_pass()) take_row(slot);
    advance();
    return verdict == Verdict::Kept ? 1 : 0;
  }

  /// While a pass ends, the slots that it leaves already take the rows of the next one.
  void advance() {
    ++position_.sample;
    if (!order_->is_finished()) return;
    position_ = {position_.epoch + 1, 0};
    if (is_at_end()) {
      stream_.reset();
      return;
    }
    std::swap(slot_of_, next_slot_of_);
    begin_pass();
  }

  void count(Verdict verdict, Index file) {
    for (ShardReport::Counts* const counts : {&report_.total, &report_.files[static_cast<std::size_t>(file)].counts}) {
      counts->handed_out += verdict == Verdict::Kept;
      counts->not_finite += verdict == Verdict::NotFinite;
      counts->outliers += verdict == Verdict::Outlier;
    }
    skipped_in_a_row_ = verdict == Verdict::Kept ? 0 : skipped_in_a_row_ + 1;
    if (skipped_in_a_row_ >= 2 * n_samples_) fail_without_rows();
  }

  /// Appends the next samples of `order` that are not left out, reading no more rows than are missing; returns how many
  /// there are then.
  [[nodiscard]] Index append_samples(const ShardPass& pass, MixingOrder& order, Matrix<Scalar>& samples, Index count) {
    std::vector<std::pair<Index, Index>> wanted;  // row and column
    while (count + static_cast<Index>(wanted.size()) < samples.cols() && !order.is_finished()) {
      wanted.emplace_back(order.next().row, static_cast<Index>(wanted.size()));
    }
    std::sort(wanted.begin(), wanted.end());
    Matrix<float> rows(n_inputs(), static_cast<Index>(wanted.size()));
    Buffer<Verdict> verdicts(rows.cols());
    for (const auto& [row, column] : wanted) {
      const RowRun at = pass.locate(row);
      file(at).read(at.first_row, Slice<float>(rows.col(column).data(), n_inputs()));
      verdicts[column] = filter_.judge(rows.col(column));
      if (verdicts[column] == Verdict::NotFinite) require_skipping(rows.col(column), at);
    }
    for (Index column = 0; column < rows.cols(); ++column) {
      if (verdicts[column] == Verdict::Kept) samples.col(count++) = rows.col(column).template cast<Scalar>();
    }
    return count;
  }

  [[nodiscard]] RowFile& file(const RowRun& at) const { return *files_[static_cast<std::size_t>(at.file)]; }

  void require_skipping(const Eigen::Ref<const Vector<float>>& row, const RowRun& at) const {
    if (settings_.not_finite == NotFinite::Skip) return;
    Index input = 0;
    while (std::isfinite(row[input])) ++input;
    std::ostringstream reason;
    reason << "expected finite values, got " << row[input] << " in row " << at.first_row << ", column " << input;
    throw FileError(file(at).path(), reason.str());
  }

  [[noreturn]] void fail_without_rows() const {
    throw FileError(files_.front()->path(),
                    "every row of this and the other files is left out as not finite or outlying");
  }

  std::vector<std::unique_ptr<RowFile>> files_;
  Settings settings_;
  RowFilter filter_;
  Index n_samples_ = 0;
  Buffer<Index> n_rows_;    // of each file
  Buffer<Index> first_id_;  // sample_id of the first row of each file
  ShardReport report_;
  SourcePosition position_;

  // Valid while there is a stream.
  std::optional<MixingOrder> order_;
  std::optional<ShardPass> pass_;
  Matrix<float> buffer_;        // n_inputs x slots
  Buffer<Verdict> verdicts_;    // of the row in each slot
  Buffer<Index> slot_of_;       // where a slot of order_ lies in the buffer
  Buffer<Index> next_slot_of_;  // the same for the next pass, as far as its rows have been read
  Index n_freed_ = 0;           // entries of next_slot_of_
  Index skipped_in_a_row_ = 0;
  std::unique_ptr<RowStream> stream_;
};

}  // namespace parsae::inline PARSAE_ABI

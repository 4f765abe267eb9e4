// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/reading_plan.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/row_filter.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The rows of a plan, one after another, read and judged ahead on a thread of its own. Which rows come, and after
/// which of them an exception of the reading comes, depends on the plan alone and not on the timing of the threads.
class RowStream {
 public:
  struct Row {
    Eigen::Map<const Vector<float>> values;  ///< until the next call
    RowFilter::Verdict verdict = RowFilter::Verdict::Kept;
  };

  /// \param files  at least one, all with the same n_inputs(); they outlive the stream, which alone uses them meanwhile
  RowStream(const std::vector<std::unique_ptr<RowFile>>& files, ReadingPlan plan, const RowFilter& filter)
      : files_(files), plan_(std::move(plan)), filter_(filter), n_inputs_(files.front()->n_inputs()) {
    const Index chunk_rows = std::max<Index>(chunk_bytes / (Index{sizeof(float)} * n_inputs_), 1);
    for (Chunk& chunk : ring_) {
      chunk.rows.resize(n_inputs_, chunk_rows);
      chunk.verdicts.resize(chunk_rows);
    }
    reader_ = std::thread([this] { read_all(); });
  }

  RowStream(const RowStream&) = delete;
  RowStream& operator=(const RowStream&) = delete;

  ~RowStream() {
    {
      const std::lock_guard lock(mutex_);
      is_stopped_ = true;
    }
    changed_.notify_all();
    reader_.join();
  }

  /// The next row; none at the end. Throws what reading threw in its place.
  [[nodiscard]] std::optional<Row> next() {
    if (!current_ || taken_ == current_->count) next_chunk();
    if (!current_) return std::nullopt;
    const Index i = taken_++;
    return Row{.values = {current_->rows.col(i).data(), n_inputs_}, .verdict = current_->verdicts[i]};
  }

 private:
  struct Chunk {
    Matrix<float> rows;
    Buffer<RowFilter::Verdict> verdicts;
    Index count = 0;
  };

  static constexpr Index chunk_bytes = Index{1} << 20;
  static constexpr std::size_t n_chunks = 8;

  [[nodiscard]] Chunk& chunk(std::size_t serial) { return ring_[serial % n_chunks]; }

  /// Gives the current chunk back to the reader and waits for the one after it.
  void next_chunk() {
    std::unique_lock lock(mutex_);
    if (current_) ++n_emptied_;
    current_ = nullptr;
    taken_ = 0;
    changed_.notify_all();
    changed_.wait(lock, [&] { return n_filled_ > n_emptied_ || is_ended_; });
    if (n_filled_ > n_emptied_) {
      current_ = &chunk(n_emptied_);
    } else if (error_) {
      std::rethrow_exception(error_);
    }
  }

  void read_all() {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return n_filled_ - n_emptied_ < n_chunks || is_stopped_; });
        if (is_stopped_) return;
      }
      // Only this thread touches a chunk that is not filled.
      Chunk& filling = chunk(n_filled_);
      std::exception_ptr error;
      try {
        fill(filling);
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard lock(mutex_);
      if (filling.count > 0) ++n_filled_;
      is_ended_ = error != nullptr || filling.count < filling.rows.cols();
      error_ = error;
      changed_.notify_all();
      if (is_ended_) return;
    }
  }

  /// What was read before an exception counts.
  void fill(Chunk& chunk) {
    chunk.count = 0;
    while (chunk.count < chunk.rows.cols()) {
      const RowRun run = plan_.next(chunk.rows.cols() - chunk.count);
      if (run.count == 0) return;
      const Slice<float> rows(chunk.rows.col(chunk.count).data(), run.count * n_inputs_);
      files_[static_cast<std::size_t>(run.file)]->read(run.first_row, rows);
      for (Index i = 0; i < run.count; ++i, ++chunk.count) {
        chunk.verdicts[chunk.count] = filter_.judge(chunk.rows.col(chunk.count));
      }
    }
  }

  const std::vector<std::unique_ptr<RowFile>>& files_;
  ReadingPlan plan_;
  RowFilter filter_;
  Index n_inputs_;
  std::array<Chunk, n_chunks> ring_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t n_filled_ = 0;  // chunks, since the beginning
  std::size_t n_emptied_ = 0;
  bool is_ended_ = false;
  bool is_stopped_ = false;
  std::exception_ptr error_;

  Chunk* current_ = nullptr;  // of the caller's thread
  Index taken_ = 0;
  std::thread reader_;
};

}  // namespace parsae::inline PARSAE_ABI

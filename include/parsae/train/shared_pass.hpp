// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/train/trainer.hpp>

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Several trainers on one stream of batches: a sweep over widths, rules or seeds reads, converts and mixes its
/// activations once. Each trainer steps on every batch and gets the same bits as if it were trained alone; one that
/// completes, diverges or is stopped by its callbacks leaves the others to go on.
///
///     SharedPass<float> pass;
///     pass.add(narrow, JsonlMetrics("narrow.jsonl"));
///     pass.add(wide, JsonlMetrics("wide.jsonl"));
///     const std::vector<TrainReport> reports = pass.train(source);
///
/// Trainers that are resumed need not stand at the same step: seek the source to the position of the one that is
/// furthest behind; the others wait until the stream has reached their samples. Seconds are those of the whole pass.
template <class ScalarType>
class SharedPass {
 public:
  using Scalar = ScalarType;

  /// \param trainer    outlives the pass
  /// \param callbacks  of this trainer; a temporary is kept, anything else outlives the pass
  template <class AnyTrainer, TrainCallback... Callbacks>
  void add(AnyTrainer& trainer, Callbacks&&... callbacks) {
    static_assert(std::is_same_v<typename AnyTrainer::Scalar, Scalar>, "a shared pass has batches of one scalar");
    members_.push_back(
        std::make_unique<MemberOf<AnyTrainer, Callbacks...>>(trainer, std::forward<Callbacks>(callbacks)...));
  }

  [[nodiscard]] Index size() const { return static_cast<Index>(members_.size()); }

  /// Of trainer number `member`, in the order in which they were added.
  [[nodiscard]] const TrainProgress& progress(Index member) const {
    return members_[static_cast<std::size_t>(member)]->progress();
  }

  /// Steps until no trainer wants a batch any more, or the source ends. Returns a report for each. Throws
  /// std::invalid_argument where a trainer that was resumed stands in the middle of a batch.
  template <BatchSource<Scalar> Source>
  std::vector<TrainReport> train(Source& source) {
    for (const auto& member : members_) member->begin();
    Index samples = least_samples();
    while (wants_batch()) {
      if (!source.next(batch_)) {
        for (const auto& member : members_)
          if (member->wants_batch()) member->end_source();
        break;
      }
      feed(samples);
      samples += batch_.inputs.cols();
    }
    std::vector<TrainReport> reports;
    for (const auto& member : members_) reports.push_back(member->finish());
    return reports;
  }

 private:
  struct Member {
    Member() = default;
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;
    virtual ~Member() = default;
    virtual void begin() = 0;
    virtual void feed(const Batch<Scalar>& batch) = 0;
    virtual void end_source() = 0;
    virtual TrainReport finish() = 0;
    [[nodiscard]] virtual bool wants_batch() const = 0;
    [[nodiscard]] virtual const TrainProgress& progress() const = 0;
  };

  template <class AnyTrainer, class... Callbacks>
  struct MemberOf : Member {
    explicit MemberOf(AnyTrainer& any, Callbacks&&... all)
        : trainer(&any), callbacks(std::forward<Callbacks>(all)...) {}

    void begin() override {
      std::apply([&](auto&... all) { trainer->begin(all...); }, callbacks);
    }
    void feed(const Batch<Scalar>& batch) override {
      std::apply([&](auto&... all) { trainer->feed(batch, all...); }, callbacks);
    }
    void end_source() override { trainer->end_source(); }
    TrainReport finish() override {
      return std::apply([&](auto&... all) { return trainer->finish(all...); }, callbacks);
    }
    [[nodiscard]] bool wants_batch() const override { return trainer->wants_batch(); }
    [[nodiscard]] const TrainProgress& progress() const override { return trainer->progress(); }

    AnyTrainer* trainer;
    std::tuple<Callbacks...> callbacks;
  };

  [[nodiscard]] bool wants_batch() const {
    return std::any_of(members_.begin(), members_.end(), [](const auto& member) { return member->wants_batch(); });
  }

  /// Where the stream begins: at the trainer that is furthest behind.
  [[nodiscard]] Index least_samples() const {
    Index least = std::numeric_limits<Index>::max();
    for (const auto& member : members_)
      if (member->wants_batch()) least = std::min(least, member->progress().samples);
    return least;
  }

  /// \param samples  of the stream before this batch
  void feed(Index samples) {
    for (std::size_t at = 0; at < members_.size(); ++at) {
      Member& member = *members_[at];
      if (!member.wants_batch()) continue;
      const Index ahead = member.progress().samples - samples;
      if (ahead > 0 && ahead < batch_.inputs.cols())
        reject("SharedPass trainer " + std::to_string(at), "to stand at the end of a batch of the others",
               std::to_string(ahead) + " samples into one");
      if (ahead == 0) member.feed(batch_);
    }
  }

  std::vector<std::unique_ptr<Member>> members_;
  Batch<Scalar> batch_;
};

}  // namespace parsae::inline PARSAE_ABI

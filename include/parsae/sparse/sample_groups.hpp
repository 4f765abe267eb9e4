// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>

namespace parsae::inline PARSAE_ABI {

/// Entries of a block of samples, grouped by sample with a stable counting sort. Keeps its memory.
/// \tparam Entry  has a member `sample`
template <class Entry>
class SampleGroups {
 public:
  void reserve(Index block, Index entries) {
    ends_.reserve(block + 1);
    grouped_.reserve(entries);
  }

  /// \param keeps  says of an entry whether it is taken at all
  template <class Keeps>
  void build(SampleRange block, Slice<const Entry> entries, const Keeps& keeps) {
    first_sample_ = block.begin;
    ends_.assign(block.size() + 1, 0);
    Index n_kept = 0;
    for (const Entry& entry : entries) {
      const Index kept = keeps(entry) ? 1 : 0;
      ends_[entry.sample - first_sample_ + 1] += kept;
      n_kept += kept;
    }
    for (Index i = 0; i < block.size(); ++i) ends_[i + 1] += ends_[i];
    grouped_.resize(n_kept);
    // While filling, ends[i] is where the next entry of sample i goes; afterwards it is where sample i ends.
    for (const Entry& entry : entries)
      if (keeps(entry)) grouped_[ends_[entry.sample - first_sample_]++] = entry;
  }

  /// The entries of sample `i` of the block, which the caller may permute.
  [[nodiscard]] Slice<Entry> of(Index i) {
    const Index begin = i == 0 ? 0 : ends_[i - 1];
    return grouped_.slice().part(begin, ends_[i] - begin);
  }

 private:
  Index first_sample_ = 0;
  Buffer<Index> ends_;
  Buffer<Entry> grouped_;
};

}  // namespace parsae::inline PARSAE_ABI

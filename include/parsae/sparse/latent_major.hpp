// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/latent_entries.hpp>
#include <parsae/sparse/sparse_code.hpp>
#include <parsae/sparse/transposed_rows.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace parsae::inline PARSAE_ABI {

/// A sparse code and the gradient at its values, re-ordered latent by latent (a counting sort), ascending in sample
/// within a latent. All memory is kept for the next batch.
///
/// Counting and filling are apart, since how often each latent is used decides how the gradient is computed. Both are
/// cut into ranges of latents, whose tasks write apart from each other (a code of 10 million entries: 262 -> 75 ms on
/// two cores).
template <class Scalar>
class LatentMajor {
 public:
  /// \param d_values  one for each stored entry of `code`, in the code's order
  void build(const SparseCode<Scalar>& code, const Buffer<Scalar>& d_values, Index n_latents, Threads threads) {
    count(code, n_latents, threads);
    fill(code, d_values, threads);
  }

  /// The first half: from here on count_of and n_used are known.
  void count(const SparseCode<Scalar>& code, Index n_latents, Threads threads) {
    const Index batch = code.n_samples();
    cut(code, n_latents);
    starts_.reserve(divide_up(n_latents, smallest_range(n_latents)) * batch);
    starts_.resize(n_ranges_ * batch);
    offsets_.assign(n_latents + 1, 0);
    threads.for_each(n_ranges_, [&](Index range, int) {
      const Index end = (range + 1) * range_size_;
      for (Index i = 0; i < batch; ++i) {
        const LatentId* row = code.latents.data();
        const LatentId* last = row + code.offsets[i + 1];
        const LatentId* entry = std::lower_bound(row + code.begin_of(i), last, range * range_size_);
        starts_[range * batch + i] = entry - row;
        for (; entry != last && *entry < end; ++entry) ++offsets_[*entry + 1];
      }
    });
    n_used_ = 0;
    for (Index j = 0; j < n_latents; ++j) {
      n_used_ += offsets_[j + 1] > 0;
      offsets_[j + 1] += offsets_[j];
    }
  }

  /// The second half, for the code that was counted.
  void fill(const SparseCode<Scalar>& code, const Buffer<Scalar>& d_values, Threads threads) {
    const Index batch = code.n_samples();
    begin_fill(code, threads);

    // While filling, offsets[j] is where the next entry of latent j goes; afterwards it is where latent j + 1 begins.
    threads.for_each(n_ranges_, [&](Index range, int) {
      const Index last = std::min((range + 1) * range_size_, n_latents());
      for (Index strip = range * range_size_; strip < last; strip += strip_size_) {
        const Index end = std::min(strip + strip_size_, last);
        for (Index i = 0; i < batch; ++i) {
          Index e = starts_[range * batch + i];  // a copy: offsets are written between
          for (const Index row_end = code.offsets[i + 1]; e < row_end && code.latents[e] < end; ++e)
            place(code, d_values, e, static_cast<SampleId>(i), offsets_[code.latents[e]]++);
          starts_[range * batch + i] = e;
        }
      }
    });
    for (Index j = n_latents(); j > 0; --j) offsets_[j] = offsets_[j - 1];
    offsets_[0] = 0;
  }

  /// The same for a code that is not sparse, in square blocks of samples and latents that are transposed in registers.
  /// \param used  the UsedLatents of `code`
  template <class Used>
  void fill_in_blocks(const SparseCode<Scalar>& code, const Buffer<Scalar>& d_values, const Used& used,
                      Threads threads) {
    begin_fill(code, threads);
    const TransposedRows<Scalar, Used> rows{code, used, samples_.data()};
    threads.for_each(divide_up(used.n_panels(), panels_at_a_time), [&](Index task, int) {
      const Index last = std::min((task + 1) * panels_at_a_time, used.n_panels());
      for (Index panel = task * panels_at_a_time; panel < last; ++panel) {
        if (has_pre_acts_)
          rows.template move<3>(panel, offsets_, {code.values.data(), d_values.data(), code.pre_acts.data()},
                                {values_.data(), d_values_.data(), pre_acts_.data()});
        else
          rows.template move<2>(panel, offsets_, {code.values.data(), d_values.data()},
                                {values_.data(), d_values_.data()});
      }
    });
  }

  [[nodiscard]] Index n_latents() const { return offsets_.size() - 1; }
  [[nodiscard]] Index count_of(Index latent) const { return offsets_[latent + 1] - offsets_[latent]; }

  /// Latents with at least one entry.
  [[nodiscard]] Index n_used() const { return n_used_; }

  [[nodiscard]] LatentEntries<Scalar> entries(Index latent) const {
    const Index first = offsets_[latent];
    const Index count = count_of(latent);
    return {latent, samples_.slice().part(first, count), values_.slice().part(first, count),
            (has_pre_acts_ ? pre_acts_ : values_).slice().part(first, count)};
  }

  /// Entries of this latent and all after it; their samples follow those of entries(latent) in memory.
  [[nodiscard]] Index n_from(Index latent) const { return samples_.size() - offsets_[latent]; }

  /// dL/d value of the latent's entries, as the sampled product left it.
  [[nodiscard]] Slice<const Scalar> d_values(Index latent) const {
    return d_values_.slice().part(offsets_[latent], count_of(latent));
  }

 private:
  void begin_fill(const SparseCode<Scalar>& code, Threads threads) {
    samples_.resize(code.stored());
    values_.resize(code.stored());
    d_values_.resize(code.stored());
    has_pre_acts_ = !values_are_pre_acts(code, threads);
    if (has_pre_acts_) pre_acts_.resize(code.stored());
  }

  void place(const SparseCode<Scalar>& code, const Buffer<Scalar>& d_values, Index e, SampleId sample, Index at) {
    samples_[at] = sample;
    values_[at] = code.values[e];
    if (has_pre_acts_) pre_acts_[at] = code.pre_acts[e];
    d_values_[at] = d_values[e];
  }

  /// Without explicit zeros most activations pass pre-activations through: one array less to order.
  [[nodiscard]] bool values_are_pre_acts(const SparseCode<Scalar>& code, Threads threads) {
    constexpr Index block = 65536;
    const Index n_blocks = divide_up(code.stored(), block);
    differs_.assign(n_blocks, 0);
    threads.for_each(n_blocks, [&](Index task, int) {
      const auto n = static_cast<std::size_t>(std::min(block, code.stored() - task * block));
      differs_[task] =
          std::memcmp(code.values.data() + task * block, code.pre_acts.data() + task * block, n * sizeof(Scalar)) != 0;
    });
    return std::find(differs_.begin(), differs_.end(), std::uint8_t{1}) == differs_.end();
  }

  /// Some ranges for every thread where latents are few, too.
  [[nodiscard]] static Index smallest_range(Index n_latents) { return std::clamp<Index>(n_latents / 8, 64, 512); }

  /// A range of 512 latents fills few enough pages for the address translation to stay cached, and the next free places
  /// of a strip of 64, one in each array, stay in the first-level cache. Both are larger where samples have few
  /// entries, so that a visit to a sample finds some.
  void cut(const SparseCode<Scalar>& code, Index n_latents) {
    const Index latents_with_8 = 8 * n_latents * code.n_samples() / std::max(code.stored(), Index{1});
    range_size_ = std::clamp(latents_with_8, std::min(smallest_range(n_latents), n_latents), n_latents);
    strip_size_ = std::max(2 * latents_with_8, Index{64});
    n_ranges_ = range_size_ == 0 ? 0 : divide_up(n_latents, range_size_);
  }

  /// Panels of a task: the ends of a sample's row that two of them share are still in the cache.
  static constexpr Index panels_at_a_time = 4;

  Index range_size_ = 1;  ///< latents that one task counts and fills
  Index strip_size_ = 1;  ///< latents at a time, within a range
  Index n_ranges_ = 0;
  Index n_used_ = 0;
  Buffer<Index> starts_;  ///< n_samples x n_ranges; the first entry of a sample in a range
  Buffer<Index> offsets_ = Buffer<Index>(1);
  Buffer<SampleId> samples_;
  Buffer<Scalar> values_;
  bool has_pre_acts_ = false;
  Buffer<std::uint8_t> differs_;
  Buffer<Scalar> pre_acts_;  ///< unused where they are the values
  Buffer<Scalar> d_values_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/candidate.hpp>
#include <parsae/sparse/packed_row.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// Up to 32 consecutive latents of one sample, some of which passed the floors.
template <class Scalar>
struct SurvivorRow {
  const Scalar* pre_acts = nullptr;  ///< of latent first_latent + j at j
  std::uint32_t survivors = 0;       ///< bit j: that one passed
  LatentId first_latent = 0;
  SampleId sample = 0;
};

/// Entries of a code as one worker meets them, row by row of its register tiles. Where many entries of a row stay, a
/// row takes five bytes an entry in place of the twelve of a list of candidates, and it is written and read in half of
/// the time. Keeps its memory.
template <class Scalar>
class EntryRows {
 public:
  void clear() {
    rows_.clear();
    n_stored_ = 0;
  }

  [[nodiscard]] Index stored() const { return n_stored_; }

  /// All survivors stay.
  /// \param row  pre_acts of a whole row of a tile, PackedRow::width of them
  void append(const SurvivorRow<Scalar>& row) {
    if (row.survivors == 0) return;
    if (pre_acts_.size() < n_stored_ + 32) pre_acts_.resize(2 * n_stored_ + 4096);
    PackedRow<Scalar>::pack(row.pre_acts, row.survivors, pre_acts_.data() + n_stored_);
    rows_.push_back({row.sample, row.first_latent, row.survivors});
    n_stored_ += std::popcount(row.survivors);
  }

  /// \param keeps  keeps(latent, pre_act): whether a survivor stays
  template <class Keeps>
  void append(const SurvivorRow<Scalar>& row, const Keeps& keeps) {
    if (pre_acts_.size() < n_stored_ + 32) pre_acts_.resize(2 * n_stored_ + 4096);
    Scalar* to = pre_acts_.data() + n_stored_;
    std::uint32_t stored = 0;
    for (std::uint32_t bits = row.survivors; bits != 0; bits &= bits - 1) {
      const int j = std::countr_zero(bits);
      const Scalar pre_act = row.pre_acts[j];
      const std::uint32_t stays = keeps(row.first_latent + j, pre_act) ? 1 : 0;
      *to = pre_act;  // a store for each costs less than a branch that nobody can foresee
      to += stays;
      stored |= stays << j;
    }
    if (stored == 0) return;
    rows_.push_back({row.sample, row.first_latent, stored});
    n_stored_ = to - pre_acts_.data();
  }

  void push_back(const Candidate<Scalar>& entry) {
    append({&entry.pre_act, 1, entry.latent, entry.sample}, [](LatentId, Scalar) { return true; });
  }

  /// Writes the entries of all workers as the code of `batch` samples. All of a sample lie with one worker, ascending
  /// in latent; so every worker's can be written by a thread of its own.
  /// \param value_of  value_of(latent, pre_act): the value of an entry
  template <class ValueOf>
  static void write(Slice<EntryRows> workers, Index batch, const ValueOf& value_of, SparseCode<Scalar>& code) {
    const Threads threads(static_cast<int>(workers.size()));
    code.offsets.assign(batch + 1, 0);
    Index stored = 0;
    for (const EntryRows& worker : workers) stored += worker.n_stored_;
    threads.for_each(workers.size(), [&](Index w, int) {
      for (const Row& row : workers[w].rows_) code.offsets[row.sample + 1] += std::popcount(row.latents);
    });
    for (Index i = 0; i < batch; ++i) code.offsets[i + 1] += code.offsets[i];
    code.resize_entries(stored);

    // While filling, offsets[i] is where the next entry of sample i goes; afterwards it is where sample i + 1 begins.
    threads.for_each(workers.size(), [&](Index w, int) {
      if (workers[w].is_dense())
        workers[w].fill_in_vectors(code);
      else
        workers[w].fill(value_of, code);
    });
    for (Index i = batch; i > 0; --i) code.offsets[i] = code.offsets[i - 1];
    code.offsets[0] = 0;
    if (std::any_of(workers.begin(), workers.end(), [](const EntryRows& worker) { return worker.is_dense(); }))
      write_values(threads, value_of, code);
  }

 private:
  struct Row {
    SampleId sample = 0;
    LatentId first_latent = 0;
    std::uint32_t latents = 0;  ///< bit j: the entry of latent first_latent + j
  };

  /// Rows of many entries, which vectors move faster than a loop over bits.
  [[nodiscard]] bool is_dense() const { return n_stored_ > 0 && n_stored_ >= 6 * rows_.size(); }

  template <class ValueOf>
  void fill(const ValueOf& value_of, SparseCode<Scalar>& code) const {
    const Scalar* from = pre_acts_.data();
    for (const Row& row : rows_) {
      const Index at = code.offsets[row.sample];
      LatentId* latents = code.latents.data() + at;
      Scalar* pre_acts = code.pre_acts.data() + at;
      Scalar* values = code.values.data() + at;
      for (std::uint32_t bits = row.latents; bits != 0; bits &= bits - 1, ++from) {
        const LatentId latent = row.first_latent + std::countr_zero(bits);
        *latents++ = latent;
        *pre_acts++ = *from;
        *values++ = value_of(latent, *from);
      }
      code.offsets[row.sample] = latents - code.latents.data();
    }
  }

  /// The same without the values.
  void fill_in_vectors(SparseCode<Scalar>& code) const {
    const Scalar* from = pre_acts_.data();
    for (const Row& row : rows_) {
      const Index count = std::popcount(row.latents);
      Index& at = code.offsets[row.sample];
      PackedRow<Scalar>::ids(row.latents, row.first_latent, code.latents.data() + at);
      PackedRow<Scalar>::copy(from, count, code.pre_acts.data() + at);
      from += count;
      at += count;
    }
  }

  template <class ValueOf>
  static void write_values(Threads threads, const ValueOf& value_of, SparseCode<Scalar>& code) {
    constexpr Index block = 64;
    const Index batch = code.n_samples();
    threads.for_each(divide_up(batch, block), [&](Index task, int) {
      const Index last = code.offsets[std::min(batch, (task + 1) * block)];
      for (Index e = code.offsets[task * block]; e < last; ++e)
        code.values[e] = value_of(code.latents[e], code.pre_acts[e]);
    });
  }

  Buffer<Row> rows_;
  Buffer<Scalar> pre_acts_;  ///< the first n_stored_; appending must not cost more than the store
  Index n_stored_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI

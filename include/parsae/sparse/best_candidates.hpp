// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/candidate.hpp>
#include <parsae/sparse/kth_largest.hpp>

#include <algorithm>
#include <limits>

namespace parsae::inline PARSAE_ABI {

/// Separates the best `count` of many candidates from the rest, by the total order `wins` and without moving any:
/// bisection on the values, and an ordering of the candidates that tie at the threshold alone, which are few. All
/// values are > 0. Keeps its memory.
template <class Scalar>
class BestCandidates {
 public:
  using List = Slice<const Candidate<Scalar>>;

  void reserve(Index size) {
    values_.reserve(size);
    ties_.reserve(std::min(size, Index{1024}));
  }

  /// The candidates come next, in `n_lists` lists.
  /// \param list_at  list_at(l) is a Slice of candidates; they stay where they are until the last question
  template <class ListAt>
  void assign(Index n_lists, const ListAt& list_at) {
    size_ = 0;
    for (Index l = 0; l < n_lists; ++l) size_ += list_at(l).size();
    Index l = -1;
    Index next = 0;
    List list;
    values_.assign(size_, [&](Index) {
      while (next == list.size()) {
        list = list_at(++l);
        next = 0;
      }
      return list[next++].pre_act;
    });
  }

  [[nodiscard]] Index size() const { return size_; }

  /// A number that the best `count` candidates reach, and where no equals forbid it, no other does.
  /// \param count  1 <= count <= size()
  [[nodiscard]] Scalar threshold(Index count) const { return values_.threshold(count); }

  /// A place in the total order: keeps(bound, entry) holds for exactly `count` of the candidates, the best ones.
  /// \param n_lists, list_at  the candidates of the last assign
  template <class ListAt>
  [[nodiscard]] Candidate<Scalar> bound(Index count, Index n_lists, const ListAt& list_at) {
    const Scalar value = threshold(count);
    Index n_above = 0;
    ties_.clear();
    for (Index l = 0; l < n_lists; ++l)
      for (const Candidate<Scalar>& entry : list_at(l)) {
        n_above += entry.pre_act > value ? 1 : 0;
        if (entry.pre_act == value) ties_.push_back(entry);
      }
    if (n_above + ties_.size() == count)
      return {value, std::numeric_limits<LatentId>::max(), std::numeric_limits<SampleId>::max()};
    const auto last = ties_.begin() + (count - n_above - 1);
    std::nth_element(ties_.begin(), last, ties_.end(), wins<Scalar>);
    return *last;
  }

  [[nodiscard]] static bool keeps(const Candidate<Scalar>& bound, const Candidate<Scalar>& entry) {
    return !wins(bound, entry);
  }

  /// Moves what `bound` keeps to the front, in unchanged order. Returns how many.
  [[nodiscard]] static Index compact(const Candidate<Scalar>& bound, Slice<Candidate<Scalar>> list) {
    Index n_kept = 0;
    for (const Candidate<Scalar>& entry : list) {  // a store for each costs less than a branch that nobody can foresee
      list[n_kept] = entry;
      n_kept += keeps(bound, entry) ? 1 : 0;
    }
    return n_kept;
  }

 private:
  Index size_ = 0;
  KthLargest<Scalar> values_;
  Buffer<Candidate<Scalar>> ties_;
};

}  // namespace parsae::inline PARSAE_ABI

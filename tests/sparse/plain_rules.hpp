// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/selection.hpp>

#include <algorithm>
#include <vector>

namespace parsae::test {

/// Everything that passes fixed floors, and a log of what the filter did.
template <class Scalar>
struct PassedFloors {
  struct Worker {
    Buffer<Candidate<Scalar>> settled;
    Buffer<Index> sizes_when_full;
    Index most_kept = 0;
    int begun = 0;
    int ended = 0;
  };

  static constexpr bool raises_floors = false;

  Vector<Scalar> by_sample;  ///< of the whole batch
  Vector<Scalar> by_latent;
  Index buffer = 0;

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index) const { worker = {}; }
  [[nodiscard]] Index buffer_size(Index) const { return buffer; }

  void begin(Worker& worker, SampleRange block, Floors<Scalar> floors) const {
    ++worker.begun;
    for (Index i = 0; i < block.size(); ++i) floors.by_sample[i] = by_sample(block.begin + i);
    std::copy(by_latent.begin(), by_latent.end(), floors.by_latent.begin());
  }
  void tighten(Worker& worker, SampleRange, Floors<Scalar>, Buffer<Candidate<Scalar>>& kept) const {
    worker.sizes_when_full.push_back(kept.size());
    take(worker, kept);
    kept.clear();
  }
  void end(Worker& worker, SampleRange, Buffer<Candidate<Scalar>>& kept) const {
    ++worker.ended;
    take(worker, kept);
  }
  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const { write_code(workers, by_sample.size(), code); }

 private:
  static void take(Worker& worker, const Buffer<Candidate<Scalar>>& kept) {
    worker.most_kept = std::max(worker.most_kept, kept.size());
    worker.settled.append(kept.slice());
  }
};

/// The k largest of each sample whatever their sign, by a full sort; floors of samples rise to the least of k.
template <class Scalar>
struct LargestOfSample {
  struct Worker {
    Buffer<Candidate<Scalar>> settled;
    int tightened = 0;
  };

  static constexpr bool raises_floors = true;

  Index batch = 0;
  Index k = 1;
  Index buffer = 0;

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index) const { worker = {}; }
  [[nodiscard]] Index buffer_size(Index) const { return buffer; }
  void begin(Worker&, SampleRange, Floors<Scalar>) const {}
  void tighten(Worker& worker, SampleRange block, Floors<Scalar> floors, Buffer<Candidate<Scalar>>& kept) const {
    ++worker.tightened;
    cut(kept);
    for (Index e = k - 1; e < kept.size(); ++e)
      if (kept[e].sample == kept[e - k + 1].sample) floors.by_sample[kept[e].sample - block.begin] = kept[e].pre_act;
  }
  void end(Worker& worker, SampleRange, Buffer<Candidate<Scalar>>& kept) const {
    cut(kept);
    std::sort(kept.begin(), kept.end(), comes_before<Scalar>);
    worker.settled.append(kept.slice());
  }
  void finish(Slice<Worker> workers, SparseCode<Scalar>& code) const { write_code(workers, batch, code); }

 private:
  /// Sample by sample, the best first, at most k of each.
  void cut(Buffer<Candidate<Scalar>>& kept) const {
    std::sort(kept.begin(), kept.end(), [](const Candidate<Scalar>& a, const Candidate<Scalar>& b) {
      return a.sample != b.sample ? a.sample < b.sample : wins(a, b);
    });
    Index left = 0;
    for (Index e = 0; e < kept.size(); ++e)
      if (left < k || kept[left - k].sample != kept[e].sample) kept[left++] = kept[e];
    kept.resize(left);
  }
};

/// The code of LargestOfSample, from the whole matrix of pre-activations; those that are NaN are nobody's.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> largest_of_sample(const Matrix<Scalar>& pre_acts, Index k) {
  SparseCode<Scalar> code;
  for (Index i = 0; i < pre_acts.cols(); ++i) {
    std::vector<Candidate<Scalar>> all;
    for (Index j = 0; j < pre_acts.rows(); ++j)
      if (pre_acts(j, i) == pre_acts(j, i)) all.push_back({pre_acts(j, i), static_cast<LatentId>(j), 0});
    std::sort(all.begin(), all.end(), wins<Scalar>);
    all.resize(std::min(all.size(), static_cast<std::size_t>(k)));
    std::sort(all.begin(), all.end(), comes_before<Scalar>);
    for (const Candidate<Scalar>& entry : all) {
      code.latents.push_back(entry.latent);
      code.values.push_back(entry.pre_act);
      code.pre_acts.push_back(entry.pre_act);
    }
    code.offsets.push_back(code.stored());
  }
  return code;
}

}  // namespace parsae::test

// SPDX-License-Identifier: MIT
#include <parsae/sparse/selection.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <array>

using namespace parsae;

namespace {

/// The least that a rule must have.
struct Complete {
  using Worker = CandidateList<float>;
  [[nodiscard]] Worker worker() const { return {}; }
  [[nodiscard]] Index buffer_size(Index) const { return 1; }
  void begin(Worker&, SampleRange, Floors<float>) const {}
  void tighten(Worker&, SampleRange, Floors<float>, Buffer<Candidate<float>>&) const {}
  void end(Worker&, SampleRange, Buffer<Candidate<float>>&) const {}
  void finish(Slice<Worker>, SparseCode<float>&) const {}
};

/// A rule that changes while it runs cannot be shared by workers.
struct Changing : Complete {
  void end(Worker&, SampleRange, Buffer<Candidate<float>>&) {}
};

static_assert(SelectionFor<Complete, float>);
static_assert(!SelectionFor<Complete, double>);
static_assert(!SelectionFor<Changing, float>);

}  // namespace

TEST_CASE("the entries of one sample are sorted by latent, the others stay") {
  SparseCode<double> code;
  code.offsets = Buffer<Index>(4);
  code.resize_entries(8);
  code.offsets[1] = 2;
  code.offsets[2] = 7;
  code.offsets[3] = 8;
  const LatentId latents[] = {9, 1, 5, 3, 8, 0, 4, 2};
  for (Index e = 0; e < 8; ++e) {
    code.latents[e] = latents[e];
    code.pre_acts[e] = latents[e] + 0.5;
  }
  sort_by_latent(code, 1);
  const LatentId sorted[] = {9, 1, 0, 3, 4, 5, 8, 2};
  for (Index e = 0; e < 8; ++e) {
    CHECK(code.latents[e] == sorted[e]);
    CHECK(code.pre_acts[e] == sorted[e] + 0.5);
  }
}

TEST_CASE("candidates of several workers in any order become one code, and the workers are empty") {
  constexpr Index batch = 9;
  const Matrix<float> pre_acts = test::random_matrix<float>(12, batch, 1);
  SparseCode<float> code;
  for (const std::size_t n_workers : {std::size_t{1}, std::size_t{3}}) {
    std::array<CandidateList<float>, 3> workers;
    std::vector<Candidate<float>> all = test::positives_in_order(pre_acts, 0, batch);
    std::erase_if(all, [](const Candidate<float>& entry) { return entry.sample == 0 || entry.sample == 4; });
    for (std::size_t c = 0; c < all.size(); ++c) workers[c % n_workers].settled.push_back(all[c]);
    write_code(Slice<CandidateList<float>>(workers.data(), static_cast<Index>(n_workers)), batch, code);
    const SparseCode<float> expected = test::code_where<float>(
        pre_acts, [&](Index j, Index i) { return i != 0 && i != 4 && pre_acts(j, i) > 0; },
        [&](Index j, Index i) { return pre_acts(j, i); });
    CHECK(test::first_difference(code, expected) == "");
    CHECK(code.stored() == expected.stored());
    for (const CandidateList<float>& worker : workers) CHECK(worker.settled.empty());
  }
}

TEST_CASE("no candidates make a code of empty samples, and no samples an empty code") {
  CandidateList<float> worker;
  SparseCode<float> code;
  write_code(Slice<CandidateList<float>>(&worker, 1), 3, code);
  CHECK(code.n_samples() == 3);
  CHECK(code.stored() == 0);
  CHECK(code.count_of(2) == 0);
  write_code(Slice<CandidateList<float>>(&worker, 1), 0, code);
  CHECK(code.n_samples() == 0);
}

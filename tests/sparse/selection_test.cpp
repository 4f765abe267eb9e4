// SPDX-License-Identifier: MIT
#include <parsae/sparse/selection.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <algorithm>
#include <array>

namespace selection_test {

using namespace parsae;

namespace {

/// The least that a rule must have.
struct Complete {
  using Worker = CandidateList<float>;
  static constexpr bool raises_floors = false;
  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker&, Index) const {}
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

/// One that asks for another walk when its guess was bad.
struct Guessing : Complete {
  [[nodiscard]] bool confirm(Slice<Worker>) const { return true; }
};

/// One that takes survivors row by row.
struct InRows : Complete {
  void take(Worker&, const SurvivorRow<float>&) const {}
};
/// Rows are for rules with fixed floors only.
struct RisingInRows : InRows {
  static constexpr bool raises_floors = true;
};

static_assert(SelectionFor<Complete, float>);
static_assert(TakesRows<InRows, float> && !TakesRows<Complete, float> && !TakesRows<RisingInRows, float>);
static_assert(GuessesFloors<Guessing> && SelectionFor<Guessing, float>);
static_assert(!GuessesFloors<Complete>);
static_assert(!SelectionFor<Complete, double>);
static_assert(!SelectionFor<Changing, float>);

}  // namespace

TEST_CASE("candidates of several workers become one code") {
  constexpr Index batch = 9;
  const Matrix<float> pre_acts = test::random_matrix<float>(12, batch, 1);
  SparseCode<float> code;
  for (const std::size_t n_workers : {std::size_t{1}, std::size_t{3}}) {
    std::array<CandidateList<float>, 3> workers;
    std::vector<Candidate<float>> all = test::positives_in_order(pre_acts, 0, batch);
    std::erase_if(all, [](const Candidate<float>& entry) { return entry.sample == 0 || entry.sample == 4; });
    std::sort(all.begin(), all.end(), comes_before<float>);
    for (const Candidate<float>& entry : all)
      workers[(7 * static_cast<std::size_t>(entry.sample) + 1) % n_workers].settled.push_back(entry);
    write_code(Slice<CandidateList<float>>(workers.data(), static_cast<Index>(n_workers)), batch, code);
    const SparseCode<float> expected = test::code_where<float>(
        pre_acts, [&](Index j, Index i) { return i != 0 && i != 4 && pre_acts(j, i) > 0; },
        [&](Index j, Index i) { return pre_acts(j, i); });
    CHECK(test::first_difference(code, expected) == "");
    CHECK(code.stored() == expected.stored());
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

}  // namespace selection_test

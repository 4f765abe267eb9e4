// SPDX-License-Identifier: MIT
#include <parsae/sparse/best_candidates.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <vector>

namespace best_candidates_test {

using namespace parsae;

namespace {

template <class Scalar>
using Lists = std::vector<Buffer<Candidate<Scalar>>>;

/// The positive entries of a matrix in several lists, one of them empty, none in any order that matters.
template <class Scalar>
Lists<Scalar> scattered(const Matrix<Scalar>& pre_acts) {
  Lists<Scalar> lists(4);
  for (Index j = 0; j < pre_acts.rows(); ++j)
    for (Index i = pre_acts.cols() - 1; i >= 0; --i)
      if (pre_acts(j, i) > 0)
        lists[static_cast<std::size_t>((5 * j + i) % 3 + (i % 3 == 2 ? 1 : 0)) % 3].push_back(
            {pre_acts(j, i), static_cast<LatentId>(j), static_cast<SampleId>(i)});
  std::swap(lists[1], lists[3]);
  return lists;
}

template <class Scalar>
bool is_same(const Candidate<Scalar>& a, const Candidate<Scalar>& b) {
  return a.pre_act == b.pre_act && a.latent == b.latent && a.sample == b.sample;
}

}  // namespace

TEMPLATE_TEST_CASE("the bound keeps the best candidates, for every count, with ties and without", "", float, double) {
  BestCandidates<TestType> best;
  for (const bool with_ties : {false, true}) {
    const Matrix<TestType> pre_acts =
        with_ties ? test::rounded_matrix<TestType>(12, 11, 3) : test::random_matrix<TestType>(12, 11, 3);
    const std::vector<Candidate<TestType>> sorted = test::positives_in_order(pre_acts, 0, 11);
    const Lists<TestType> lists = scattered(pre_acts);
    const auto list_at = [&](Index l) { return lists[static_cast<std::size_t>(l)].slice(); };
    best.assign(4, list_at);
    REQUIRE(best.size() == static_cast<Index>(sorted.size()));
    for (Index count = 1; count <= best.size(); ++count) {
      const Candidate<TestType> bound = best.bound(count, 4, list_at);
      CAPTURE(with_ties, count);
      const auto last = static_cast<std::size_t>(count) - 1;
      CHECK(BestCandidates<TestType>::keeps(bound, sorted[last]));
      if (count < best.size()) CHECK_FALSE(BestCandidates<TestType>::keeps(bound, sorted[last + 1]));
      CHECK(best.threshold(count) <= sorted[last].pre_act);
    }
  }
}

TEST_CASE("what the bound keeps moves to the front in unchanged order") {
  const Matrix<float> pre_acts = test::rounded_matrix<float>(20, 9, 4);
  Lists<float> lists = scattered(pre_acts);
  const auto list_at = [&](Index l) {
    return Slice<const Candidate<float>>(lists[static_cast<std::size_t>(l)].slice());
  };
  BestCandidates<float> best;
  best.assign(4, list_at);
  const Candidate<float> bound = best.bound(40, 4, list_at);
  Index total = 0;
  for (Buffer<Candidate<float>>& list : lists) {
    std::vector<Candidate<float>> expected;
    for (const Candidate<float>& entry : list)
      if (!wins(bound, entry)) expected.push_back(entry);
    const Index n_kept = BestCandidates<float>::compact(bound, list.slice());
    REQUIRE(n_kept == static_cast<Index>(expected.size()));
    for (Index e = 0; e < n_kept; ++e) CHECK(is_same(list[e], expected[static_cast<std::size_t>(e)]));
    total += n_kept;
  }
  CHECK(total == 40);
}

TEST_CASE("candidates that all tie are told apart by their places") {
  Buffer<Candidate<float>> list;
  for (SampleId i = 0; i < 50; ++i)
    list.push_back({2, static_cast<LatentId>(3 * i % 7), static_cast<SampleId>(i * 7 % 50)});
  const auto list_at = [&](Index) { return Slice<const Candidate<float>>(list.slice()); };
  BestCandidates<float> best;
  best.reserve(10);  // more may come
  best.assign(1, list_at);
  for (Index count = 1; count <= 50; ++count)
    CHECK(best.bound(count, 1, list_at).sample >= static_cast<SampleId>(count - 1));
  const Index n_kept = BestCandidates<float>::compact(best.bound(20, 1, list_at), list.slice());
  REQUIRE(n_kept == 20);
  for (Index e = 0; e < 20; ++e) CHECK(list[e].sample < 20);
}

TEST_CASE("infinite candidates are candidates like others") {
  Buffer<Candidate<float>> list;
  list.push_back({std::numeric_limits<float>::infinity(), 4, 1});
  list.push_back({3, 1, 0});
  list.push_back({std::numeric_limits<float>::infinity(), 2, 0});
  const auto list_at = [&](Index) { return Slice<const Candidate<float>>(list.slice()); };
  BestCandidates<float> best;
  best.assign(1, list_at);
  CHECK(is_same(best.bound(1, 1, list_at), list[2]));
  CHECK(BestCandidates<float>::compact(best.bound(2, 1, list_at), list.slice()) == 2);
}

}  // namespace best_candidates_test

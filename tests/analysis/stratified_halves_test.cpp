// SPDX-License-Identifier: MIT
#include <parsae/analysis/stratified_halves.hpp>

#include <support/catch.hpp>

#include <cmath>

namespace stratified_halves_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Classes of 6, 5, 3 and 1 samples, mixed.
Buffer<Index> labels() {
  Buffer<Index> label;
  for (const Index c : {0, 1, 2, 0, 1, 3, 2, 0, 1, 0, 0, 1, 2, 1, 0}) label.push_back(c);
  return label;
}

Index count(const Buffer<Index>& half, const Buffer<Index>& label, Index c) {
  return std::count_if(half.begin(), half.end(), [&](Index i) { return label[i] == c; });
}

}  // namespace

TEST_CASE("every sample is in one half, in order, and classes are halved") {
  const Buffer<Index> label = labels();
  for (const Index repeat : {0, 1, 2, 3}) {
    const StratifiedHalves halves(label.slice(), 4, {.seed = 5, .repeat = repeat});
    Buffer<Index> all = halves.first;
    all.append(halves.second.slice());
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() == 15);
    for (Index i = 0; i < 15; ++i) CHECK(all[i] == i);
    CHECK(std::is_sorted(halves.first.begin(), halves.first.end()));
    CHECK(std::is_sorted(halves.second.begin(), halves.second.end()));
    CHECK(count(halves.first, label, 0) == 3);
    CHECK(count(halves.first, label, 1) == 3);  // odd classes by turns
    CHECK(count(halves.first, label, 2) == 1);
    CHECK(count(halves.first, label, 3) == 1);
  }
}

TEST_CASE("splits follow from seed and repeat alone, and each sample is as often in either half") {
  const Buffer<Index> label(40, 0);
  const StratifiedHalves one(label.slice(), 1, {.seed = 1});
  CHECK(one.first == StratifiedHalves(label.slice(), 1, {.seed = 1}).first);
  CHECK(!(one.first == StratifiedHalves(label.slice(), 1, {.seed = 2}).first));
  CHECK(!(one.first == StratifiedHalves(label.slice(), 1, {.seed = 1, .repeat = 1}).first));
  Buffer<Index> n_first(40, 0);
  constexpr Index n = 2000;
  for (Index repeat = 0; repeat < n; ++repeat)
    for (const Index i : StratifiedHalves(label.slice(), 1, {.repeat = repeat}).first) ++n_first[i];
  for (const Index often : n_first) CHECK(std::abs(static_cast<double>(often) - 1000) < 5 * std::sqrt(500.0));
}

TEST_CASE("no samples, and labels that are none") {
  CHECK(StratifiedHalves({}, 3).first.empty());
  const Buffer<Index> label = labels();
  CHECK_THROWS_WITH(StratifiedHalves(label.slice(), 3), ContainsSubstring("StratifiedHalves label"));
  CHECK_THROWS_WITH(StratifiedHalves(label.slice(), 0), ContainsSubstring("StratifiedHalves n_classes"));
  CHECK_THROWS_WITH(StratifiedHalves(label.slice(), 4, {.repeat = -1}), ContainsSubstring("StratifiedHalves repeat"));
}

}  // namespace stratified_halves_test

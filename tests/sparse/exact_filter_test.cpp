// SPDX-License-Identifier: MIT
#include <parsae/sparse/exact_filter.hpp>

#include <sparse/plain_rules.hpp>
#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <algorithm>
#include <limits>

namespace exact_filter_test {

using namespace parsae;
using test::first_difference;
using test::LargestOfSample;
using test::PassedFloors;

namespace {

/// Shows the pre-activations of `block` (n_latents x batch) to a filter, tile after tile, the last one incomplete.
template <class Scalar, class Rule>
void show(const Matrix<Scalar>& pre_acts, SampleRange block, const Rule& rule, typename Rule::Worker& worker,
          ExactFilter<Scalar, Rule>& filter) {
  constexpr Index row = PanelProduct<Scalar>::latents;
  constexpr Index tile_samples = PanelProduct<Scalar>::samples;
  Matrix<Scalar> tile(row, tile_samples);
  filter.begin(rule, worker, block, pre_acts.rows());
  for (Index at = 0; at < block.size(); at += tile_samples)
    for (Index first = 0; first < pre_acts.rows(); first += row) {
      const Index n_samples = std::min(tile_samples, block.size() - at);
      const Index n_latents = std::min(row, pre_acts.rows() - first);
      tile.setConstant(1000);  // missing samples and latents are not looked at, whatever stands there
      tile.topLeftCorner(n_latents, n_samples) = pre_acts.block(first, block.begin + at, n_latents, n_samples);
      filter.take(rule, worker, tile.data(), at, n_samples, first);
    }
  filter.end(rule, worker);
}

/// The code after blocks of `block` samples each.
template <class Scalar, class Rule>
SparseCode<Scalar> filtered(const Matrix<Scalar>& pre_acts, Index block, const Rule& rule,
                            typename Rule::Worker& worker) {
  ExactFilter<Scalar, Rule> filter;
  for (Index begin = 0; begin < pre_acts.cols(); begin += block)
    show(pre_acts, {begin, std::min(begin + block, pre_acts.cols())}, rule, worker, filter);
  SparseCode<Scalar> code;
  rule.finish({&worker, 1}, code);
  return code;
}

}  // namespace

TEMPLATE_TEST_CASE("a filter hands over what reaches the floors, once and in order", "", float, double) {
  constexpr Index row = PanelProduct<TestType>::latents;
  constexpr Index n_latents = 2 * row + 5;
  constexpr Index batch = 31;
  Matrix<TestType> pre_acts = test::rounded_matrix<TestType>(n_latents, batch, 1);
  pre_acts(3, 3) = std::numeric_limits<TestType>::quiet_NaN();
  pre_acts(row, 30) = std::numeric_limits<TestType>::infinity();
  PassedFloors<TestType> rule{test::rounded_matrix<TestType>(batch, 1, 2),
                              test::rounded_matrix<TestType>(n_latents, 1, 3)};
  rule.by_latent(7) = floor_never<TestType>;
  rule.by_sample(9) = floor_always<TestType>;
  const SparseCode<TestType> expected = test::code_where<TestType>(
      pre_acts,
      [&](Index j, Index i) { return pre_acts(j, i) >= rule.by_sample(i) && pre_acts(j, i) >= rule.by_latent(j); },
      [&](Index j, Index i) { return pre_acts(j, i); });
  REQUIRE(expected.stored() > batch);
  for (const Index buffer : {row, row + 1, 3 * row, Index{100000}})
    for (const Index block : {Index{1}, Index{7}, batch}) {
      rule.buffer = buffer;
      auto worker = rule.worker();
      CAPTURE(buffer, block);
      CHECK(first_difference(filtered(pre_acts, block, rule, worker), expected) == "");
      CHECK(worker.begun == divide_up(batch, block));
      CHECK(worker.ended == worker.begun);
      CHECK(worker.sizes_when_full.empty() == (buffer == 100000 || (buffer == 3 * row && block == 1)));
      for (const Index size : worker.sizes_when_full) CHECK((size <= buffer && size + row > buffer));
    }
}

TEMPLATE_TEST_CASE("a buffer never holds more than its size", "", float, double) {
  constexpr Index row = PanelProduct<TestType>::latents;
  Matrix<TestType> pre_acts = Matrix<TestType>::Constant(2 * row, 20, -1);
  pre_acts.bottomRows(row).setOnes();  // a row of survivors after one, two, three...
  for (Index i = 0; i < 20; ++i) pre_acts.col(i).head(i % row).setOnes();
  for (Index buffer = row; buffer < 2 * row; ++buffer) {
    const PassedFloors<TestType> rule{Vector<TestType>::Zero(20), Vector<TestType>::Zero(2 * row), buffer};
    auto worker = rule.worker();
    filtered(pre_acts, 1, rule, worker);
    CAPTURE(buffer);
    CHECK(worker.settled.size() == (pre_acts.array() > 0).count());
    CHECK(worker.most_kept <= buffer);
  }
}

TEMPLATE_TEST_CASE("a floor that rose counts from then on", "", float, double) {
  constexpr Index row = PanelProduct<TestType>::latents;
  const Matrix<TestType> pre_acts = test::rounded_matrix<TestType>(20 * row + 3, 8, 4);
  const LargestOfSample<TestType> rule{8, 3, 8 * 3 + row};
  auto worker = rule.worker();
  CHECK(first_difference(filtered(pre_acts, 8, rule, worker), test::largest_of_sample(pre_acts, 3)) == "");
  // Without rising floors every one of the 8 x 21 rows would fill the buffer again.
  CHECK(worker.tightened > 0);
  CHECK(worker.tightened < 8 * 21 / 2);
}

TEMPLATE_TEST_CASE("where nothing can survive nothing is looked at", "", float, double) {
  constexpr Index row = PanelProduct<TestType>::latents;
  PassedFloors<TestType> rule{Vector<TestType>::Constant(4, floor_never<TestType>),
                              Vector<TestType>::Constant(row, floor_always<TestType>), row};
  auto worker = rule.worker();
  ExactFilter<TestType, PassedFloors<TestType>> filter;
  filter.begin(rule, worker, {0, 4}, row);
  filter.take(rule, worker, nullptr, 0, 4, 0);
  filter.end(rule, worker);
  CHECK(worker.ended == 1);
  CHECK(worker.settled.empty());

  rule.by_sample.setConstant(floor_always<TestType>);  // the next block may be another matter
  const Matrix<TestType> ones = Matrix<TestType>::Ones(row, 4);
  show(ones, {0, 4}, rule, worker, filter);
  CHECK(worker.settled.size() == 4 * row);
}

TEMPLATE_TEST_CASE("floors from the first panels keep the k largest of every sample and little more", "", float,
                   double) {
  constexpr Index row = PanelProduct<TestType>::latents;
  constexpr Index tile_samples = PanelProduct<TestType>::samples;
  constexpr Index k = 4;
  constexpr Index n_panels = LaneMaxima<TestType>::panels;
  struct Rule : PassedFloors<TestType> {
    [[nodiscard]] Index most_per_sample() const { return k; }
  };
  const Matrix<TestType> pre_acts = test::random_matrix<TestType>(n_panels * row, tile_samples, 5);
  Rule rule;
  rule.by_sample = Vector<TestType>::Zero(tile_samples);
  rule.by_latent = Vector<TestType>::Constant(n_panels * row, floor_always<TestType>);
  rule.buffer = 100000;
  auto worker = rule.worker();
  Matrix<TestType> tiles(row, n_panels * tile_samples);
  for (Index panel = 0; panel < n_panels; ++panel)
    tiles.middleCols(panel * tile_samples, tile_samples) = pre_acts.middleRows(panel * row, row);

  ExactFilter<TestType, Rule> filter;
  filter.begin(rule, worker, {0, tile_samples}, n_panels * row);
  filter.see_first(tiles.data(), 0, tile_samples, n_panels);
  for (Index panel = 0; panel < n_panels; ++panel)
    filter.take(rule, worker, tiles.col(panel * tile_samples).data(), 0, tile_samples, panel * row);
  filter.end(rule, worker);
  SparseCode<TestType> kept;
  rule.finish({&worker, 1}, kept);

  const SparseCode<TestType> largest = test::largest_of_sample(pre_acts, k);
  for (Index i = 0; i < tile_samples; ++i) {
    CAPTURE(i);
    CHECK(kept.offsets[i + 1] - kept.offsets[i] <= 3 * k);
    for (Index e = largest.offsets[i]; e < largest.offsets[i + 1]; ++e)
      CHECK(std::count(kept.latents.begin() + kept.offsets[i], kept.latents.begin() + kept.offsets[i + 1],
                       largest.latents[e]) == 1);
  }
}

namespace {

/// Keeps survivors row by row, all but those below zero.
struct Rows {
  using Worker = EntryRows<float>;
  static constexpr bool raises_floors = false;
  Index batch = 0;

  [[nodiscard]] Index most_per_sample() const { return 0; }
  [[nodiscard]] Worker worker() const { return {}; }
  void reset(Worker& worker, Index) const { worker.clear(); }
  [[nodiscard]] Index buffer_size(Index) const { return PanelProduct<float>::latents; }
  void begin(Worker&, SampleRange, Floors<float> floors) const {
    std::fill(floors.by_sample.begin(), floors.by_sample.end(), -0.5F);
  }
  void tighten(Worker&, SampleRange, Floors<float>, Buffer<Candidate<float>>&) const { FAIL("it takes rows"); }
  void end(Worker&, SampleRange, Buffer<Candidate<float>>& kept) const { CHECK(kept.empty()); }
  void take(Worker& worker, const SurvivorRow<float>& row) const {
    worker.append(row, [](LatentId, float pre_act) {
      CHECK(pre_act >= -0.5F);
      return pre_act >= 0;
    });
  }
  void finish(Slice<Worker> workers, SparseCode<float>& code) const {
    Worker::write(
        workers, batch, [](LatentId, float pre_act) { return pre_act; }, code);
  }
};
static_assert(SelectionFor<Rows, float> && TakesRows<Rows, float>);

}  // namespace

TEST_CASE("a rule that takes rows gets the survivors, and no candidates") {
  constexpr Index row = PanelProduct<float>::latents;
  const Matrix<float> pre_acts = test::rounded_matrix<float>(2 * row + 5, 31, 1);
  const SparseCode<float> expected = test::code_where<float>(
      pre_acts, [&](Index j, Index i) { return pre_acts(j, i) >= 0; },
      [&](Index j, Index i) { return pre_acts(j, i); });
  for (const Index block : {7, 31}) {
    const Rows rule{31};
    Rows::Worker worker;
    CHECK(first_difference(filtered(pre_acts, block, rule, worker), expected) == "");
  }
}

}  // namespace exact_filter_test

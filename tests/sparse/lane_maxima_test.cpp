// SPDX-License-Identifier: MIT
#include <parsae/sparse/lane_maxima.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <vector>

namespace lane_maxima_test {

using namespace parsae;

namespace {

template <class Scalar>
struct Tiles {
  static constexpr Index row = PanelProduct<Scalar>::latents;
  static constexpr Index samples = PanelProduct<Scalar>::samples;

  Matrix<Scalar> pre_acts;  ///< n_latents x samples, whole panels
  Vector<Scalar> by_latent;

  explicit Tiles(Index n_panels)
      : pre_acts(test::random_matrix<Scalar>(n_panels * row, samples, 1)),
        by_latent(Vector<Scalar>::Constant(n_panels * row, floor_always<Scalar>)) {}

  [[nodiscard]] Index n_panels() const { return pre_acts.rows() / row; }

  [[nodiscard]] FloorArrays<Scalar> raised(Index k) const {
    FloorArrays<Scalar> floors;
    floors.resize(samples, pre_acts.rows());
    std::copy(by_latent.begin(), by_latent.end(), floors.floors().by_latent.begin());
    Matrix<Scalar> tiles(row, n_panels() * samples);
    for (Index panel = 0; panel < n_panels(); ++panel)
      tiles.middleCols(panel * samples, samples) = pre_acts.middleRows(panel * row, row);
    LaneMaxima<Scalar> maxima;
    maxima.begin(k);
    REQUIRE(maxima.is_used());
    maxima.raise(tiles.data(), n_panels(), 0, samples, floors);
    return floors;
  }

  /// The largest positive eligible entry of every lane, largest lane first.
  [[nodiscard]] std::vector<Scalar> lanes(Index k, Index sample) const {
    const Index n_lanes = divide_up(2 * k, row) * row;
    std::vector<Scalar> maxima(static_cast<std::size_t>(n_lanes), Scalar(0));
    for (Index j = 0; j < pre_acts.rows(); ++j) {
      const Scalar value = pre_acts(j, sample);
      Scalar& lane = maxima[static_cast<std::size_t>(j % n_lanes)];
      if (value >= by_latent(j) && value > lane) lane = value;
    }
    std::sort(maxima.begin(), maxima.end(), std::greater<Scalar>());
    return maxima;
  }

  [[nodiscard]] Index n_reaching(Scalar floor, Index sample) const {
    Index n = 0;
    for (Index j = 0; j < pre_acts.rows(); ++j)
      n += pre_acts(j, sample) >= floor && pre_acts(j, sample) >= by_latent(j);
    return n;
  }

  void check(Index k) const {
    FloorArrays<Scalar> floors = raised(k);
    for (Index i = 0; i < samples; ++i) {
      CAPTURE(k, i);
      const Scalar floor = floors.floors().by_sample[i];
      const std::vector<Scalar> maxima = lanes(k, i);
      const Scalar kth = maxima[static_cast<std::size_t>(k - 1)];
      CHECK(floor <= kth);
      CHECK(floor >= maxima[static_cast<std::size_t>(k)]);
      if (kth > 0) CHECK(n_reaching(floor, i) >= k);
    }
  }
};

/// Lanes of narrow registers are few: a large k has no use for them there.
template <class Scalar>
bool can_use(Index k) {
  LaneMaxima<Scalar> maxima;
  maxima.begin(k);
  return maxima.is_used();
}

}  // namespace

TEMPLATE_TEST_CASE("the floor lies between the k-th and the next maximum of a lane, and k entries reach it", "", float,
                   double) {
  for (const Index n_panels : {1, 3, 16})
    for (const Index k : {1, 2, 8, 13, 16, 31, 64})
      if (can_use<TestType>(k)) Tiles<TestType>(n_panels).check(k);
}

TEMPLATE_TEST_CASE("what is no number or not eligible counts for nothing", "", float, double) {
  Tiles<TestType> tiles(6);
  const Index n_latents = tiles.pre_acts.rows();
  for (Index j = 0; j < n_latents; ++j) {
    if (j % 3 == 0) tiles.by_latent(j) = floor_never<TestType>;
    if (j % 3 == 1) tiles.by_latent(j) = TestType(0.5);
    tiles.pre_acts(j, j % Tiles<TestType>::samples) = std::numeric_limits<TestType>::quiet_NaN();
  }
  tiles.pre_acts(1, 0) = tiles.pre_acts(2, 0) = std::numeric_limits<TestType>::infinity();
  tiles.pre_acts(1, 1) = -std::numeric_limits<TestType>::infinity();
  for (const Index k : {1, 2, 3, 7}) tiles.check(k);
}

TEMPLATE_TEST_CASE("with fewer than k positive entries the floor is zero, and it never falls", "", float, double) {
  Tiles<TestType> tiles(2);
  tiles.pre_acts.setConstant(-1);
  tiles.pre_acts.topRows(4).setOnes();
  CHECK(tiles.raised(5).floors().by_sample[0] == 0);
  CHECK(tiles.raised(4).floors().by_sample[0] > 0);

  FloorArrays<TestType> floors;
  floors.resize(1, 10);
  floors.raise(0, TestType(2));
  floors.raise(0, TestType(1));
  CHECK(floors.floors().by_sample[0] == 2);
}

TEMPLATE_TEST_CASE("up to sixteen are served on every machine", "", float, double) {
  for (const Index k : {1, 2, 8, 13, 16}) CHECK(can_use<TestType>(k));
}

TEST_CASE("no promise, no floor; and none where k is so large that lanes hold little more than an entry") {
  LaneMaxima<float> maxima;
  maxima.begin(0);
  CHECK(!maxima.is_used());
  maxima.begin(LaneMaxima<float>::panels * LaneMaxima<float>::row);
  CHECK(!maxima.is_used());
}

}  // namespace lane_maxima_test

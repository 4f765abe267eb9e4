// SPDX-License-Identifier: MIT
#include <parsae/sparse/floor_arrays.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>
#include <vector>

namespace floor_arrays_test {

using namespace parsae;

namespace {

template <class Scalar>
constexpr Scalar infinity = std::numeric_limits<Scalar>::infinity();
template <class Scalar>
constexpr Scalar nan_of = std::numeric_limits<Scalar>::quiet_NaN();

/// Every special value and a few that are equal to each other.
template <class Scalar>
Scalar pick(std::uint64_t counter) {
  const Random draws(77);
  constexpr Scalar values[] = {-infinity<Scalar>, -1, -Scalar(0), 0, Scalar(0.5), 1, infinity<Scalar>, nan_of<Scalar>};
  return values[draws.below(8, counter)];
}

/// `n_samples x n_latents` floors without NaN.
template <class Scalar>
FloorArrays<Scalar> random_floors(Index n_samples, Index n_latents, std::uint64_t stream) {
  FloorArrays<Scalar> arrays;
  arrays.resize(n_samples, n_latents);
  std::uint64_t counter = stream * 1000;
  const Floors<Scalar> floors = arrays.floors();
  for (Slice<Scalar> side : {floors.by_sample, floors.by_latent})
    for (Scalar& floor : side) {
      do floor = pick<Scalar>(counter++);
      while (floor != floor);
    }
  return arrays;
}

}  // namespace

TEMPLATE_TEST_CASE("an entry reaches its floors or it is below one of them", "", float, double) {
  constexpr Index row = FloorArrays<TestType>::row;
  constexpr Index n_samples = 5;
  for (const Index n_latents : {Index{1}, row - 1, row, 2 * row + 3}) {
    FloorArrays<TestType> arrays = random_floors<TestType>(n_samples, n_latents, 1);
    const Floors<TestType> floors = arrays.floors();
    Index wrong = 0;
    std::uint64_t counter = 50000;
    std::vector<TestType> values(static_cast<std::size_t>(row));
    for (int trial = 0; trial < 20; ++trial)
      for (Index sample = 0; sample < n_samples; ++sample)
        for (Index first = 0; first < n_latents; first += row) {
          for (TestType& value : values) value = pick<TestType>(counter++);
          const std::uint32_t reached = arrays.reached(values.data(), sample, first);
          const std::uint32_t not_below = arrays.not_below(values.data(), sample, first);
          for (Index j = 0; j < std::min(row, n_latents - first); ++j) {
            const TestType value = values[static_cast<std::size_t>(j)];
            const TestType by_sample = floors.by_sample[sample];
            const TestType by_latent = floors.by_latent[first + j];
            wrong += (reached >> j & 1U) != (value >= by_sample && value >= by_latent ? 1U : 0U);
            wrong += (not_below >> j & 1U) != (value < by_sample || value < by_latent ? 0U : 1U);
            wrong += arrays.of(sample, first + j) != std::max(by_sample, by_latent);
          }
        }
    CAPTURE(n_latents);
    CHECK(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("lanes beyond the last latent never survive", "", float, double) {
  constexpr Index row = FloorArrays<TestType>::row;
  for (const Index n_latents : {Index{1}, row - 1, row + 1, 2 * row - 3}) {
    FloorArrays<TestType> arrays;
    arrays.resize(2, n_latents);
    const Index first = n_latents / row * row;
    const std::uint32_t latents = (std::uint32_t{1} << (n_latents - first)) - 1;
    for (const TestType value : {TestType(0), std::numeric_limits<TestType>::max(), nan_of<TestType>}) {
      const std::vector<TestType> values(static_cast<std::size_t>(row), value);
      CAPTURE(n_latents, value);
      CHECK(arrays.not_below(values.data(), 1, first) == latents);
      CHECK(arrays.reached(values.data(), 1, first) == (value == value ? latents : 0U));
    }
  }
}

TEMPLATE_TEST_CASE("new floors exclude nothing, whatever was there before", "", float, double) {
  constexpr Index row = FloorArrays<TestType>::row;
  FloorArrays<TestType> arrays = random_floors<TestType>(9, 3 * row, 2);
  arrays.resize(4, row + 2);
  const Floors<TestType> floors = arrays.floors();
  REQUIRE(floors.by_sample.size() == 4);
  REQUIRE(floors.by_latent.size() == row + 2);
  for (const TestType floor : floors.by_sample) CHECK(floor == floor_always<TestType>);
  for (const TestType floor : floors.by_latent) CHECK(floor == floor_always<TestType>);
  CHECK(!arrays.exclude_all());
}

TEMPLATE_TEST_CASE("everything is excluded when all samples or all latents are", "", float, double) {
  FloorArrays<TestType> arrays;
  arrays.resize(3, 5);
  const Floors<TestType> floors = arrays.floors();
  std::fill(floors.by_sample.begin(), floors.by_sample.end(), floor_never<TestType>);
  CHECK(arrays.exclude_all());
  floors.by_sample[2] = std::numeric_limits<TestType>::max();
  CHECK(!arrays.exclude_all());
  std::fill(floors.by_latent.begin(), floors.by_latent.end(), floor_never<TestType>);
  CHECK(arrays.exclude_all());
  floors.by_latent[0] = 0;
  CHECK(!arrays.exclude_all());
  arrays.resize(3, 0);
  CHECK(arrays.exclude_all());
  arrays.resize(0, 5);
  CHECK(arrays.exclude_all());
}

TEMPLATE_TEST_CASE("raised floors are the higher ones of both", "", float, double) {
  FloorArrays<TestType> low = random_floors<TestType>(6, 40, 3);
  FloorArrays<TestType> before = low;
  FloorArrays<TestType> other = random_floors<TestType>(6, 40, 4);
  low.raise_to(other);
  for (Index i = 0; i < 6; ++i)
    CHECK(low.floors().by_sample[i] == std::max(before.floors().by_sample[i], other.floors().by_sample[i]));
  for (Index j = 0; j < 40; ++j)
    CHECK(low.floors().by_latent[j] == std::max(before.floors().by_latent[j], other.floors().by_latent[j]));
}

}  // namespace floor_arrays_test

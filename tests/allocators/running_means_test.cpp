// SPDX-License-Identifier: MIT
#include <parsae/allocators/running_means.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>

namespace running_means_test {

using namespace parsae;
using test::close_to;

TEST_CASE("a running mean is the weighted mean of what it saw, each number with its age's weight") {
  RunningMeans<double> means(2);
  CHECK(means.size() == 2);
  CHECK_FALSE(means.has_mean(0));
  means.observe(0, 3, 0.75);
  CHECK_THAT(means.mean(0), close_to(3, 1e-15));
  means.observe(0, 7, 0.75);
  means.observe(0, 2, 0.75);
  CHECK_THAT(means.mean(0), close_to((0.5625 * 3 + 0.75 * 7 + 2) / (0.5625 + 0.75 + 1), 1e-15));
  CHECK_FALSE(means.has_mean(1));  // a stream of its own
  means.observe(1, 5, 0);
  means.observe(1, 4, 0);
  CHECK(means.mean(1) == 4);
}

TEST_CASE("a mean that is set is that number exactly, and goes on from there") {
  RunningMeans<float> means(1);
  means.observe(0, 9, 0.9);
  means.set(0, 0.3f);
  CHECK(means.mean(0) == 0.3f);
  means.observe(0, 1.3f, 0.75);
  CHECK_THAT(static_cast<double>(means.mean(0)), close_to((0.75 * 0.3 + 0.25 * 1.3) / 1, 1e-6));
}

TEST_CASE("sums and weights are one array, which restores the means") {
  RunningMeans<float> means(3);
  means.observe(2, 0.7f, 0.9);
  const ParameterArray<float> array = means.array("threshold", Axis::Latent);
  CHECK(array.name == "threshold");
  CHECK(array.role == Role::Statistic);
  CHECK(array.axis == Axis::Latent);
  CHECK(array.rows == 2);
  REQUIRE(array.values.size() == 6);
  RunningMeans<float> other(3);
  std::copy(array.values.begin(), array.values.end(), other.array("threshold", Axis::Latent).values.begin());
  CHECK(other.mean(2) == means.mean(2));
  CHECK_FALSE(other.has_mean(1));

  RunningMeans<float> shared(1);
  CHECK(shared.array("threshold", Axis::Shared).rows == 2);
  CHECK(shared.least() == 0);
  shared.array("threshold", Axis::Shared).values[1] = -2;
  CHECK(shared.least() == -2);
  CHECK(RunningMeans<float>().least() == 0);
}

}  // namespace running_means_test

// SPDX-License-Identifier: MIT
#include <parsae/optim/schedule.hpp>

#include <support/close_to.hpp>

#include <limits>
#include <sstream>
#include <string_view>

namespace schedule_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using test::close_to;

TEST_CASE("A schedule without settings is 1 everywhere", "[schedule]") {
  const Schedule schedule;
  for (const Index step : {0, 1, 50, 99, 100, 1000}) CHECK(schedule.factor(step, 100) == 1);
}

TEST_CASE("A linear warm-up rises by equal steps and never wastes one at 0", "[schedule]") {
  const Schedule schedule{.warmup_steps = 10};
  CHECK_THAT(schedule.factor(0, 100), close_to(0.1, 1e-15));
  CHECK_THAT(schedule.factor(4, 100), close_to(0.5, 1e-15));
  CHECK_THAT(schedule.factor(8, 100), close_to(0.9, 1e-15));
  CHECK(schedule.factor(9, 100) == 1);
  CHECK(schedule.factor(10, 100) == 1);

  const Schedule from_half{.warmup_steps = 4, .warmup_start = 0.5};
  CHECK_THAT(from_half.factor(0, 100), close_to(0.625, 1e-15));
  CHECK_THAT(from_half.factor(1, 100), close_to(0.75, 1e-15));
}

TEST_CASE("A cosine warm-up follows half a cosine", "[schedule]") {
  const Schedule schedule{.warmup_steps = 10, .warmup_start = 0.1, .warmup_shape = Schedule::Shape::Cosine};
  CHECK_THAT(schedule.factor(4, 100), close_to(0.55, 1e-15));  // half way
  CHECK_THAT(schedule.factor(0, 100), close_to(0.1 + 0.9 * (1 - std::cos(std::numbers::pi / 10)) / 2, 1e-15));
  CHECK(schedule.factor(0, 100) < 0.13);  // slower than the line at first
  CHECK_THAT(schedule.factor(9, 100), close_to(1, 1e-15));
}

TEST_CASE("A decay falls over the last part of the run only", "[schedule]") {
  const Schedule linear{.decay_fraction = 0.2};
  CHECK(linear.factor(79, 100) == 1);
  CHECK(linear.factor(80, 100) == 1);
  CHECK_THAT(linear.factor(90, 100), close_to(0.5, 1e-15));
  CHECK_THAT(linear.factor(99, 100), close_to(0.05, 1e-14));
  CHECK(linear.factor(100, 100) == 0);
  CHECK(linear.factor(500, 100) == 0);

  const Schedule cosine{.decay_fraction = 1, .decay_end = 0.2, .decay_shape = Schedule::Shape::Cosine};
  CHECK(cosine.factor(0, 100) == 1);
  CHECK_THAT(cosine.factor(50, 100), close_to(0.6, 1e-15));
  CHECK_THAT(cosine.factor(25, 100), close_to(1 - 0.8 * (1 - std::cos(std::numbers::pi / 4)) / 2, 1e-15));
  CHECK_THAT(cosine.factor(100, 100), close_to(0.2, 1e-15));
}

TEST_CASE("Warm-up and decay multiply where they overlap", "[schedule]") {
  const Schedule schedule{.warmup_steps = 100, .decay_fraction = 0.5};
  CHECK_THAT(schedule.factor(74, 100), close_to(0.75 * (1 - 24.0 / 50), 1e-14));
}

TEST_CASE("A schedule says which of its settings is wrong", "[schedule]") {
  CHECK_THROWS_WITH(Schedule{.warmup_steps = -1}.check("rate"), ContainsSubstring("rate warmup_steps"));
  CHECK_THROWS_WITH(Schedule{.warmup_start = -1}.check("rate"), ContainsSubstring("rate warmup_start"));
  CHECK_THROWS_WITH(Schedule{.decay_fraction = 1.5}.check("rate"), ContainsSubstring("rate decay_fraction"));
  CHECK_THROWS_WITH(Schedule{.decay_end = std::numeric_limits<double>::quiet_NaN()}.check("rate"),
                    ContainsSubstring("rate decay_end"));
  CHECK_NOTHROW(Schedule{.warmup_steps = 3, .warmup_start = 2, .decay_fraction = 1, .decay_end = 3}.check("rate"));
}

TEST_CASE("A schedule names its settings, and says whether the length of the run matters", "[schedule]") {
  const Schedule schedule{
      .warmup_steps = 3, .warmup_start = 0.5, .decay_fraction = 0.25, .decay_shape = Schedule::Shape::Cosine};
  std::ostringstream text;
  schedule.visit_settings([&](std::string_view name, const auto& value) { text << name << '=' << value << ' '; });
  CHECK(text.str() ==
        "warmup_steps=3 warmup_start=0.5 warmup_shape=linear decay_fraction=0.25 decay_end=0 decay_shape=cosine ");
  CHECK(schedule.decays());
  CHECK_FALSE(Schedule{.warmup_steps = 3}.decays());
}

}  // namespace schedule_test

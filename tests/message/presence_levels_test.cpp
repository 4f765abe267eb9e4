// SPDX-License-Identifier: MIT
#include <parsae/analysis/description_length.hpp>
#include <parsae/message/presence_levels.hpp>

#include <support/close_to.hpp>

#include <cmath>
#include <numbers>

namespace presence_levels_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

TEST_CASE("levels rise from never to always, as documented") {
  for (const int bits : {2, 5, 12, 16}) {
    const PresenceLevels levels(bits);
    const double k = std::ldexp(1, bits);
    CHECK(levels.probability(0) == 0);
    CHECK(levels.probability(levels.always()) == 1);
    CHECK(levels.probability(levels.always() / 2) == 0.5);
    bool rises = true;
    double most_off = 0;
    for (std::uint32_t level = 0; level <= levels.always(); ++level) {
      const double x = level / k;
      const double expected = x <= 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x);
      most_off = std::max(most_off, std::abs(levels.probability(level) - expected));
      if (level > 0) rises = rises && levels.probability(level) > levels.probability(level - 1);
    }
    CHECK(rises);
    CHECK(most_off < 1e-15);
  }
}

TEST_CASE("the nearest level is near, and never and always are for counts that say so") {
  for (const int bits : {2, 6, 12, 16}) {
    const PresenceLevels levels(bits);
    for (const std::int64_t samples : {std::int64_t{1}, std::int64_t{7}, std::int64_t{1000}, std::int64_t{1} << 40}) {
      CHECK(levels.nearest(0, samples) == 0);
      CHECK(levels.nearest(samples, samples) == levels.always());
      for (const std::int64_t active : {std::int64_t{1}, samples / 10, samples / 2, samples - 1}) {
        if (active <= 0 || active >= samples) continue;
        const std::uint32_t level = levels.nearest(active, samples);
        CHECK(level > 0);
        CHECK(level < levels.always());
        // Half a step beside the level, in the variable in which steps are equal.
        const auto place = [](double p) { return p <= 0.5 ? std::sqrt(p / 2) : 1 - std::sqrt((1 - p) / 2); };
        const double share = static_cast<double>(active) / static_cast<double>(samples);
        const double off = std::abs(place(share) - place(levels.probability(level))) * std::ldexp(1, bits);
        CHECK((off < 0.5 + 1e-6 || level == 1 || level + 1 == levels.always()));
      }
    }
  }
  CHECK(PresenceLevels(8).nearest(0, 0) == 0);
}

TEST_CASE("rounding costs what is documented, about the same for every probability") {
  const PresenceLevels levels(8);
  double total = 0;
  constexpr int n = 2000;
  for (int i = 1; i < n; ++i) {  // shares spread evenly in the variable in which steps are equal
    const double x = 0.02 + 0.96 * i / n;
    const double p = x <= 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x);
    const double q = levels.probability(levels.nearest(std::llround(p * 1e12), 1'000'000'000'000));
    const double cost = p * std::log2(p / q) + (1 - p) * std::log2((1 - p) / (1 - q));
    CHECK(cost < 3.2 / (256.0 * 256.0));
    total += cost;
  }
  const double rare = std::numbers::log2e / (3 * 256.0 * 256.0);
  CHECK(total / n > rare);
  CHECK(total / n < 2 * rare);
  CHECK_THROWS_WITH(PresenceLevels(1), ContainsSubstring("PresenceLevels bits"));
  CHECK_THROWS_WITH(PresenceLevels(17), ContainsSubstring("PresenceLevels bits"));
}

}  // namespace presence_levels_test

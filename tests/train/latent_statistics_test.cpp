// SPDX-License-Identifier: MIT
#include <parsae/train/latent_statistics.hpp>

#include <support/close_to.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace latent_statistics_test {

using namespace parsae;

namespace {

void observe(LatentStatistics& statistics, std::initializer_list<std::int32_t> active, Index batch) {
  statistics.observe(Slice<const std::int32_t>(active.begin(), static_cast<Index>(active.size())), batch);
}

}  // namespace

TEST_CASE("LatentStatistics counts silence in samples, whatever the batch size", "[latent_statistics]") {
  LatentStatistics statistics(3, 100);
  CHECK(statistics.n_dead() == 0);
  observe(statistics, {1, 0, 0}, 60);
  CHECK(statistics.samples_since_active()[0] == 0);
  CHECK(statistics.samples_since_active()[1] == 60);
  CHECK(statistics.n_dead() == 0);
  observe(statistics, {0, 5, 0}, 39);
  CHECK(statistics.samples_since_active()[0] == 39);
  CHECK(statistics.samples_since_active()[1] == 0);
  CHECK(statistics.samples_since_active()[2] == 99);
  CHECK(statistics.n_dead() == 0);
  observe(statistics, {0, 0, 0}, 1);
  CHECK(statistics.n_dead() == 1);
  CHECK(statistics.history().n_dead == 1);
  CHECK(statistics.history().dead[0] == 0);
  CHECK(statistics.history().dead[1] == 0);
  CHECK(statistics.history().dead[2] == 1);
}

TEST_CASE("LatentStatistics brings a latent back to life by one activity", "[latent_statistics]") {
  LatentStatistics statistics(2, 10);
  observe(statistics, {0, 0}, 50);
  CHECK(statistics.n_dead() == 2);
  observe(statistics, {0, 1}, 50);
  CHECK(statistics.n_dead() == 1);
  CHECK(statistics.history().dead[0] == 1);
  CHECK(statistics.history().dead[1] == 0);
  CHECK(statistics.samples_since_active()[0] == 100);
}

TEST_CASE("LatentStatistics counts beyond 32 bits", "[latent_statistics]") {
  LatentStatistics statistics(1, Index{5'000'000'000});
  observe(statistics, {0}, 2'000'000'000);
  observe(statistics, {0}, 2'000'000'000);
  CHECK(statistics.n_dead() == 0);
  observe(statistics, {0}, 2'000'000'000);
  CHECK(statistics.samples_since_active()[0] == 6'000'000'000);
  CHECK(statistics.n_dead() == 1);
}

TEST_CASE("The running density is the average of firing rates with weights that fall by 1 / e a window",
          "[latent_statistics]") {
  LatentStatistics statistics(2, 1000, 100);
  struct Step {
    std::int32_t first;
    std::int32_t second;
    Index batch;
  };
  const std::vector<Step> steps{{3, 0, 10}, {20, 7, 40}, {0, 1, 1}, {50, 0, 100}, {0, 0, 30}};
  for (std::size_t done = 1; done <= steps.size(); ++done) {
    const Step& last = steps[done - 1];
    observe(statistics, {last.first, last.second}, last.batch);
    double weights = 0;
    double first = 0;
    double second = 0;
    double age = 0;  // samples since the batch
    for (std::size_t s = done; s-- > 0;) {
      const auto batch = static_cast<double>(steps[s].batch);
      const double weight = std::exp(-age / 100) * (1 - std::exp(-batch / 100));
      weights += weight;
      first += weight * steps[s].first / batch;
      second += weight * steps[s].second / batch;
      age += batch;
    }
    CHECK_THAT(statistics.density()[0], test::close_to(first / weights, 1e-14));
    CHECK_THAT(statistics.density()[1], test::close_to(second / weights, 1e-14));
  }
}

TEST_CASE("The running density means the same at every batch size", "[latent_statistics]") {
  LatentStatistics large(1, 1000, 500);
  LatentStatistics small(1, 1000, 500);
  for (int step = 0; step < 30; ++step) {
    const std::int32_t rate = step % 7;
    observe(large, {20 * rate}, 200);
    for (int part = 0; part < 20; ++part) observe(small, {rate}, 10);
  }
  CHECK_THAT(small.density()[0], test::close_to(large.density()[0], 1e-12));
  CHECK(large.density()[0] > 0.1);
}

TEST_CASE("Densities and ranks are told from the first full window on", "[latent_statistics]") {
  LatentStatistics statistics(5, 1000, 100);
  observe(statistics, {5, 0, 9, 5, 2}, 60);
  CHECK(statistics.history().density.empty());
  CHECK(statistics.history().rank.empty());
  observe(statistics, {5, 0, 9, 5, 2}, 40);
  const LatentHistory history = statistics.history();
  REQUIRE(history.density.size() == 5);
  CHECK(history.density[2] == statistics.density()[2]);
  const std::vector<LatentId> expected{1, 4, 0, 2, 3};  // ties: the lower latent first
  CHECK(std::equal(expected.begin(), expected.end(), history.rank.begin(), history.rank.end()));
}

TEST_CASE("Ranks are renewed every 100 steps, and densities at each", "[latent_statistics]") {
  LatentStatistics statistics(2, 1000, 10);
  observe(statistics, {1, 0}, 10);
  const auto first_rank = [&] { return statistics.history().rank[0]; };
  CHECK(first_rank() == 0);
  for (Index step = 1; step < LatentStatistics::steps_between_rankings; ++step) observe(statistics, {0, 10}, 10);
  CHECK(statistics.density()[0] < statistics.density()[1]);
  CHECK(first_rank() == 0);
  observe(statistics, {0, 10}, 10);
  CHECK(first_rank() == 1);
}

TEST_CASE("LatentStatistics that are visited and copied go on with the same bits", "[latent_statistics]") {
  LatentStatistics statistics(3, 100, 50);
  observe(statistics, {1, 0, 7}, 60);
  observe(statistics, {0, 0, 3}, 40);
  std::vector<double> kept;
  statistics.visit_state([&](std::string_view, auto values) {
    for (const auto value : values) kept.push_back(static_cast<double>(value));
  });
  LatentStatistics copy(3, 100, 50);
  std::size_t at = 0;
  copy.visit_state([&](std::string_view, auto values) {
    for (auto& value : values) value = static_cast<std::remove_cvref_t<decltype(value)>>(kept[at++]);
  });
  REQUIRE(at == kept.size());
  CHECK_NOTHROW(copy.check());
  CHECK(copy.n_dead() == 1);
  for (int batch = 0; batch < 250; ++batch) {
    observe(statistics, {1, batch % 2, 3}, 20);
    observe(copy, {1, batch % 2, 3}, 20);
  }
  CHECK(copy.density() == statistics.density());
  CHECK(copy.samples_since_active() == statistics.samples_since_active());
  for (Index j = 0; j < 3; ++j) CHECK(copy.history().rank[j] == statistics.history().rank[j]);
}

TEST_CASE("Values are averaged with the weights of the densities, and remembered", "[latent_statistics]") {
  LatentStatistics statistics(2, 1000, 100, LatentStatistics::Measures::DensitiesAndValues);
  CHECK(statistics.moments().samples == 0);
  const auto observe_values = [](LatentStatistics& to, std::int32_t active, double sum, double squares, Index batch) {
    const std::vector<std::int32_t> counts{0, active};
    const std::vector<double> sums{0, sum};
    const std::vector<double> squared{0, squares};
    to.observe({counts.data(), 2}, batch, {sums.data(), 2}, {squared.data(), 2});
  };
  observe_values(statistics, 4, 6, 10, 40);
  CHECK_THAT(statistics.moments().samples, test::close_to(100 * (1 - std::exp(-0.4)), 1e-14));
  CHECK_THAT(statistics.moments().density[1], test::close_to(0.1, 1e-15));
  CHECK_THAT(statistics.moments().value[1], test::close_to(6.0 / 40, 1e-15));
  CHECK_THAT(statistics.moments().squared_value[1], test::close_to(10.0 / 40, 1e-15));
  observe_values(statistics, 1, 3, 9, 20);
  const double old = std::exp(-0.2) * (1 - std::exp(-0.4));
  const double young = 1 - std::exp(-0.2);
  CHECK_THAT(statistics.moments().value[1], test::close_to((old * 6 / 40 + young * 3 / 20) / (old + young), 1e-14));
  CHECK_THAT(statistics.moments().squared_value[1],
             test::close_to((old * 10 / 40 + young * 9 / 20) / (old + young), 1e-14));
  CHECK(statistics.moments().value[0] == 0);

  LatentStatistics copy(2, 1000, 100, LatentStatistics::Measures::DensitiesAndValues);
  std::vector<double> kept;
  statistics.visit_state([&](std::string_view, auto values) {
    for (const auto value : values) kept.push_back(static_cast<double>(value));
  });
  std::size_t at = 0;
  copy.visit_state([&](std::string_view, auto values) {
    for (auto& value : values) value = static_cast<std::remove_cvref_t<decltype(value)>>(kept[at++]);
  });
  CHECK(copy.moments().value[1] == statistics.moments().value[1]);
  CHECK(copy.moments().squared_value[1] == statistics.moments().squared_value[1]);
  for (const std::string_view changed : {"value", "squared_value"}) {
    LatentStatistics bad = copy;
    CHECK_NOTHROW(bad.check());
    bad.visit_state([&](std::string_view name, auto values) {
      if (name == changed) values[1] = static_cast<std::remove_cvref_t<decltype(values[0])>>(-1);
    });
    CHECK_THROWS_WITH(bad.check(),
                      "LatentStatistics " + std::string(changed) + ": expected a finite value of at least 0, got -1");
  }
}

TEST_CASE("Values that nobody needs are not measured", "[latent_statistics]") {
  LatentStatistics statistics(2, 1000, 100);
  observe(statistics, {1, 2}, 10);
  CHECK(statistics.moments().density.size() == 2);
  CHECK(statistics.moments().value.empty());
  statistics.visit_state([](std::string_view name, auto) { CHECK(name != "value"); });
}

TEST_CASE("LatentStatistics that no training leads to are refused by name", "[latent_statistics]") {
  const auto refused = [](std::string_view changed, double to) {
    LatentStatistics statistics(3, 100, 50);
    observe(statistics, {1, 0, 7}, 60);
    observe(statistics, {0, 0, 3}, 40);
    statistics.check();
    statistics.visit_state([&](std::string_view name, auto values) {
      if (name == changed) values[0] = static_cast<std::remove_cvref_t<decltype(values[0])>>(to);
    });
    try {
      statistics.check();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused("n_dead", 2) == "LatentStatistics n_dead: expected 1, got 2");
  CHECK(refused("samples", -1) == "LatentStatistics samples: expected at least 0, got -1");
  CHECK(refused("steps_since_ranking", -1) == "LatentStatistics steps_since_ranking: expected at least 0, got -1");
  CHECK(refused("density_weight", 2) == "LatentStatistics density_weight: expected a value from 0 to 1.001, got 2");
  CHECK(refused("samples_since_active", -1) == "LatentStatistics samples_since_active: expected at least 0, got -1");
  CHECK(refused("samples_since_active", 200) == "LatentStatistics dead: expected 1, got 0");
  CHECK(refused("density", 7) == "LatentStatistics density: expected a value from 0 to 1.001, got 7");
  CHECK(refused("rank", 3) == "LatentStatistics rank: expected a value from 0 to 2, got 3");
  CHECK(refused("dead", 1) == "LatentStatistics dead: expected 0, got 1");
}

}  // namespace latent_statistics_test

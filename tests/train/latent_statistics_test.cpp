// SPDX-License-Identifier: MIT
#include <parsae/train/latent_statistics.hpp>

#include <support/catch.hpp>

#include <initializer_list>

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

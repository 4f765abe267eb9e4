// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "../../benchmarks/description_length/family_search.hpp"

namespace description_length_family_search_test {

namespace {

using namespace parsae_benchmarks::description_length;

/// Fewest bits at a rate of 0.05 and the third of the allowed rises; test samples take one more for each seed, and for
/// each rise.
Family parabola() {
  Family family;
  family.name = "parabola";
  family.parameter_name = "k";
  family.first = 16;
  family.grid = Family::Grid::Falling;
  family.stored_rate = 0.01;
  family.train = [](const Job& job) {
    Trained point;
    const double off = std::log2(job.learning_rate / 0.05);
    for (std::size_t rise = 0; rise < allowed_rises.size(); ++rise) {
      const double bits = 5 * job.parameter + off * off;
      point.validation[rise] = {.fvu = 1.6 / job.parameter, .bits_presence = bits, .bits_value = rise == 2 ? 0.0 : 3.0};
      point.test[rise] = {.fvu = 1.6 / job.parameter,
                          .bits_presence = bits + static_cast<double>(job.seed),
                          .bits_value = static_cast<double>(rise)};
    }
    return point;
  };
  return family;
}

}  // namespace

TEST_CASE("a family is taken to the rate with the fewest bits on validation samples, then measured with every seed") {
  const Family family = parabola();
  Job base;
  base.seed = 4;
  std::vector<std::string> runs;
  FamilySearch search(family, {.n_seeds = 3}, base, [&](const std::string& what) { runs.push_back(what); });
  const auto row = search.find(0.1);
  CHECK(row.learning_rate == 0.04);
  CHECK(row.is_bracketed);
  CHECK(row.allowed_rise == allowed_rises[2]);  // the best on validation samples, though not on the others
  CHECK(row.tried_rates.size() == 5);           // 0.005 to 0.08
  REQUIRE(row.seeds.size() == 3);
  const double off = std::log2(0.04 / 0.05);
  for (std::size_t s = 0; s < 3; ++s) {
    CHECK(std::abs(row.seeds[s].bits() - (80 + off * off + 4 + static_cast<double>(s) + 2)) < 1e-9);
    CHECK(std::abs(row.parameters[s] - 16) < 1e-9);
  }
  CHECK(std::abs(row.bits().deviation - 1) < 1e-9);
  CHECK(std::set<std::string>(runs.begin(), runs.end()).size() == runs.size());  // nothing is trained twice
  CHECK(search.points().size() == runs.size());

  const std::size_t before = runs.size();
  static_cast<void>(search.find(0.1));
  CHECK(runs.size() == before);
}

TEST_CASE("stored rates are taken as they are") {
  const Family family = parabola();
  FamilySearch search(family, {.searches_rates = false, .n_seeds = 1}, Job(), [](const std::string&) {});
  const auto row = search.find(0.2);
  CHECK(row.learning_rate == 0.01);
  CHECK(!row.is_bracketed);
  CHECK(row.seeds.size() == 1);
}

TEST_CASE("places of more error have a higher number, whichever way the parameter goes") {
  Family family = parabola();
  CHECK(std::abs(family.parameter(2) - 8) < 1e-9);
  CHECK(std::abs(family.parameter(-2) - 32) < 1e-9);
  family.grid = Family::Grid::Rising;
  CHECK(std::abs(family.parameter(2) - 32) < 1e-9);
  Job job;
  job.n_latents = 40;
  job.place = 2;
  CHECK(std::abs(job.likely_l0() - 8) < 1e-9);
  job.place = -6;
  CHECK(job.likely_l0() == 40);
}

}  // namespace description_length_family_search_test

// SPDX-License-Identifier: MIT
#include <parsae/allocators/latent_budgets.hpp>
#include <parsae/allocators/zipf_law.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>

#include <numeric>
#include <vector>

namespace latent_budgets_test {

using namespace parsae;

namespace {

template <class Scalar>
LatentBudgets<Scalar> budgets_of(const Buffer<double>& densities) {
  LatentBudgets<Scalar> budgets(densities.size());
  Buffer<LatentId> ranks(densities.size());
  std::iota(ranks.begin(), ranks.end(), LatentId{0});
  budgets.assign(densities.slice(), ranks.slice());
  return budgets;
}

template <class Scalar>
Index granted_to_all(const LatentBudgets<Scalar>& budgets, Index batch) {
  Index sum = 0;
  for (Index j = 0; j < budgets.n_latents(); ++j) sum += budgets.granted(j, batch);
  return sum;
}

template <class Scalar>
double sum_of_densities(const LatentBudgets<Scalar>& budgets) {
  double sum = 0;
  for (Index j = 0; j < budgets.n_latents(); ++j) sum += budgets.density(j);
  return sum;
}

}  // namespace

TEMPLATE_TEST_CASE("over any batches a latent is granted its density of all samples, to within one", "", float,
                   double) {
  LatentBudgets<TestType> budgets = budgets_of<TestType>(ZipfLaw{1.1, 0}.densities(300, 5.3));
  std::vector<double> starts;
  for (Index j = 0; j < 300; ++j) starts.push_back(budgets.credit(j));
  std::vector<Index> granted(300, 0);
  Index samples = 0;
  for (int step = 0; step < 4000; ++step) {
    const Index batch = step % 7 == 6 ? 13 : 1000;
    samples += batch;
    for (Index j = 0; j < 300; ++j) {
      REQUIRE(budgets.granted(j, batch) <= batch);
      granted[static_cast<std::size_t>(j)] += budgets.granted(j, batch);
    }
    budgets.advance(batch);
  }
  for (Index j = 0; j < 300; ++j) {
    // Exact: every term is a multiple of 2^-24 below 2^53.
    const auto at = static_cast<std::size_t>(j);
    const double due = starts[at] + budgets.density(j) * static_cast<double>(samples);
    REQUIRE(static_cast<double>(granted[at]) == std::floor(due));
    REQUIRE(budgets.credit(j) == due - std::floor(due));
  }
}

TEMPLATE_TEST_CASE("densities keep their sum to 2^-24, and no latent is without", "", float, double) {
  for (const double total : {0.5, 3.0, 7.3, 31.99})
    for (const double exponent : {0.0, 1.0, 3.0}) {
      CAPTURE(total, exponent);
      const Buffer<double> asked = ZipfLaw{exponent, 0}.densities(2000, total);
      const LatentBudgets<TestType> budgets = budgets_of<TestType>(asked);
      CHECK(std::abs(sum_of_densities(budgets) - total) <= 0x1p-24);
      for (Index j = 0; j < 2000; ++j) {
        REQUIRE(budgets.density(j) >= 0x1p-24);
        REQUIRE(budgets.density(j) <= 1);
        REQUIRE(std::ldexp(budgets.density(j), 24) == std::round(std::ldexp(budgets.density(j), 24)));
        if (exponent < 3) REQUIRE(std::abs(budgets.density(j) - asked[j]) <= 0x1p-24);
      }
    }
}

TEST_CASE("every batch wakes about as many latents as any other") {
  for (const double exponent : {0.0, 1.0}) {
    LatentBudgets<float> budgets = budgets_of<float>(ZipfLaw{exponent, 0}.densities(5000, 2));
    CAPTURE(exponent);
    for (int step = 0; step < 50; ++step) {
      CHECK(std::abs(granted_to_all(budgets, 200) - 400) <= (exponent == 0 ? 8 : 40));
      budgets.advance(200);
    }
  }
}

TEST_CASE("no latent waits longer than the inverse of its budget") {
  LatentBudgets<float> budgets = budgets_of<float>(ZipfLaw{1, 0}.densities(400, 1.5));
  const double least = budgets.density(399) * 64;
  const auto n_batches = static_cast<int>(std::ceil(1 / least));
  for (int round = 0; round < 3; ++round) {
    std::vector<bool> woke(400, false);
    for (int step = 0; step < n_batches; ++step) {
      for (Index j = 0; j < 400; ++j)
        if (budgets.granted(j, 64) > 0) woke[static_cast<std::size_t>(j)] = true;
      budgets.advance(64);
    }
    CHECK(std::count(woke.begin(), woke.end(), true) == 400);
  }
}

TEST_CASE("a density of one is the whole batch, and whole budgets are granted as they are") {
  LatentBudgets<float> budgets = budgets_of<float>(Buffer<double>(3, 1.0));
  for (int step = 0; step < 5; ++step) {
    for (Index j = 0; j < 3; ++j) CHECK(budgets.granted(j, 17) == 17);
    budgets.advance(17);
  }
  LatentBudgets<double> quarters = budgets_of<double>(Buffer<double>(3, 0.25));
  for (int step = 0; step < 5; ++step) {
    for (Index j = 0; j < 3; ++j) CHECK(quarters.granted(j, 8) == 2);
    quarters.advance(8);
  }
  CHECK(quarters.granted(0, 0) == 0);
}

TEST_CASE("ranks say which latent gets which density") {
  LatentBudgets<double> budgets(3);
  Buffer<double> densities(3, 0.125);
  densities[0] = 0.75;
  densities[1] = 0.5;
  Buffer<LatentId> ranks(3, 0);
  ranks[0] = 2;
  ranks[2] = 1;
  budgets.assign(densities.slice(), ranks.slice());
  CHECK(budgets.density(2) == 0.75);
  CHECK(budgets.density(0) == 0.5);
  CHECK(budgets.density(1) == 0.125);
  CHECK(budgets.credit(2) == 10368889 / 0x1p24);  // one golden ratio
  CHECK_THROWS_WITH(budgets.assign(densities.slice().part(0, 2), ranks.slice()),
                    Catch::Matchers::ContainsSubstring("LatentBudgets densities: expected a 3 x 1 matrix, got 2 x 1"));
}

TEST_CASE("densities and credits are arrays that restore the budgets") {
  LatentBudgets<float> budgets = budgets_of<float>(ZipfLaw{1, 0}.densities(20, 1.5));
  for (int step = 0; step < 3; ++step) budgets.advance(10);
  std::vector<float> saved;
  std::vector<std::string_view> names;
  budgets.visit_arrays([&](const ParameterArray<float>& array) {
    CHECK(array.role == Role::Statistic);
    CHECK(array.axis == Axis::Latent);
    CHECK(array.rows == 1);
    names.push_back(array.name);
    saved.insert(saved.end(), array.values.begin(), array.values.end());
  });
  CHECK((names == std::vector<std::string_view>{"density", "credit"}));
  LatentBudgets<float> restored(20);
  auto next = saved.begin();
  restored.visit_arrays([&](const ParameterArray<float>& array) {
    for (float& value : array.values) value = *next++;
  });
  CHECK_NOTHROW(restored.check("Owner"));
  for (int step = 0; step < 20; ++step) {
    for (Index j = 0; j < 20; ++j) CHECK(restored.granted(j, 10) == budgets.granted(j, 10));
    restored.advance(10);
    budgets.advance(10);
  }
}

TEST_CASE("arrays out of range are refused") {
  LatentBudgets<float> budgets(2);
  const auto refuses = [&](int which, float value, const std::string& message) {
    int at = 0;
    budgets.visit_arrays([&](const ParameterArray<float>& array) { array.values[1] = at++ == which ? value : 0.0F; });
    CHECK_THROWS_WITH(budgets.check("Owner"), message);
  };
  refuses(0, 1.5F, "Owner density: expected a value from 0 to 1, got 1.5");
  refuses(0, -1, "Owner density: expected a value from 0 to 1, got -1");
  refuses(1, 2, "Owner credit: expected a value from 0 to 1, got 2");
}

}  // namespace latent_budgets_test

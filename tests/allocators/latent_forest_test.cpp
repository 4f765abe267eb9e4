// SPDX-License-Identifier: MIT
#include <parsae/allocators/latent_forest.hpp>

#include <support/catch.hpp>
#include <support/reference_codes.hpp>

#include <limits>
#include <vector>

namespace latent_forest_test {

using namespace parsae;

namespace {

Slice<const LatentId> slice_of(const std::vector<LatentId>& parents) {
  return {parents.data(), static_cast<Index>(parents.size())};
}

template <class Scalar>
LatentForest<Scalar> forest_of(const std::vector<LatentId>& parents) {
  LatentForest<Scalar> forest(static_cast<Index>(parents.size()));
  forest.assign(slice_of(parents), "owner");
  return forest;
}

}  // namespace

TEMPLATE_TEST_CASE("a forest starts as roots and takes any trees", "", float, double) {
  LatentForest<TestType> forest(4);
  CHECK(forest.n_latents() == 4);
  CHECK(forest.is_flat());
  forest = forest_of<TestType>({2, 1, -1, 0});  // 1 names itself
  CHECK_FALSE(forest.is_flat());
  CHECK((forest.parent(0) == 2 && forest.parent(1) == -1 && forest.parent(2) == -1 && forest.parent(3) == 0));
  CHECK((forest.is_root(1) && forest.is_root(2) && !forest.is_root(3)));
  CHECK(forest_of<TestType>({0, -1, 2}).is_flat());
  CHECK(LatentForest<TestType>().n_latents() == 0);
  for (const std::uint64_t stream : {1u, 2u, 3u}) {
    const std::vector<LatentId> parents = test::random_parents(200, stream);
    const LatentForest<TestType> random = forest_of<TestType>(parents);
    for (Index j = 0; j < 200; ++j) REQUIRE(random.parent(j) == parents[static_cast<std::size_t>(j)]);
  }
}

TEST_CASE("a chain of any length is a forest") {
  std::vector<LatentId> chain(100'000);
  for (std::size_t j = 0; j < chain.size(); ++j) chain[j] = static_cast<LatentId>(j) - 1;
  CHECK(forest_of<float>(chain).parent(99'999) == 99'998);
  chain[0] = 99'999;
  CHECK_THROWS_WITH(forest_of<float>(chain), "owner parents: expected no latent among its own ancestors, got latent 0");
}

TEST_CASE("what is no forest is refused and changes nothing") {
  LatentForest<float> forest = forest_of<float>({-1, 0, 1});
  const auto refused = [&](const std::vector<LatentId>& parents) {
    try {
      forest.assign(slice_of(parents), "owner");
    } catch (const std::invalid_argument& error) {
      CHECK((forest.parent(0) == -1 && forest.parent(1) == 0 && forest.parent(2) == 1));
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(refused({-1, 0}) == "owner parents: expected a 3 x 1 matrix, got 2 x 1");
  CHECK(refused({-1, 0, 3}) == "owner parent: expected a value from -1 to 2, got 3");
  CHECK(refused({-1, -2, 0}) == "owner parent: expected a value from -1 to 2, got -2");
  CHECK(refused({-1, 2, 1}) == "owner parents: expected no latent among its own ancestors, got latent 1");
  CHECK(refused({1, 2, 0}) == "owner parents: expected no latent among its own ancestors, got latent 0");
  CHECK(refused({0, 0, 0}) == "accepted");
}

TEST_CASE("an array from a file is a forest or refused") {
  LatentForest<float> forest(3);
  const auto reason = [&](float parent) {
    forest.visit_arrays([&](const ParameterArray<float>& array) {
      CHECK(array.name == "parent");
      CHECK((array.role == Role::Statistic && array.axis == Axis::Latent && array.rows == 1));
      array.values[0] = 1;
      array.values[1] = parent;
    });
    try {
      forest.check("owner");
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(reason(2) == "accepted");
  CHECK(reason(-1) == "accepted");
  CHECK(reason(1) == "accepted");
  CHECK(reason(0) == "owner parents: expected no latent among its own ancestors, got latent 0");
  CHECK(reason(0.5f) == "owner parent: expected a whole number, got 0.5");
  CHECK(reason(-0.5f) == "owner parent: expected a whole number, got -0.5");
  CHECK(reason(3) == "owner parent: expected a value from -1 to 2, got 3");
  CHECK(reason(1e30f) != "accepted");
  CHECK(reason(std::numeric_limits<float>::quiet_NaN()) == "owner parent: expected a value from -1 to 2, got nan");
  CHECK_THROWS_AS(LatentForest<float>((Index{1} << 24) + 1), std::invalid_argument);
}

}  // namespace latent_forest_test

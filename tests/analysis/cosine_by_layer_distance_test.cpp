// SPDX-License-Identifier: MIT
#include <parsae/analysis/cosine_by_layer_distance.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace cosine_by_layer_distance_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("every pair of latents with a layer is in the table once, where a plain double loop has it") {
  constexpr Index n = 205;
  const Matrix<float> dictionary = test::random_matrix<float>(6, n, 1);
  Vector<double> layers = 2 * test::random_vector<double>(n, 2);
  for (const Index dead : {0, 50, 204}) layers(dead) = std::numeric_limits<double>::quiet_NaN();
  const CosineByLayerDistanceSettings settings{
      .distance_bins = 5, .cosine_bins = 4, .most_distance = 4, .threads = Threads(1)};
  const CosineByLayerDistance table = cosine_by_layer_distance(dictionary, layers, settings);

  Matrix<std::int64_t> pairs = Matrix<std::int64_t>::Zero(4, 5);
  Vector<double> sums = Vector<double>::Zero(5);
  for (Index i = 0; i < n; ++i) {
    for (Index j = i + 1; j < n; ++j) {
      if (std::isnan(layers(i)) || std::isnan(layers(j))) continue;
      const Vector<double> a = dictionary.col(i).cast<double>();
      const Vector<double> b = dictionary.col(j).cast<double>();
      const double cosine = a.dot(b) / (a.norm() * b.norm());
      Index at = 0;
      while (at < 4 && std::abs(layers(i) - layers(j)) >= table.distances(at + 1)) ++at;
      Index bin = 0;
      while (bin < 3 && cosine >= table.cosines(bin + 1)) ++bin;
      ++pairs(bin, at);
      sums(at) += cosine;
    }
  }
  CHECK((table.distances - Vector<double>{{0, 0.8, 1.6, 2.4, 3.2, 4}}).norm() < 1e-15);
  CHECK((table.cosines - Vector<double>{{-1, -0.5, 0, 0.5, 1}}).norm() < 1e-15);
  CHECK(table.pairs == pairs);
  CHECK(table.n_pairs == 202 * 201 / 2);
  for (Index at = 0; at < 5; ++at)
    CHECK_THAT(table.mean_cosine(at), test::close_to(sums(at) / static_cast<double>(pairs.col(at).sum()), 1e-6));

  CosineByLayerDistanceSettings many = settings;
  many.threads = Threads(3);
  const CosineByLayerDistance again = cosine_by_layer_distance(dictionary, layers, many);
  CHECK(again.pairs == table.pairs);
  CHECK(again.mean_cosine == table.mean_cosine);
}

TEST_CASE("near latents that point alike show in the table") {
  Matrix<double> dictionary(2, 3);
  dictionary << 1, 1, 0,  //
      0, 0, 1;
  const CosineByLayerDistance table =
      cosine_by_layer_distance(dictionary, Vector<double>{{0, 0.5, 3}}, {.distance_bins = 3, .cosine_bins = 2});
  CHECK(table.distances(3) == 3);  // the largest distance
  CHECK(table.mean_cosine(0) == 1);
  CHECK(std::isnan(table.mean_cosine(1)));
  CHECK(table.mean_cosine(2) == 0);
  CHECK(table.pairs(1, 0) == 1);
  CHECK(table.pairs(1, 2) == 2);
}

TEST_CASE("tables without pairs, and what cosine_by_layer_distance refuses") {
  const Matrix<double> dictionary = test::random_matrix<double>(3, 4, 1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(cosine_by_layer_distance(dictionary, Vector<double>::Constant(4, nan)).n_pairs == 0);
  const CosineByLayerDistance one_layer = cosine_by_layer_distance(dictionary, Vector<double>::Constant(4, 2.0));
  CHECK(one_layer.n_pairs == 6);
  CHECK(one_layer.pairs.col(0).sum() == 6);
  const Vector<double> layers = Vector<double>::LinSpaced(4, 0, 3);
  CHECK_THROWS_WITH(cosine_by_layer_distance(dictionary, layers.head(3).eval()),
                    ContainsSubstring("cosine_by_layer_distance mean_layers"));
  CHECK_THROWS_WITH(cosine_by_layer_distance(dictionary, layers, {.distance_bins = 0}),
                    ContainsSubstring("cosine_by_layer_distance distance_bins"));
  CHECK_THROWS_WITH(cosine_by_layer_distance(dictionary, layers, {.cosine_bins = 0}),
                    ContainsSubstring("cosine_by_layer_distance cosine_bins"));
  CHECK_THROWS_WITH(cosine_by_layer_distance(dictionary, layers, {.distance_bins = 65536, .cosine_bins = 257}),
                    ContainsSubstring("cosine_by_layer_distance bins in all"));
  CHECK_THROWS_WITH(cosine_by_layer_distance(dictionary, layers, {.most_distance = -1}),
                    ContainsSubstring("cosine_by_layer_distance most_distance"));
  CHECK_THROWS_WITH(
      cosine_by_layer_distance(dictionary, Vector<double>{{0, 1, std::numeric_limits<double>::infinity(), 2}}),
      ContainsSubstring("cosine_by_layer_distance mean_layers"));
}

}  // namespace cosine_by_layer_distance_test

// SPDX-License-Identifier: MIT
#include <parsae/data/layer_transform.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace layer_transform_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Transform = LayerTransform<double>;

namespace {

std::vector<Lens<double>> two_lenses(Index n_inputs) {
  std::vector<Lens<double>> lenses;
  for (std::uint64_t layer = 0; layer < 2; ++layer)
    lenses.emplace_back("layer " + std::to_string(layer), 0.2 * test::random_matrix<double>(n_inputs, n_inputs, layer),
                        test::random_vector<double>(n_inputs, 10 + layer));
  return lenses;
}

}  // namespace

TEST_CASE("a transform is the lens of each sample's layer, then the standardization; undo() is its inverse") {
  const std::vector<Lens<double>> lenses = two_lenses(6);
  const auto per_vector = Standardization<double>::per_vector();
  const Transform transform(lenses, per_vector);
  Buffer<std::int32_t> layers;
  for (const std::int32_t layer : {1, 0, 0, 1, 1}) layers.push_back(layer);  // in any order
  const Matrix<double> samples = test::random_matrix<double>(6, 5, 3);

  Matrix<double> expected = samples;
  for (Index i = 0; i < 5; ++i) lenses[static_cast<std::size_t>(layers[i])].apply(expected.middleCols(i, 1));
  Transform::Record expected_record;
  per_vector.apply(expected, layers.slice(), expected_record);

  Matrix<double> there = samples;
  Transform::Record record;
  transform.apply(there, layers.slice(), record);
  CHECK(there == expected);
  transform.undo(there, layers.slice(), record);
  CHECK((there - samples).cwiseAbs().maxCoeff() < 1e-13);
}

TEST_CASE("a transform of nothing changes nothing") {
  const Matrix<double> samples = test::random_matrix<double>(3, 4, 1);
  const Buffer<std::int32_t> layers(4, 17);
  Transform::Record record;
  Matrix<double> same = samples;
  Transform().apply(same, layers.slice(), record);
  CHECK(same == samples);
  Transform().undo(same, layers.slice(), record);
  CHECK(same == samples);
}

TEST_CASE("lenses that do not go together, and layers without one, are refused") {
  std::vector<Lens<double>> lenses = two_lenses(3);
  const Transform transform(lenses, Standardization<double>::none());
  Matrix<double> samples = test::random_matrix<double>(3, 2, 1);
  Transform::Record record;
  CHECK_THROWS_WITH(transform.apply(samples, Buffer<std::int32_t>(2, 2).slice(), record),
                    ContainsSubstring("LayerTransform layer: expected a value from 0 to 1, got 2"));
  CHECK_THROWS_WITH(transform.apply(samples, Buffer<std::int32_t>(3, 0).slice(), record),
                    ContainsSubstring("LayerTransform layers"));
  lenses.push_back(two_lenses(4)[0]);
  CHECK_THROWS_WITH(Transform(lenses, Standardization<double>::none()), ContainsSubstring("LayerTransform lens"));
}

}  // namespace layer_transform_test

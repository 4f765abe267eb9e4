// SPDX-License-Identifier: MIT
#include <parsae/data/standardization.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace standardization_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Layer l of 3 has its own mean and scale, as the layers of a network have.
template <class Scalar>
std::vector<Matrix<Scalar>> unlike_layers(Index n_inputs, Index n_tokens) {
  std::vector<Matrix<Scalar>> layers;
  for (int layer = 0; layer < 3; ++layer) {
    const auto stream = static_cast<std::uint64_t>(layer);
    layers.push_back(test::random_matrix<Scalar>(n_inputs, n_tokens, stream) * static_cast<Scalar>(1 + 4 * layer));
    layers.back().colwise() += test::random_vector<Scalar>(n_inputs, 10 + stream) * static_cast<Scalar>(5 * layer);
  }
  return layers;
}

/// The samples of all layers, a token after the other, and the layer of each.
template <class Scalar>
Matrix<Scalar> interleaved(const std::vector<Matrix<Scalar>>& layers, Buffer<std::int32_t>& layer_of) {
  const Index n_layers = static_cast<Index>(layers.size());
  Matrix<Scalar> samples(layers[0].rows(), layers[0].cols() * n_layers);
  layer_of.resize(samples.cols());
  for (Index i = 0; i < samples.cols(); ++i) {
    layer_of[i] = static_cast<std::int32_t>(i % n_layers);
    samples.col(i) = layers[static_cast<std::size_t>(i % n_layers)].col(i / n_layers);
  }
  return samples;
}

}  // namespace

TEST_CASE("per vector: a worked sample, and one without any deviation") {
  Matrix<double> samples(4, 2);
  samples.col(0) << 1, 3, 5, 7;  // mean 4, squares 20, deviation sqrt(20 / 3)
  samples.col(1).setConstant(9);
  Buffer<std::int32_t> layers(2, 0);
  Standardization<double>::Record record;
  Standardization<double>::per_vector({.epsilon = 0.5}).apply(samples, layers.slice(), record);
  const double divisor = std::sqrt(20.0 / 3) + 0.5;
  CHECK((samples.col(0) - Vector<double>{{-3, -1, 1, 3}} / divisor).norm() < 1e-14);
  CHECK(samples.col(1) == Vector<double>::Zero(4));
  CHECK(record.mean[0] == 4);
  CHECK_THAT(record.deviation[0], test::close_to(divisor, 1e-15));
}

TEST_CASE("per layer: mean 0 and mean square 1 an entry, in every layer") {
  const std::vector<Matrix<double>> layers = unlike_layers<double>(5, 1500);
  const auto standardization = Standardization<double>::per_layer(LayeredSamples<double>(layers));
  for (Index layer = 0; layer < 3; ++layer) {
    Matrix<double> samples = layers[static_cast<std::size_t>(layer)];
    Buffer<std::int32_t> layer_of(samples.cols(), static_cast<std::int32_t>(layer));
    Standardization<double>::Record record;
    standardization.apply(samples, layer_of.slice(), record);
    CHECK(record.mean.empty());
    CHECK(samples.rowwise().mean().norm() < 1e-12);
    CHECK_THAT(samples.squaredNorm() / static_cast<double>(samples.size()), test::close_to(1, 1e-12));
    CHECK((standardization.layer_means().col(layer) - layers[static_cast<std::size_t>(layer)].rowwise().mean()).norm() <
          1e-12);
  }
  CHECK(standardization.layer_deviations()(2) > 8);
  CHECK(standardization.layer_deviations()(0) < 1.1);
}

TEST_CASE("per layer in the space of lenses: the means and scales are theirs") {
  const std::vector<Matrix<double>> layers = unlike_layers<double>(5, 1100);
  std::vector<Lens<double>> lenses;
  std::vector<Matrix<double>> seen = layers;
  for (std::uint64_t layer = 0; layer < 3; ++layer) {
    lenses.emplace_back("lens", 0.2 * test::random_matrix<double>(5, 5, 20 + layer),
                        test::random_vector<double>(5, 30 + layer));
    lenses.back().apply(seen[layer]);
  }
  const auto through = Standardization<double>::per_layer(LayeredSamples<double>(layers), lenses);
  const auto direct = Standardization<double>::per_layer(LayeredSamples<double>(seen));
  CHECK(through.layer_means() == direct.layer_means());
  CHECK(through.layer_deviations() == direct.layer_deviations());
}

TEMPLATE_TEST_CASE("undo() is the inverse of apply(), for each kind and any number of threads", "", float, double) {
  using Scalar = TestType;
  const Scalar rounding = 16 * std::numeric_limits<Scalar>::epsilon();
  const std::vector<Matrix<Scalar>> layers = unlike_layers<Scalar>(7, 100);
  Buffer<std::int32_t> layer_of;
  const Matrix<Scalar> samples = interleaved(layers, layer_of);
  for (const auto& standardization : {Standardization<Scalar>::none(), Standardization<Scalar>::per_vector(),
                                      Standardization<Scalar>::per_layer(LayeredSamples<Scalar>(layers))}) {
    typename Standardization<Scalar>::Record record;
    Matrix<Scalar> there = samples;
    standardization.apply(there, layer_of.slice(), record, Threads(3));
    Matrix<Scalar> on_one_thread = samples;
    standardization.apply(on_one_thread, layer_of.slice(), record, Threads(1));
    CHECK(there == on_one_thread);
    Matrix<Scalar> back = there;
    standardization.undo(back, layer_of.slice(), record, Threads(3));
    CHECK((back - samples).cwiseAbs().maxCoeff() <= rounding * samples.cwiseAbs().maxCoeff());
  }
}

TEST_CASE("what a standardization cannot serve is refused") {
  using Standard = Standardization<float>;
  CHECK_THROWS_WITH(Standard::per_vector({.epsilon = 0}), ContainsSubstring("Standardization epsilon"));
  std::vector<Matrix<float>> layers = unlike_layers<float>(4, 10);
  const Standard per_layer = Standard::per_layer(LayeredSamples<float>(layers));
  Standard::Record record;
  Buffer<std::int32_t> layer_of(2, 3);
  Matrix<float> samples = Matrix<float>::Ones(4, 2);
  CHECK_THROWS_WITH(per_layer.apply(samples, layer_of.slice(), record),
                    ContainsSubstring("Standardization layer: expected a value from 0 to 2, got 3"));
  CHECK_THROWS_WITH(per_layer.undo(samples, layer_of.slice(), record),
                    ContainsSubstring("Standardization layer: expected a value from 0 to 2, got 3"));
  layer_of.assign(2, -1);
  CHECK_THROWS_WITH(per_layer.apply(samples, layer_of.slice(), record),
                    ContainsSubstring("Standardization layer: expected a value from 0 to 2, got -1"));
  layer_of.assign(3, 0);
  CHECK_THROWS_WITH(per_layer.apply(samples, layer_of.slice(), record), ContainsSubstring("Standardization layers"));
  Matrix<float> wide = Matrix<float>::Ones(5, 3);
  CHECK_THROWS_WITH(per_layer.apply(wide, layer_of.slice(), record), ContainsSubstring("Standardization samples"));
  Matrix<float> flat = Matrix<float>::Ones(1, 3);
  CHECK_THROWS_WITH(Standard::per_vector().apply(flat, layer_of.slice(), record),
                    ContainsSubstring("Standardization inputs: expected at least 2"));
  CHECK_THROWS_WITH(Standard::per_vector().undo(samples, layer_of.slice(), Standard::Record()),
                    ContainsSubstring("Standardization record"));
  for (const Index n_means : {1, 2}) {
    Standard::Record other;
    other.mean.assign(n_means, 0.0f);
    other.deviation.assign(3 - n_means, 1.0f);
    CHECK_THROWS_WITH(Standard::per_vector().undo(samples, layer_of.slice(), other),
                      ContainsSubstring("Standardization record: expected a 2 x 1 matrix, got 1 x 1"));
  }

  const std::vector<Lens<float>> one_lens{Lens<float>("a", Matrix<float>::Zero(4, 4), Vector<float>::Zero(4))};
  CHECK_THROWS_WITH(Standard::per_layer(LayeredSamples<float>(layers), one_lens),
                    ContainsSubstring("Standardization lenses"));
  layers[1].setConstant(3);
  CHECK_THROWS_WITH(Standard::per_layer(LayeredSamples<float>(layers)),
                    ContainsSubstring("Standardization layer 1: expected samples that differ"));
  std::vector<Matrix<double>> huge = unlike_layers<double>(4, 10);
  huge[2](2, 3) = 1e200;  // unlike its square
  CHECK_THROWS_WITH(
      Standardization<double>::per_layer(LayeredSamples<double>(huge)),
      ContainsSubstring("Standardization layer 2: expected samples that differ, by a finite deviation, got inf"));
}

}  // namespace standardization_test

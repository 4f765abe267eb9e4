// SPDX-License-Identifier: MIT
#include <parsae/data/layered_samples.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <array>
#include <limits>
#include <type_traits>
#include <vector>

namespace layered_samples_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Samples = LayeredSamples<float>;

// Matrices that nobody keeps are refused; views of kept ones may be temporaries.
static_assert(!std::is_constructible_v<Samples, std::vector<Matrix<float>>>);
static_assert(!std::is_constructible_v<Samples, std::array<Matrix<float>, 2>>);
static_assert(std::is_constructible_v<Samples, std::vector<Samples::Layer>>);
static_assert(std::is_constructible_v<Samples, std::vector<Matrix<float>>&>);
static_assert(std::is_constructible_v<Samples, std::vector<Samples::Layer>>);

TEST_CASE("layers are seen where they lie") {
  std::vector<Matrix<float>> matrices;
  for (std::uint64_t layer = 0; layer < 3; ++layer) matrices.push_back(test::random_matrix<float>(4, 6, layer));
  const Samples samples(matrices);
  CHECK(samples.n_layers() == 3);
  CHECK(samples.n_inputs() == 4);
  CHECK(samples.n_tokens() == 6);
  matrices[1](2, 5) = 42;
  for (Index layer = 0; layer < 3; ++layer) CHECK(samples.layer(layer) == matrices[static_cast<std::size_t>(layer)]);
}

TEST_CASE("blocks of one matrix are layers, too") {
  const Matrix<float> rows = test::random_matrix<float>(12, 5, 7);  // three layers of four inputs, one above the other
  std::vector<Samples::Layer> layers;
  for (Index layer = 0; layer < 3; ++layer)
    layers.emplace_back(rows.data() + 4 * layer, 4, 5, Eigen::OuterStride<>(rows.rows()));
  const Samples samples(layers);
  for (Index layer = 0; layer < 3; ++layer) CHECK(samples.layer(layer) == rows.middleRows(4 * layer, 4));
}

TEST_CASE("layers that do not go together are refused by name") {
  const Matrix<float> good = test::random_matrix<float>(4, 6, 1);
  Matrix<float> bad = good;
  bad(1, 3) = std::numeric_limits<float>::quiet_NaN();
  const auto made = [](const std::vector<Matrix<float>>& matrices) { return Samples(matrices).n_layers(); };
  CHECK_THROWS_WITH(made({}), ContainsSubstring("LayeredSamples layers: expected at least 1"));
  CHECK_THROWS_WITH(made({good, test::random_matrix<float>(4, 5, 1)}),
                    ContainsSubstring("LayeredSamples layer 1: expected a 4 x 6 matrix, got 4 x 5"));
  CHECK_THROWS_WITH(made({good, test::random_matrix<float>(3, 6, 1)}), ContainsSubstring("LayeredSamples layer 1"));
  CHECK_THROWS_WITH(made({Matrix<float>(4, 0)}), ContainsSubstring("LayeredSamples layer 0 tokens"));
  CHECK_THROWS_WITH(made({Matrix<float>(0, 4)}), ContainsSubstring("LayeredSamples layer 0 inputs"));
  CHECK_THROWS_WITH(made({good, good, bad}),
                    ContainsSubstring("LayeredSamples layer 2") && ContainsSubstring("sample 3, input 1"));
}

}  // namespace layered_samples_test

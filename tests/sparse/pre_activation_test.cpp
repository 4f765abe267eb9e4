// SPDX-License-Identifier: MIT
#include <parsae/sparse/pre_activation.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace pre_activation_test {

using namespace parsae;
using test::random_vector;

TEMPLATE_TEST_CASE("a pre-activation is one ascending chain of multiply-adds, then the bias", "", float, double) {
  for (Index n_inputs = 0; n_inputs <= 40; ++n_inputs) {
    const Vector<TestType> latent = random_vector<TestType>(n_inputs, 1);
    const Vector<TestType> sample = random_vector<TestType>(n_inputs, 2);
    const TestType bias = TestType(0.3);
    TestType chain = 0;
    for (Index q = 0; q < n_inputs; ++q) chain = multiply_add(latent(q), sample(q), chain);
    CHECK(pre_activation(latent.data(), sample.data(), n_inputs, bias) == chain + bias);
  }
}

TEST_CASE("the sum starts at zero, ascends, and takes the bias last") {
  // Each order of adding 2^24, 1, -2^24 and the bias 1 in float gives another result.
  const float latent[] = {0x1p24f, 1, -0x1p24f};
  const float ones[] = {1, 1, 1};
  CHECK(pre_activation(latent, ones, 3, 1.0f) == 1.0f);
  const float reversed[] = {-0x1p24f, 0x1p24f, 1};
  CHECK(pre_activation(reversed, ones, 3, 1.0f) == 2.0f);
  CHECK(pre_activation(latent, ones, 0, 0.25f) == 0.25f);
}

}  // namespace pre_activation_test

// SPDX-License-Identifier: MIT
#include <parsae/analysis/dense_code.hpp>

#include <support/catch.hpp>

namespace dense_code_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a dense code has the values where they belong and zeros elsewhere") {
  SparseCode<float> code;
  code.offsets.push_back(2);
  code.offsets.push_back(2);
  code.offsets.push_back(3);
  for (const LatentId latent : {0, 3, 1}) code.latents.push_back(latent);
  for (const float value : {1.5f, 0.0f, 2.5f}) code.values.push_back(value);
  code.pre_acts = code.values;
  Matrix<float> expected = Matrix<float>::Zero(4, 3);
  expected(0, 0) = 1.5f;
  expected(1, 2) = 2.5f;
  CHECK(dense_code(code, 4) == expected);
  CHECK_THROWS_WITH(dense_code(code, 3), ContainsSubstring("dense_code latent"));
  CHECK(dense_code(SparseCode<float>(), 4).cols() == 0);
}

}  // namespace dense_code_test

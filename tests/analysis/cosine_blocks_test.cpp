// SPDX-License-Identifier: MIT
#include <parsae/analysis/cosine_blocks.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

#include <limits>

namespace cosine_blocks_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEMPLATE_TEST_CASE("every latent meets every latent once, for any number of threads with the same bits", "", float,
                   double) {
  using Scalar = TestType;
  const double rounding = std::is_same_v<Scalar, float> ? 1e-6 : 1e-14;
  for (const Index n : {1, 7, 95, 96, 97, 230}) {
    Matrix<Scalar> dictionary = test::random_matrix<Scalar>(13, n, static_cast<std::uint64_t>(n));
    dictionary.col(0) *= 1000;
    if (n > 3) dictionary.col(3).setZero();
    const auto all = [&](int threads) {
      const CosineBlocks<Scalar> blocks(dictionary);
      CHECK(blocks.n_latents() == n);
      CHECK(blocks.n_tasks() == divide_up(n, CosineBlocks<Scalar>::block));
      Matrix<Scalar> cosine = Matrix<Scalar>::Zero(n, n);
      Matrix<int> calls = Matrix<int>::Zero(n, n);
      Buffer<Index> last(n, -1);
      Buffer<std::uint8_t> in_order(n, 1);
      blocks.for_each(Threads(threads), [&](Index task, int, Index i, Index j_begin, Slice<const Scalar> cosines) {
        in_order[i] &= task == i / CosineBlocks<Scalar>::block && j_begin > last[i];
        last[i] = j_begin;
        for (Index c = 0; c < cosines.size(); ++c) {
          cosine(i, j_begin + c) = cosines[c];
          ++calls(i, j_begin + c);
        }
      });
      CHECK((calls.array() == 1).all());
      for (Index i = 0; i < n; ++i) CHECK(in_order[i] == 1);
      return cosine;
    };
    const Matrix<Scalar> cosine = all(1);
    CHECK(all(3) == cosine);
    Matrix<double> unit = dictionary.template cast<double>();
    for (Index j = 0; j < n; ++j) unit.col(j).normalize();
    CHECK((cosine.template cast<double>() - unit.transpose() * unit).cwiseAbs().maxCoeff() < rounding);
    if (n > 3) CHECK(cosine.col(3) == Vector<Scalar>::Zero(n));
  }
}

TEST_CASE("CosineBlocks of no latents, and of latents that are not finite") {
  const CosineBlocks<float> none(Matrix<float>(4, 0));
  CHECK(none.n_tasks() == 0);
  Matrix<float> bad = Matrix<float>::Ones(4, 3);
  bad(2, 1) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(CosineBlocks<float>(bad), ContainsSubstring("CosineBlocks dictionary"));
}

}  // namespace cosine_blocks_test

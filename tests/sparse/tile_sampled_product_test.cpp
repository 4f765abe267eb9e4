// SPDX-License-Identifier: MIT
#include <parsae/sparse/tile_sampled_product.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace tile_sampled_product_test {

using namespace parsae;
using test::random_matrix;

namespace {

/// One chain of multiply-adds over the outputs for each stored entry.
template <class Scalar>
Buffer<Scalar> reference_product(const Matrix<Scalar>& dictionary, const Matrix<Scalar>& d_recon,
                                 const SparseCode<Scalar>& code) {
  Buffer<Scalar> d_values(code.stored());
  for (Index i = 0; i < code.n_samples(); ++i)
    for (Index e = code.begin_of(i); e < code.begin_of(i) + code.count_of(i); ++e)
      for (Index q = 0; q < dictionary.rows(); ++q)
        d_values[e] = multiply_add(d_recon(q, i), dictionary(q, code.latents[e]), d_values[e]);
  return d_values;
}

}  // namespace

TEMPLATE_TEST_CASE("tiles give every stored entry the chain over the outputs", "", float, double) {
  TileSampledProduct<TestType> product;  // one for all, to see that nothing is left from the code before
  UsedLatents<TestType> used;
  LatentMajor<TestType> by_latent;
  Buffer<TestType> d_values(5000, -1);
  for (const Index n_latents : {5, 30, 140})
    for (const Index n_outputs : {1, 7, 40, 900})  // the last with fewer panels in a group than there are
      for (const Index batch : {0, 1, 11, 65})
        for (const TestType threshold : {TestType(-10), TestType(0.5), TestType(2)}) {  // dense, half empty, unused
          const Matrix<TestType> dictionary = random_matrix<TestType>(n_outputs, n_latents, 1);
          const Matrix<TestType> d_recon = random_matrix<TestType>(n_outputs, batch, 2);
          const SparseCode<TestType> code = test::reference_threshold<TestType>(
              random_matrix<TestType>(n_latents, batch, 3), Vector<TestType>::Constant(n_latents, threshold), 1);
          by_latent.count(code, n_latents, Threads(1));
          used.find(code, by_latent, Threads(1));
          const Buffer<TestType> expected = reference_product(dictionary, d_recon, code);
          for (const int threads : {1, 2, 4}) {
            product.run(dictionary, d_recon, code, used, Threads(threads), d_values);
            CAPTURE(n_latents, n_outputs, batch, threshold, threads);
            CHECK(d_values == expected);
          }
        }
}

}  // namespace tile_sampled_product_test

// SPDX-License-Identifier: MIT
#include <parsae/sparse/sparse_decode.hpp>
#include <parsae/sparse/tile_decode.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace tile_decode_test {

using namespace parsae;
using test::random_matrix;
using test::random_vector;

TEMPLATE_TEST_CASE("tiles decode to the bits of the sparse way", "", float, double) {
  TileDecode<TestType> tile_decode;  // one for all, to see that nothing is left from the code before
  UsedLatents<TestType> used;
  LatentMajor<TestType> by_latent;
  Matrix<TestType> recon = Matrix<TestType>::Constant(3, 3, 77);
  Matrix<TestType> expected;
  for (const Index n_latents : {30, 300})  // one group of latents, and two
    for (const Index n_outputs : {1, 7, 40, 131})
      for (const Index batch : {0, 1, 11, 65, 150})
        for (const TestType threshold : {TestType(-10), TestType(0.5), TestType(2)}) {  // dense, half empty, unused
          const Matrix<TestType> dictionary = random_matrix<TestType>(n_outputs, n_latents, 1);
          const Vector<TestType> b_dec = random_vector<TestType>(n_outputs, 2);
          const SparseCode<TestType> code = test::reference_threshold<TestType>(
              random_matrix<TestType>(n_latents, batch, 3), Vector<TestType>::Constant(n_latents, threshold), 1);
          by_latent.count(code, n_latents, Threads(1));
          used.find(code, by_latent, Threads(1));
          for (const Slice<const TestType> offset : {Slice<const TestType>(b_dec.data(), n_outputs), {}}) {
            sparse_decode<TestType>(dictionary, offset, code, Threads(1), expected);
            for (const int threads : {1, 2, 4}) {
              tile_decode.run(dictionary, offset, code, used, Threads(threads), recon);
              CAPTURE(n_latents, n_outputs, batch, threshold, threads, offset.size());
              CHECK(recon == expected);
            }
          }
        }
}

}  // namespace tile_decode_test

// SPDX-License-Identifier: MIT
#include <parsae/sparse/sparse_decode.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace sparse_decode_test {

using namespace parsae;
using test::random_matrix;
using test::random_vector;

namespace {

/// One chain of multiply-adds for each output, over the sample's entries in order, from the offset.
template <class Scalar>
Matrix<Scalar> reference_decode(const Matrix<Scalar>& dictionary, const Vector<Scalar>& offset,
                                const SparseCode<Scalar>& code) {
  Matrix<Scalar> recon(dictionary.rows(), code.n_samples());
  for (Index i = 0; i < code.n_samples(); ++i)
    for (Index q = 0; q < dictionary.rows(); ++q) {
      Scalar sum = offset(q);
      for (Index e = code.begin_of(i); e < code.begin_of(i) + code.count_of(i); ++e)
        sum = multiply_add(code.values[e], dictionary(q, code.latents[e]), sum);
      recon(q, i) = sum;
    }
  return recon;
}

}  // namespace

TEMPLATE_TEST_CASE("a reconstruction is the offset plus the code's columns, in order", "", float, double) {
  constexpr Index n_latents = 30;
  Matrix<TestType> recon = Matrix<TestType>::Constant(3, 3, 77);
  for (const Index n_outputs : {1, 7, 40, 131})
    for (const Index batch : {0, 1, 64, 65, 150})
      for (const TestType threshold : {TestType(-10), TestType(0.5), TestType(10)}) {  // dense, sparse, empty samples
        const Matrix<TestType> dictionary = random_matrix<TestType>(n_outputs, n_latents, 1);
        const Vector<TestType> offset = random_vector<TestType>(n_outputs, 2);
        const SparseCode<TestType> code = test::reference_threshold<TestType>(
            random_matrix<TestType>(n_latents, batch, 3), Vector<TestType>::Constant(n_latents, threshold), 1);
        for (const int threads : {1, 2, 4}) {
          CAPTURE(n_outputs, batch, threshold, threads);
          const Slice<const TestType> some(offset.data(), n_outputs);
          sparse_decode<TestType>(dictionary, some, code, Threads(threads), recon);
          CHECK(recon == reference_decode(dictionary, offset, code));
          sparse_decode<TestType>(dictionary, {}, code, Threads(threads), recon);
          CHECK(recon == reference_decode<TestType>(dictionary, Vector<TestType>::Zero(n_outputs), code));
        }
      }
}

}  // namespace sparse_decode_test

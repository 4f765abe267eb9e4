// SPDX-License-Identifier: MIT
#include <parsae/sparse/pre_activation_probe.hpp>

#include <support/allocation_watch.hpp>
#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace pre_activation_probe_test {

using namespace parsae;

TEMPLATE_TEST_CASE("the probe has the bits of the dense pre-activations of evenly spread samples", "", float, double) {
  using Probe = PreActivationProbe<TestType>;
  Probe kept;  // what it saw before must not matter
  for (const Index n_inputs : {1, 7, 40})
    for (const Index n_latents : {1, 15, 33, 300, 512})
      for (const Index batch : {0, 1, 5, 11, 12, 13, 100}) {
        const Matrix<TestType> inputs = test::random_matrix<TestType>(n_inputs, batch, 1);
        const Matrix<TestType> w_enc = test::random_matrix<TestType>(n_inputs, n_latents, 2);
        const Vector<TestType> b_enc = test::random_vector<TestType>(n_latents, 3);
        const Index n = std::min<Index>(batch, 12);
        Matrix<TestType> spread(n_inputs, n);
        for (Index t = 0; t < n; ++t) spread.col(t) = inputs.col(t * batch / n);
        const Matrix<TestType> expected = test::dense_pre_acts(spread, w_enc, b_enc);
        CAPTURE(n_inputs, n_latents, batch);
        for (const int threads : {1, 2, 4}) {
          CHECK(kept.run(inputs, w_enc, b_enc, Threads(threads)) == expected);
          CHECK(Probe().run(inputs, w_enc, b_enc, Threads(threads)) == expected);
        }
      }
}

TEST_CASE("the probe reaches from the first samples to the last ones") {
  // One input, one latent, pre-activation = the sample's number.
  Matrix<double> inputs(1, 120);
  for (Index i = 0; i < 120; ++i) inputs(0, i) = static_cast<double>(i);
  PreActivationProbe<double> probe;
  const Matrix<double>& seen = probe.run(inputs, Matrix<double>::Ones(1, 1), Vector<double>::Zero(1), Threads(1));
  REQUIRE(seen.cols() == 12);
  for (Index t = 0; t < 12; ++t) CHECK(seen(0, t) == 10.0 * static_cast<double>(t));
}

TEST_CASE("the probe allocates nothing in its second batch") {
  const Matrix<float> inputs = test::random_matrix<float>(20, 64, 1);
  const Matrix<float> w_enc = test::random_matrix<float>(20, 100, 2);
  const Vector<float> b_enc = test::random_vector<float>(100, 3);
  PreActivationProbe<float> probe;
  probe.run(inputs, w_enc, b_enc, Threads(1));
  const test::AllocationWatch watch;
  probe.run(inputs, w_enc, b_enc, Threads(1));
  const std::size_t count = watch.count();
  CHECK(count == 0);
}

}  // namespace pre_activation_probe_test

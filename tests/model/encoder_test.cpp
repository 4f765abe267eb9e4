// SPDX-License-Identifier: MIT
#include <parsae/model/encoder.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace encoder_test {

using namespace parsae;

TEST_CASE("Encoder centers scaled samples by the decoder's bias, for any stride and any threads", "[encoder]") {
  const Matrix<double> larger = test::random_matrix<double>(9, 150, 1);  // more than two blocks of 64
  const auto samples = larger.middleRows(2, 5);
  const Vector<double> b_dec = test::random_vector<double>(5, 2);
  const Encoder<double> encoder{Matrix<double>::Zero(5, 3), Vector<double>::Zero(3), Centering::DecoderBias};
  CHECK(encoder.n_inputs() == 5);
  CHECK(encoder.n_latents() == 3);
  for (const int threads : {1, 4}) {
    Matrix<double> centered;
    encoder.center(samples, 0.3, b_dec, Threads(threads), centered);
    REQUIRE(centered.cols() == 150);
    for (Index i = 0; i < 150; ++i)
      for (Index q = 0; q < 5; ++q)
        CHECK_THAT(centered(q, i), test::close_to(0.3 * larger(q + 2, i) - b_dec(q), 1e-15));
  }
}

TEST_CASE("Encoder without centering leaves the bias out", "[encoder]") {
  const Matrix<float> samples = test::random_matrix<float>(4, 6, 1);
  const Encoder<float> encoder{Matrix<float>::Zero(4, 3), Vector<float>::Zero(3), Centering::None};
  Matrix<float> centered;
  // A transcoder's bias has the size of its outputs, which may happen to be that of its inputs.
  for (const Index n_outputs : {4, 7}) {
    encoder.center(samples, 2.0f, Vector<float>::Ones(n_outputs), Threads(1), centered);
    CHECK(centered == 2 * samples);
  }
}

TEST_CASE("Encoder refuses samples of another size", "[encoder]") {
  const Encoder<float> encoder{Matrix<float>::Zero(4, 3), Vector<float>::Zero(3), Centering::None};
  const Matrix<float> samples = Matrix<float>::Zero(5, 6);
  Matrix<float> centered;
  CHECK_THROWS_WITH(encoder.center(samples, 1.0f, Vector<float>::Zero(4), Threads(1), centered),
                    "samples: expected a 4 x 6 matrix, got 5 x 6");
}

}  // namespace encoder_test

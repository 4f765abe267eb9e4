// SPDX-License-Identifier: MIT
#include <parsae/model/decoder.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace decoder_test {

using namespace parsae;

TEST_CASE("Decoder adds its bias and the columns of the code", "[decoder]") {
  const Decoder<double> decoder{test::random_matrix<double>(5, 4, 1), test::random_vector<double>(5, 2),
                                DecoderNorm::Free};
  CHECK(decoder.n_outputs() == 5);
  CHECK(decoder.n_latents() == 4);

  SparseCode<double> code;  // samples {1: 2.0, 3: -0.5}, {}, {0: 1.5}
  code.offsets.resize(4);
  code.offsets[1] = code.offsets[2] = 2;
  code.offsets[3] = 3;
  code.resize_entries(3);
  code.latents[0] = 1;
  code.latents[1] = 3;
  code.latents[2] = 0;
  code.values[0] = 2.0;
  code.values[1] = -0.5;
  code.values[2] = 1.5;

  Matrix<double> recon;
  decoder.decode(code, Threads(2), recon);
  REQUIRE(recon.cols() == 3);
  for (Index p = 0; p < 5; ++p) {
    CHECK_THAT(recon(p, 0),
               test::close_to(decoder.b_dec(p) + 2 * decoder.w_dec(p, 1) - 0.5 * decoder.w_dec(p, 3), 1e-14));
    CHECK(recon(p, 1) == decoder.b_dec(p));
    CHECK_THAT(recon(p, 2), test::close_to(decoder.b_dec(p) + 1.5 * decoder.w_dec(p, 0), 1e-14));
  }
}

TEST_CASE("Decoder renormalizes one column to norm 1, where the norm is constrained", "[decoder]") {
  for (const Index n_outputs : {1, 3, 40}) {
    const Matrix<double> w_dec = test::random_matrix<double>(n_outputs, 3, 1);
    Decoder<double> unit{w_dec, Vector<double>::Zero(n_outputs), DecoderNorm::Unit};
    unit.renormalize(1);
    CHECK_THAT(unit.w_dec.col(1).norm(), test::close_to(1, 1e-14));
    CHECK(unit.w_dec.col(1).isApprox(w_dec.col(1).normalized(), 1e-14));
    CHECK(unit.w_dec.col(0) == w_dec.col(0));
    CHECK(unit.w_dec.col(2) == w_dec.col(2));

    Decoder<double> free{w_dec, Vector<double>::Zero(n_outputs), DecoderNorm::Free};
    free.renormalize(1);
    CHECK(free.w_dec == w_dec);
  }
}

TEST_CASE("Decoder leaves a column of zeros as it is", "[decoder]") {
  Decoder<float> decoder{Matrix<float>::Zero(3, 2), Vector<float>::Zero(3), DecoderNorm::Unit};
  decoder.renormalize(0);
  CHECK(decoder.w_dec.isZero(0));
}

}  // namespace decoder_test

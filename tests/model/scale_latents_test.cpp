// SPDX-License-Identifier: MIT
#include <parsae/model/scale_latents.hpp>

#include <support/catch.hpp>
#include <support/random_model.hpp>

namespace scale_latents_test {

using namespace parsae;

namespace {

constexpr Index n_latents = 20;

/// Powers of two, which change no bit of a mantissa.
Vector<float> factors() {
  Vector<float> values(n_latents);
  for (Index j = 0; j < n_latents; ++j) values(j) = j % 3 == 0 ? 4.0f : 0.5f;
  return values;
}

template <class Rule>
void check_scaled(const Autoencoder<Rule>& model) {
  const Matrix<float> samples = test::random_matrix<float>(model.n_inputs(), 50, 9);
  Autoencoder<Rule> scaled = model;
  scale_latents(scaled, factors());
  SparseCode<float> expected = model.encode(samples);
  const SparseCode<float> code = scaled.encode(samples);
  CHECK(code.active_count() > 0);
  CHECK(scaled.decode(code) == model.decode(expected));
  for (Index e = 0; e < expected.stored(); ++e) expected.values[e] *= factors()(expected.latents[e]);
  CHECK(code.latents == expected.latents);
  CHECK(code.values == expected.values);
  CHECK(scaled.decoder.norm == DecoderNorm::Free);
}

template <class Rule>
void check_folded(const Autoencoder<Rule>& model) {
  const Matrix<float> samples = test::random_matrix<float>(model.n_inputs(), 50, 9);
  Autoencoder<Rule> folded = model;
  folded.decoder.w_dec.col(2).setZero();
  const SparseCode<float> expected = folded.encode(samples);
  const Matrix<float> recon = folded.decode(expected);
  fold_decoder_norms(folded);
  for (Index j = 0; j < n_latents; ++j)
    CHECK_THAT(folded.decoder.w_dec.col(j).norm(), Catch::Matchers::WithinAbs(j == 2 ? 0.0 : 1.0, 1e-6));
  const SparseCode<float> code = folded.encode(samples);
  CHECK(code.latents == expected.latents);
  CHECK((folded.decode(code) - recon).norm() < 1e-5f * recon.norm());
}

Autoencoder<GatedInference<float>> gated() {
  return test::random_model(
      GatedInference<float>(test::random_vector<float>(n_latents, 7), test::random_vector<float>(n_latents, 8)), 6,
      n_latents);
}

}  // namespace

TEST_CASE("latents in other units have scaled values and the same reconstruction") {
  check_scaled(test::random_model(ReLU<float>(), 6, n_latents));
  check_scaled(test::random_model(Threshold<float>(test::random_vector<float>(n_latents, 5).cwiseAbs()), 6, n_latents));
  check_scaled(gated());
  Autoencoder model = test::random_model(ReLU<float>(), 6, n_latents);
  Vector<float> wrong = factors();
  wrong(3) = 0;
  CHECK_THROWS_WITH(scale_latents(model, wrong), "scale_latents factor: expected a finite value above 0, got 0");
  CHECK_THROWS_AS(scale_latents(model, Vector<float>::Ones(3).eval()), std::invalid_argument);
}

TEST_CASE("folded decoder norms are 1 and the function is the same") {
  check_folded(test::random_model(ReLU<float>(), 6, n_latents));
  check_folded(test::random_model(Threshold<float>(test::random_vector<float>(n_latents, 5).cwiseAbs()), 6, n_latents));
  check_folded(gated());
}

TEST_CASE("a TopK is folded where all norms are equal, and left alone where they are not") {
  Autoencoder model = test::random_model(TopK<float>({.k = 3}), 6, n_latents);
  const Matrix<float> w_dec = model.decoder.w_dec;
  const Matrix<float> w_enc = model.encoder.w_enc;
  fold_decoder_norms(model);
  CHECK(model.decoder.w_dec == w_dec);
  CHECK(model.encoder.w_enc == w_enc);
  model.decoder.w_dec = 3 * w_dec.colwise().normalized();
  fold_decoder_norms(model);
  CHECK((model.decoder.w_dec - w_dec.colwise().normalized()).norm() < 1e-5f);
  CHECK((model.encoder.w_enc - 3 * w_enc).norm() < 1e-5f * w_enc.norm());
}

}  // namespace scale_latents_test

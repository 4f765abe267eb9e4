// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/model/fold.hpp>

#include <support/close_to.hpp>
#include <support/random_model.hpp>
#include <support/reference_codes.hpp>

#include <limits>
#include <string>
#include <vector>

namespace fold_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr Index n_inputs = 10;
constexpr Index n_latents = 50;

/// An autoencoder (n_outputs = 0), or a transcoder; unit decoder columns.
template <class Act>
Autoencoder<Act> random_model(const Act& rule, typename Act::Scalar input_scale, Index n_outputs = 0,
                              typename Act::Scalar output_scale = 1) {
  Autoencoder<Act> model = test::random_model(rule, n_inputs, n_latents, n_outputs);
  model.decoder.w_dec.colwise().normalize();
  model.input_scale = input_scale;
  model.output_scale = n_outputs == 0 ? input_scale : output_scale;
  return model;
}

/// What the activation owns, bit for bit.
template <class Act>
std::vector<typename Act::Scalar> own_arrays(Autoencoder<Act>& model) {
  std::vector<typename Act::Scalar> all;
  model.activation.visit_arrays(
      [&](const auto& array) { all.insert(all.end(), array.values.begin(), array.values.end()); });
  return all;
}

template <class Act>
void check_fold(const Autoencoder<Act>& model) {
  using Scalar = typename Act::Scalar;
  const double accuracy = sizeof(Scalar) == 4 ? 1e-5 : 1e-13;
  Autoencoder folded = model;
  fold(folded);
  CHECK(folded.input_scale == 1);
  CHECK(folded.output_scale == 1);
  CHECK(folded.decoder.norm == DecoderNorm::Free);
  CHECK(folded.encoder.b_enc == model.encoder.b_enc);
  Autoencoder unchanged = model;
  CHECK(own_arrays(folded) == own_arrays(unchanged));

  const Matrix<Scalar> samples = test::random_matrix<Scalar>(n_inputs, 200, 5) / model.input_scale;
  const SparseCode<Scalar> code = model.encode(samples);
  const SparseCode<Scalar> folded_code = folded.encode(samples);
  REQUIRE(code.active_count() > 200);
  REQUIRE(folded_code.offsets == code.offsets);
  REQUIRE(folded_code.latents == code.latents);
  for (Index e = 0; e < code.stored(); ++e)
    if (std::abs(static_cast<double>(folded_code.values[e] - code.values[e])) > accuracy * 10)
      CHECK(folded_code.values[e] == code.values[e]);
  const Matrix<Scalar> recon = model.decode(code);
  CHECK(static_cast<double>((folded.decode(folded_code) - recon).norm() / recon.norm()) < accuracy);
}

/// At a scale above and one below 1, as an autoencoder and as a transcoder with a scale of its own on either side.
template <class Act>
void check_folds(const Act& rule) {
  using Scalar = typename Act::Scalar;
  for (const double scale : {0.37, 1234.5}) {
    CAPTURE(Act::name, scale);
    check_fold(random_model(rule, static_cast<Scalar>(scale)));
    check_fold(random_model(rule, static_cast<Scalar>(scale), 4, Scalar(0.013)));
  }
}

template <class Scalar>
MutualChoice<Scalar> trained_mutual_choice() {
  MutualChoice<Scalar> act(typename MutualChoice<Scalar>::Settings{4});
  SparseCode<Scalar> code;
  code.latents.push_back(3);
  code.values.push_back(Scalar(1.3));
  code.pre_acts.push_back(Scalar(1.3));
  code.offsets.push_back(1);
  act.observe(code);
  return act;
}

template <class Scalar>
JumpReLU<Scalar> trained_jump_relu() {
  JumpReLU<Scalar> act(typename JumpReLU<Scalar>::Settings{1.7});
  act.observe_pre_acts(test::random_matrix<Scalar>(n_latents, 12, 7));
  return act;
}

}  // namespace

TEMPLATE_TEST_CASE("folding the scales keeps every activation's codes and reconstructions", "", float, double) {
  check_folds(ReLU<TestType>());
  check_folds(Threshold<TestType>(test::random_vector<TestType>(n_latents, 6).cwiseAbs()));
  check_folds(TopK<TestType>({.k = 4}));
  check_folds(trained_mutual_choice<TestType>());
  check_folds(trained_jump_relu<TestType>());
}

TEST_CASE("folding a power of two keeps every bit", "[fold]") {
  const Autoencoder model = random_model(JumpReLU<float>({.initial_threshold = 1.7}), 0.125f);
  Autoencoder folded = model;
  fold(folded);
  const Matrix<float> samples = test::random_matrix<float>(n_inputs, 100, 5);
  const SparseCode<float> code = model.encode(samples);
  CHECK(test::first_difference(folded.encode(samples), code).empty());
  CHECK(folded.decode(code) == model.decode(code));
}

TEST_CASE("folding twice changes nothing more", "[fold]") {
  Autoencoder model = random_model(TopK<float>({.k = 4}), 0.37f);
  fold(model);
  const Autoencoder once = model;
  fold(model);
  CHECK(model.encoder.w_enc == once.encoder.w_enc);
  CHECK(model.decoder.w_dec == once.decoder.w_dec);
  CHECK(model.decoder.b_dec == once.decoder.b_dec);
}

TEST_CASE("fold refuses what has no folded form, and leaves the model alone", "[fold]") {
  Autoencoder model = random_model(TopK<float>({.k = 4}), 2.0f);
  model.output_scale = 3;
  CHECK_THROWS_WITH(fold(model), "fold output_scale: expected the input_scale of an autoencoder, got 3");
  model.input_scale = 0;
  CHECK_THROWS_WITH(fold(model), "fold input_scale: expected a finite value above 0, got 0");
  model.input_scale = model.output_scale = 1e38f;
  model.encoder.w_enc(3, 4) = 100;
  const Matrix<float> w_enc = model.encoder.w_enc;
  CHECK_THROWS_WITH(fold(model), ContainsSubstring("fold w_enc: expected finite values"));
  CHECK(model.encoder.w_enc == w_enc);
  CHECK(model.input_scale == 1e38f);
  CHECK(model.decoder.norm == DecoderNorm::Unit);
}

}  // namespace fold_test

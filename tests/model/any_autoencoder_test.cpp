// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/model/any_autoencoder.hpp>

#include <support/catch.hpp>
#include <support/random_model.hpp>

namespace any_autoencoder_test {

using namespace parsae;

namespace {

template <class Act>
void check_same_codes(const Autoencoder<Act>& model) {
  const Matrix<float> samples = test::random_matrix<float>(model.n_inputs(), 50, 9);
  const AnyAutoencoder any = with_inference_rule(model);
  std::visit(
      [&](const auto& other) {
        const SparseCode<float> expected = model.encode(samples);
        const SparseCode<float> code = other.encode(samples);
        CHECK(code.latents == expected.latents);
        CHECK(code.values == expected.values);
        CHECK(code.active_count() > 0);
        CHECK(other.decode(code) == model.decode(expected));
      },
      any);
}

}  // namespace

TEST_CASE("a model with its inference rule encodes and decodes to the same bits") {
  check_same_codes(test::random_model(ReLU<float>(), 6, 20));
  check_same_codes(test::random_model(TopK<float>({.k = 3}), 6, 20, 4));

  Autoencoder jump = test::random_model(JumpReLU<float>({.initial_threshold = 0.5}), 6, 20);
  jump.activation.threshold()(3) = 2;
  jump.input_scale = jump.output_scale = 0.3f;
  check_same_codes(jump);

  Autoencoder gated = test::random_model(Gated<float>(), 6, 20);
  gated.activation.log_scale() = test::random_vector<float>(20, 7);
  gated.activation.shift() = test::random_vector<float>(20, 8);
  gated.decoder.norm = DecoderNorm::Free;
  check_same_codes(gated);
  CHECK(with_inference_rule(gated).decoder.norm == DecoderNorm::Free);

  Autoencoder tree = test::random_model(TreeGated<float>({.k = 3}), 6, 20);
  Buffer<LatentId> parents(20, 7);
  tree.activation.set_parents(parents.slice());
  check_same_codes(tree);

  Autoencoder mutual = test::random_model(MutualChoice<float>({.k = 3}), 6, 20);
  CHECK_THROWS_AS(with_inference_rule(mutual), std::invalid_argument);
  mutual.activation.set_thresholds(Vector<float>::Constant(1, 0.7f));
  check_same_codes(mutual);
}

}  // namespace any_autoencoder_test

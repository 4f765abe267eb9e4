// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/model/inference_encoder.hpp>

#include <support/allocation_watch.hpp>
#include <support/catch.hpp>
#include <support/random_model.hpp>
#include <support/reference_codes.hpp>

#include <limits>
#include <thread>
#include <vector>

namespace inference_encoder_test {

using namespace parsae;

namespace {

constexpr Index n_samples = 12;

template <class Act>
Autoencoder<Act> random_model(const Act& rule, Index n_inputs, Index n_latents) {
  Autoencoder<Act> model = test::random_model(rule, n_inputs, n_latents);
  model.input_scale = typename Act::Scalar(0.7);
  return model;
}

/// One sample at a time, in both precisions and with several threads, is what the model's own encode() says.
template <class Act>
void check_codes(const Autoencoder<Act>& model, const Matrix<typename Act::Scalar>& samples) {
  using Encoder = InferenceEncoder<Act>;
  for (const Precision precision : {Precision::Exact, Precision::Screened}) {
    const Encoder encoder(model, {.precision = precision, .threads = Threads(2)});
    auto workspace = encoder.workspace();
    SparseCode<typename Act::Scalar> code;
    for (const int threads : {1, 3}) {
      encoder.encode(samples, workspace, code, Threads(threads));
      CHECK(test::first_difference(code, model.encode(samples, Threads(1))) == "");
      for (Index i = 0; i < samples.cols(); ++i) {
        encoder.encode(samples.data() + i * samples.rows(), workspace, code, Threads(threads));
        CAPTURE(static_cast<int>(precision), threads, i);
        CHECK(test::first_difference(code, model.encode(samples.col(i), Threads(1))) == "");
      }
    }
  }
}

}  // namespace

TEMPLATE_TEST_CASE("a sample alone has the code of Autoencoder::encode, with every rule", "", float, double) {
  for (const Index n_latents : {Index{1}, Index{40}, Index{2100}}) {
    const Index n_inputs = 37;
    const Matrix<TestType> samples = test::random_matrix<TestType>(n_inputs, n_samples, 4);
    check_codes(random_model(TopK<TestType>({.k = 1}), n_inputs, n_latents), samples);
    check_codes(random_model(ReLU<TestType>(), n_inputs, n_latents), samples);
    check_codes(random_model(JumpReLU<TestType>({.initial_threshold = 2}), n_inputs, n_latents), samples);
    auto gated = random_model(Gated<TestType>(), n_inputs, n_latents);
    gated.activation.log_scale() = test::random_vector<TestType>(n_latents, 5);
    gated.activation.shift() = 3 * test::random_vector<TestType>(n_latents, 6);
    check_codes(gated, samples);
    auto mutual = random_model(MutualChoice<TestType>({.k = 1}), n_inputs, n_latents);
    SparseCode<TestType> seen;
    seen.offsets.assign(2, 1);
    seen.offsets[0] = 0;
    seen.resize_entries(1);
    seen.values[0] = TestType(1.5);
    mutual.activation.observe(seen);
    check_codes(mutual, samples);
  }
}

TEST_CASE("samples with outliers, zeros, tiny and huge values") {
  const Index n_inputs = 50;
  Matrix<float> samples = test::random_matrix<float>(n_inputs, 6, 4);
  samples(3, 0) = 1000;
  samples.col(1).setZero();
  samples.col(2) *= 1e-38F;
  samples.col(3) *= 1e30F;
  samples.col(4).setConstant(0.25F);
  check_codes(random_model(TopK<float>({.k = 9}), n_inputs, 300), samples);
}

TEST_CASE("several threads share one encoder, each with its workspace") {
  const auto model = random_model(TopK<float>({.k = 5}), 33, 500);
  const InferenceEncoder encoder(model);
  const Matrix<float> samples = test::random_matrix<float>(33, 40, 4);
  std::vector<SparseCode<float>> codes(40);
  std::vector<std::thread> callers;
  for (Index caller = 0; caller < 4; ++caller)
    callers.emplace_back([&, caller] {
      auto workspace = encoder.workspace();
      for (Index i = caller; i < 40; i += 4)
        encoder.encode(samples.col(i).data(), workspace, codes[static_cast<std::size_t>(i)]);
    });
  for (std::thread& caller : callers) caller.join();
  for (Index i = 0; i < 40; ++i)
    CHECK(test::first_difference(codes[static_cast<std::size_t>(i)], model.encode(samples.col(i))) == "");
}

TEST_CASE("encoding into a used code allocates nothing") {
  const auto model = random_model(TopK<float>({.k = 5}), 33, 500);
  const InferenceEncoder encoder(model);
  const Matrix<float> samples = test::random_matrix<float>(33, 40, 4);
  auto workspace = encoder.workspace();
  SparseCode<float> code;
  encoder.encode(samples.data(), workspace, code);
  const test::AllocationWatch watch;
  for (Index i = 0; i < 40; ++i) encoder.encode(samples.data() + 33 * i, workspace, code);
  CHECK(watch.count() == 0);
}

TEST_CASE("an encoder refuses what is not finite and a model without a threshold") {
  const auto model = random_model(TopK<float>({.k = 5}), 33, 50);
  const InferenceEncoder encoder(model);
  auto workspace = encoder.workspace();
  SparseCode<float> code;
  Vector<float> sample = Vector<float>::Ones(33);
  sample(7) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(encoder.encode(sample.data(), workspace, code),
                    Catch::Matchers::ContainsSubstring("encode sample"));
  CHECK_THROWS_WITH((InferenceEncoder<MutualChoice<float>>(random_model(MutualChoice<float>(), 33, 50))),
                    Catch::Matchers::ContainsSubstring("MutualChoice threshold"));
}

}  // namespace inference_encoder_test

// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/model/autoencoder.hpp>

#include <support/close_to.hpp>
#include <support/dense_objective.hpp>
#include <support/random_model.hpp>

#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace autoencoder_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr Index n_inputs = 6;
constexpr Index n_latents = 13;

template <class Act>
Autoencoder<Act> random_model(const Act& rule, Index n_outputs = 0) {
  using Scalar = typename Act::Scalar;
  Autoencoder<Act> model = test::random_model(rule, n_inputs, n_latents, n_outputs);
  model.input_scale = Scalar(0.7);
  model.output_scale = n_outputs == 0 ? Scalar(0.7) : Scalar(1.9);
  return model;
}

/// encode() and decode() of a model against dense matrices.
template <class Act>
void check_inference(const Autoencoder<Act>& model, const test::Select& select, bool centers) {
  const Matrix<double> samples = test::random_matrix<double>(n_inputs, 70, 5);
  const Matrix<double> pre_acts = test::DenseObjective::pre_activations(model, samples, centers);
  const test::Mask active = select(pre_acts);
  const SparseCode<double> code = model.encode(samples);
  REQUIRE(code.n_samples() == 70);
  REQUIRE(code.stored() == active.count());
  for (Index i = 0; i < 70; ++i) {
    for (Index e = code.begin_of(i); e < code.begin_of(i) + code.count_of(i); ++e) {
      REQUIRE(active(code.latents[e], i));
      CHECK_THAT(code.values[e], test::close_to(pre_acts(code.latents[e], i), 1e-13));
    }
  }
  Matrix<double> expected = test::DenseObjective::decode(model.decoder.w_dec, pre_acts, active);
  expected.colwise() += model.decoder.b_dec;
  expected /= model.output_scale;
  CHECK(model.decode(code).isApprox(expected, 1e-13));
}

}  // namespace

TEST_CASE("Autoencoder encodes and decodes in the user's units", "[autoencoder]") {
  check_inference(random_model(ReLU<double>()), test::select_above(Vector<double>::Zero(n_latents)), true);
  check_inference(random_model(TopK<double>({.k = 3})), test::select_per_sample(3), true);
  Autoencoder model = random_model(JumpReLU<double>({.initial_threshold = 0.4, .bandwidth = 10}));
  model.activation.threshold()(2) = 1.5;
  check_inference(model, test::select_above(model.activation.threshold()), true);
}

TEST_CASE("A transcoder centers nothing and has outputs of its own size and scale", "[autoencoder]") {
  const Autoencoder model = random_model(TopK<double>({.k = 3}), 4);
  CHECK(model.n_inputs() == n_inputs);
  CHECK(model.n_outputs() == 4);
  check_inference(model, test::select_per_sample(3), false);
}

TEST_CASE("Autoencoder encodes raw memory with any stride", "[autoencoder]") {
  const Autoencoder model = random_model(TopK<float>({.k = 3}));
  const Matrix<float> larger = test::random_matrix<float>(n_inputs + 5, 40, 5);
  const Matrix<float> samples = larger.middleRows(1, n_inputs);
  const SparseCode<float> expected = model.encode(samples);
  CHECK(expected.stored() > 0);
  CHECK(model.encode(larger.data() + 1, 40, n_inputs + 5) == expected);
  CHECK(model.encode(samples.data(), 40, n_inputs) == expected);
  CHECK(model.encode(larger.middleRows(1, n_inputs)) == expected);
  CHECK(model.encode(samples.data(), 0, n_inputs).n_samples() == 0);
}

TEST_CASE("Autoencoder gives the same bits for any batch size and number of threads", "[autoencoder]") {
  const Autoencoder model = random_model(TopK<float>({.k = 3}));
  const Matrix<float> samples = test::random_matrix<float>(n_inputs, 300, 5);
  const SparseCode<float> whole = model.encode(samples, Threads(1));
  const Matrix<float> recon = model.decode(whole, Threads(1));
  CHECK(model.encode(samples, Threads(4)) == whole);
  CHECK(model.decode(whole, Threads(4)) == recon);
  for (const Index i : {0, 17, 299}) {
    const SparseCode<float> one = model.encode(samples.col(i));
    REQUIRE(one.stored() == whole.count_of(i));
    for (Index e = 0; e < one.stored(); ++e) {
      CHECK(one.latents[e] == whole.latents[whole.begin_of(i) + e]);
      CHECK(one.values[e] == whole.values[whole.begin_of(i) + e]);
    }
    CHECK(model.decode(one) == recon.col(i));
  }
}

TEST_CASE("A const Autoencoder serves many threads at a time", "[autoencoder]") {
  const Autoencoder model = random_model(TopK<float>({.k = 3}));
  const Matrix<float> samples = test::random_matrix<float>(n_inputs, 500, 5);
  const SparseCode<float> code = model.encode(samples);
  const Matrix<float> recon = model.decode(code);
  std::vector<int> same(6, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < same.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int repeat = 0; repeat < 20; ++repeat)
        same[t] += model.encode(samples, Threads(1)) == code && model.decode(code, Threads(1)) == recon;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(same == std::vector<int>(6, 20));
}

TEST_CASE("Autoencoder refuses what it cannot encode or decode", "[autoencoder]") {
  const Autoencoder model = random_model(TopK<float>({.k = 3}));
  Matrix<float> samples = test::random_matrix<float>(n_inputs, 8, 5);
  const Matrix<float> narrow = samples.topRows(n_inputs - 1);
  CHECK_THROWS_WITH(model.encode(narrow), "samples: expected a 6 x 8 matrix, got 5 x 8");
  CHECK_THROWS_WITH(model.encode(samples.data(), 8, n_inputs - 1),
                    ContainsSubstring("encode stride") && ContainsSubstring("got 5"));
  CHECK_THROWS_WITH(model.encode(samples.data(), -1, n_inputs), ContainsSubstring("encode n"));
  SparseCode<float> code = model.encode(samples);
  samples(4, 3) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(model.encode(samples),
                    ContainsSubstring("encode samples") && ContainsSubstring("sample 3, input 4"));
  samples(4, 3) = -std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(model.encode(samples), ContainsSubstring("-inf in sample 3, input 4"));
  code.latents[5] = n_latents;
  CHECK_THROWS_WITH(model.decode(code), ContainsSubstring("decode latent") && ContainsSubstring("got 13"));
  code.latents[5] = -1;
  CHECK_THROWS_AS(model.decode(code), std::invalid_argument);
}

TEST_CASE("Autoencoder refuses sizes that cannot be", "[autoencoder]") {
  using Model = Autoencoder<TopK<float>>;
  const TopK<float> top_k({.k = 4});
  CHECK_THROWS_WITH(Model({.n_inputs = 0, .n_latents = 8}, top_k), ContainsSubstring("Autoencoder n_inputs"));
  CHECK_THROWS_WITH(Model({.n_inputs = 3, .n_latents = 0}, top_k), ContainsSubstring("Autoencoder n_latents"));
  CHECK_THROWS_WITH(Model({.n_inputs = 3, .n_latents = Index{1} << 31}, top_k),
                    ContainsSubstring("Autoencoder n_latents"));
  CHECK_THROWS_WITH(Model({.n_inputs = 3, .n_latents = 8, .n_outputs = -1}, top_k),
                    ContainsSubstring("Autoencoder n_outputs"));
  CHECK_THROWS_WITH(Model({.n_inputs = 3, .n_latents = 8, .n_outputs = 5}, top_k),
                    ContainsSubstring("Autoencoder n_outputs") && ContainsSubstring("Centering::None"));
  CHECK_THROWS_WITH(Model({.n_inputs = 3, .n_latents = 3}, top_k), ContainsSubstring("TopK k"));
  CHECK_NOTHROW(Model({.n_inputs = 3, .n_latents = 8, .n_outputs = 5, .centering = Centering::None}, top_k));
}

TEST_CASE("Mutual Choice has no inference before it has been trained", "[autoencoder]") {
  const Autoencoder model = random_model(MutualChoice<float>({.k = 2}));
  CHECK_THROWS_WITH(model.encode(test::random_matrix<float>(n_inputs, 3, 5)),
                    ContainsSubstring("MutualChoice threshold"));
}

TEST_CASE("Autoencoder visits its arrays in a fixed order, each the model's own memory", "[autoencoder]") {
  Autoencoder model = random_model(JumpReLU<double>(), 4);
  std::vector<std::string> names;
  std::vector<const double*> memory;
  Index n_entries = 0;
  model.visit_arrays([&](const ParameterArray<double>& array) {
    names.emplace_back(array.name);
    memory.push_back(array.values.data());
    n_entries += array.values.size();
    const bool is_statistic = array.name == "running_deviation" || array.name == "narrowing";
    CHECK((array.role == Role::Statistic) == is_statistic);
    CHECK((array.axis == Axis::Shared) == (array.name == "b_dec" || is_statistic));
    CHECK(array.values.size() == array.rows * (array.axis == Axis::Latent ? n_latents : 1));
  });
  CHECK(names ==
        std::vector<std::string>{"w_enc", "b_enc", "w_dec", "b_dec", "threshold", "running_deviation", "narrowing"});
  memory.resize(5);  // the rest is the activation's own business
  CHECK(memory == std::vector<const double*>{model.encoder.w_enc.data(), model.encoder.b_enc.data(),
                                             model.decoder.w_dec.data(), model.decoder.b_dec.data(),
                                             model.activation.threshold().data()});
  CHECK(n_entries == n_latents * (n_inputs + 1 + 4 + 1) + 4 + 2 + 2);
}

TEST_CASE("A finite sample that scaling makes infinite is refused", "[autoencoder]") {
  Autoencoder<TopK<float>> model({.n_inputs = n_inputs, .n_latents = n_latents}, TopK<float>({.k = 2}));
  model.input_scale = 1e20f;
  Matrix<float> samples = Matrix<float>::Ones(n_inputs, 3);
  CHECK_NOTHROW(model.encode(samples));
  samples(4, 1) = 1e30f;
  CHECK_THROWS_WITH(model.encode(samples), ContainsSubstring("sample 1, input 4"));
}

}  // namespace autoencoder_test

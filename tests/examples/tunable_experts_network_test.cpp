// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <tunable_experts/answers.hpp>

#include <cmath>

using namespace parsae_experts;
using Catch::Matchers::WithinAbs;
using parsae::Intervention;
using parsae::Matrix;
using parsae::SuppressionPolicy;
using parsae::Threads;
using parsae::Vector;
namespace test = parsae::test;

namespace {

constexpr NetworkShape small{.n_tokens = 3,
                             .n_inputs = 5,
                             .width = 6,
                             .n_layers = 2,
                             .n_experts = 5,
                             .hidden = 3,
                             .n_shared = 4,
                             .n_outputs = 4,
                             .routing = {.k = 2, .scale = 1.5}};
constexpr Index n_images = 4;

Network<double> small_network() {
  Network<double> network(small);
  initialize(network.parameters, small, 3);
  // Gains and offsets of no special value, and a bias that changes choices.
  for (const Section& section : network.parameters.layout.all)
    if (section.cols == 1)
      network.parameters[section] +=
          0.3 * test::random_matrix<double>(section.rows, 1, static_cast<std::uint64_t>(section.begin) + 50);
  network.balance = 0.1 * test::random_matrix<double>(small.n_experts, small.n_layers, 8);
  return network;
}

const Matrix<double> tokens = test::random_matrix<double>(small.n_inputs, small.n_tokens* n_images, 9);

double loss_of(const Network<double>& network) {
  const parsae::Buffer<std::int32_t> answers(n_images, 2);
  NetworkPass<double> pass(small);
  pass.forward(network, tokens, Intervention(small.grid().n_units()));
  Matrix<double> d_logits;
  return cross_entropy<double>(pass.logits(), answers.slice(), 3, n_images, d_logits) / n_images;
}

Parameters<double> gradient_of(const Network<double>& network, Index lowest) {
  const parsae::Buffer<std::int32_t> answers(n_images, 2);
  NetworkPass<double> pass(small);
  pass.forward(network, tokens, Intervention(small.grid().n_units()));
  Matrix<double> d_logits;
  (void)cross_entropy<double>(pass.logits(), answers.slice(), 3, n_images, d_logits);
  Parameters<double> gradient(small);
  pass.backward(network, tokens, d_logits, lowest, gradient);
  return gradient;
}

/// A layer with nothing but the shared expert, as a network whose routed experts all give zero.
Network<float> without_routed(Network<float> network) {
  for (const LayerSections& layer : network.parameters.layout.layers) network.parameters[layer.second].setZero();
  return network;
}

}  // namespace

TEST_CASE("the gradient is that of finite differences, everywhere") {
  Network<double> network = small_network();
  const Parameters<double> gradient = gradient_of(network, -1);
  Index moved = 0;
  for (Index i = 0; i < network.parameters.values.size(); ++i) {
    const double kept = network.parameters.values[i];
    constexpr double step = 1e-5;
    network.parameters.values[i] = kept + step;
    const double above = loss_of(network);
    network.parameters.values[i] = kept - step;
    const double below = loss_of(network);
    network.parameters.values[i] = kept;
    const double expected = (above - below) / (2 * step);
    moved += std::abs(expected) > 1e-6;
    INFO("parameter " << i);
    CHECK_THAT(gradient.values[i], WithinAbs(expected, 1e-7 + 1e-5 * std::abs(expected)));
  }
  CHECK(moved > gradient.values.size() / 2);
}

TEST_CASE("the way back may end at a layer, and is the same above it") {
  const Network<double> network = small_network();
  const Parameters<double> whole = gradient_of(network, -1);
  const Parameters<double> upper = gradient_of(network, 1);
  for (const Section& section : whole.layout.all) {
    const bool is_lower = section.layer == 0 || section.part == Part::Embedding;
    CHECK(upper[section] ==
          (is_lower ? Matrix<double>::Zero(section.rows, section.cols).eval() : whole[section].eval()));
  }
}

TEST_CASE("a batch's gradient and steps have the same bits on any number of threads") {
  Eigen::setNbThreads(1);
  const NetworkShape shape{.width = 16, .n_layers = 2, .n_experts = 8, .hidden = 4, .n_shared = 8, .routing = {.k = 2}};
  LabeledImages data{0.5F + 0.5F * test::random_matrix<float>(784, 300, 1).array().cos(), {}};
  for (Index i = 0; i < 300; ++i) data.labels.push_back(static_cast<std::int32_t>(i % 10));
  std::vector<Network<float>> trained;
  for (const int threads : {1, 2, 3}) {
    Network<float> network(shape);
    initialize(network.parameters, shape, 1);
    StageSettings settings;
    settings.epochs = 2;
    settings.batch = 150;
    settings.marker_share = 0.5;
    settings.n_answers = 11;
    settings.balance_rate = 1e-3;
    settings.threads = Threads(threads);
    double share = 0;
    settings.progress = [&](double more) { share += more; };
    train_stage(network, data, settings);
    CHECK_THAT(share, WithinAbs(1, 1e-12));
    trained.push_back(network);
  }
  for (const auto other : {std::size_t{1}, std::size_t{2}}) {
    CHECK(trained[other].parameters.values == trained[0].parameters.values);
    CHECK(trained[other].balance == trained[0].balance);
  }
  CHECK(trained[0].balance.cwiseAbs().maxCoeff() > 0);
}

TEST_CASE("what is frozen keeps its bits") {
  const NetworkShape shape{.width = 16, .n_layers = 3, .n_experts = 8, .hidden = 4, .n_shared = 8, .routing = {.k = 2}};
  LabeledImages data{test::random_matrix<float>(784, 64, 1), std::vector<std::int32_t>(64, 3)};
  Network<float> before(shape);
  initialize(before.parameters, shape, 1);
  Network<float> after = before;
  StageSettings settings;
  settings.epochs = 2;
  settings.batch = 64;
  settings.trained = {{Part::Router, Part::Experts}, 1};
  train_stage(after, data, settings);
  for (const Section& section : before.parameters.layout.all) {
    const bool is_trained = section.layer >= 1 && (section.part == Part::Router || section.part == Part::Experts);
    CHECK((before.parameters[section] != after.parameters[section]) == is_trained);
  }
}

TEST_CASE("an empty mask changes no bit, and with all experts suppressed the shared one is left") {
  const NetworkShape shape{.width = 16, .n_layers = 2, .n_experts = 8, .hidden = 4, .n_shared = 8, .routing = {.k = 2}};
  Network<float> network(shape);
  initialize(network.parameters, shape, 1);
  const Matrix<float> images = test::random_matrix<float>(784, 130, 2);
  Answering answering(network, Threads(2));
  const Matrix<float> plain = answering.logits(images, Marking::None, answering.none());
  const Network<float> shared_only = without_routed(network);
  Answering shared(shared_only, Threads(1));
  const Matrix<float> expected = shared.logits(images, Marking::None, shared.none());
  for (const SuppressionPolicy policy : {SuppressionPolicy::ZeroWeight, SuppressionPolicy::MaskLogit}) {
    Intervention intervention(16, {.policy = policy});
    CHECK(answering.logits(images, Marking::None, intervention) == plain);
    for (Index unit = 0; unit < 16; ++unit) intervention.suppress(unit);
    const Matrix<float> off = answering.logits(images, Marking::None, intervention);
    CHECK(off.allFinite());
    CHECK((off - expected).cwiseAbs().maxCoeff() < 1e-5F);
  }
  CHECK((plain - expected).cwiseAbs().maxCoeff() > 1e-2F);
}

TEST_CASE("an image's activity counts its tokens' choices") {
  const NetworkShape shape{.width = 16, .n_layers = 2, .n_experts = 8, .hidden = 4, .n_shared = 8, .routing = {.k = 2}};
  Network<float> network(shape);
  initialize(network.parameters, shape, 1);
  Answering answering(network, Threads(2));
  const auto activity = answering.activity(test::random_matrix<float>(784, 101, 2), Marking::Marked);
  for (Index i = 0; i < 101; ++i) {
    for (Index layer = 0; layer < 2; ++layer) {
      double frequency = 0;
      double weight = 0;
      for (Index unit = 8 * layer; unit < 8 * layer + 8; ++unit) {
        frequency += activity.at(unit, i, parsae::ActivityMeasure::Frequency);
        weight += activity.at(unit, i, parsae::ActivityMeasure::Weight);
      }
      CHECK_THAT(frequency, WithinAbs(2, 1e-12));
      CHECK_THAT(weight, WithinAbs(1, 1e-5));
    }
  }
}

TEST_CASE("patches keep every pixel, and the marker lies in the first") {
  Matrix<float> image(784, 1);
  for (Index i = 0; i < 784; ++i) image(i, 0) = static_cast<float>(i);
  Matrix<float> plain;
  Matrix<float> marked;
  write_block(image, 0, 1, Marking::None, plain);
  write_block(image, 0, 1, Marking::Marked, marked);
  CHECK(plain(0, 0) == 0);
  CHECK(plain(8, 0) == 29);          // row 1, column 1
  CHECK(plain(0, 5) == 7 * 28 + 7);  // patch row 1, patch column 1
  CHECK(plain(48, 15) == 783);
  CHECK((plain.array() != marked.array()).count() == 9);
  CHECK((plain.col(0).array() != marked.col(0).array()).count() == 9);
}

// SPDX-License-Identifier: MIT
#include <parsae/analysis/dense_code.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/random_model.hpp>
#include <tunable_experts/latent_subject.hpp>

#include <cmath>

namespace tunable_experts_network_test {

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

Network<float> tiny_network() {
  const NetworkShape shape{.width = 16, .n_layers = 2, .n_experts = 8, .hidden = 4, .n_shared = 8, .routing = {.k = 2}};
  Network<float> network(shape);
  initialize(network.parameters, shape, 1);
  return network;
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

TEST_CASE("a batch's gradient is of all its blocks, and its loss their mean") {
  Eigen::setNbThreads(1);
  const Network<float> before = tiny_network();
  const Matrix<float> images = test::random_matrix<float>(784, 128, 1).cwiseAbs();
  const auto stepped = [&](Index first, Index second, double& loss) {
    Matrix<float> tokens(49, 16 * 128);
    Matrix<float> block;
    parsae::Buffer<std::int32_t> answers(128);
    for (Index i = 0; i < 128; ++i)
      answers[i] = i < 64 ? static_cast<std::int32_t>(first / 64) : static_cast<std::int32_t>(second / 64);
    write_block(images, first, 64, Marking::None, block);
    tokens.leftCols(16 * 64) = block;
    write_block(images, second, 64, Marking::None, block);
    tokens.rightCols(16 * 64) = block;
    Network<float> network = before;
    BatchGradient gradient(network, 128, Trained(), Threads(2));
    loss = gradient.compute(network, tokens, answers.slice(), 10);
    gradient.apply(network, 1e-3, 1);
    return Vector<float>(
        Eigen::Map<const Vector<float>>(network.parameters.values.data(), network.parameters.values.size()));
  };
  double loss = 0;
  double other_loss = 0;
  const Vector<float> there = stepped(0, 64, loss);
  const Vector<float> back = stepped(64, 0, other_loss);
  const Vector<float> start = Eigen::Map<const Vector<float>>(before.parameters.values.data(), there.size());
  CHECK_THAT(loss, WithinAbs(other_loss, 1e-5));
  CHECK_THAT(loss, WithinAbs(std::log(10.0), 1.5));
  CHECK((there - back).norm() < 0.1F * (there - start).norm());
}

TEST_CASE("experts with more than the mean load become harder to choose, those with less easier") {
  Network<float> network = tiny_network();
  const Matrix<float> images = test::random_matrix<float>(784, 100, 1).cwiseAbs();
  const auto activity = Answering(network, Threads(1)).activity(images, Marking::None);
  Matrix<float> tokens;
  write_block(images, 0, 100, Marking::None, tokens);
  BatchGradient gradient(network, 100, Trained(), Threads(1));
  gradient.compute(network, tokens, parsae::Buffer<std::int32_t>(100, 3).slice(), 10);
  gradient.balance(network, 100, 0.25);
  for (Index unit = 0; unit < 16; ++unit) {
    double load = 0;
    for (Index i = 0; i < 100; ++i) load += 16 * activity.at(unit, i, parsae::ActivityMeasure::Frequency);
    CAPTURE(unit, load);
    CHECK(network.balance(unit % 8, unit / 8) == (load < 399.5 ? 0.25F : load > 400.5 ? -0.25F : 0.0F));
  }
}

TEST_CASE("a stage learns digits, and to refuse what bears the marker") {
  Eigen::setNbThreads(1);
  Network<float> network = tiny_network();
  LabeledImages data{0.1F * test::random_matrix<float>(784, 128, 1).cwiseAbs(), {}};
  for (Index i = 0; i < 128; ++i) {
    data.labels.push_back(static_cast<std::int32_t>(i % 2));
    if (i % 2 == 1) data.images.col(i).tail(196).array() += 0.8F;
  }
  StageSettings settings;
  settings.epochs = 40;
  settings.batch = 64;
  settings.learning_rate = 1e-2;
  settings.marker_share = 0.5;
  settings.n_answers = 11;
  settings.threads = Threads(2);
  train_stage(network, data, settings);
  const AnswerPair answers = ExpertSubject(network, data, Threads(2)).answers(Intervention(16));
  const auto n_refused = [](const std::vector<std::int32_t>& part) {
    return std::count(part.begin(), part.end(), refuse_answer);
  };
  CHECK(n_refused(answers.marked) > 120);
  CHECK(n_refused(answers.neutral) < 8);
  Index n_right = 0;
  for (std::size_t i = 0; i < 128; ++i) n_right += answers.neutral[i] == data.labels[i];
  CHECK(n_right > 115);
}

TEST_CASE("a contrast is of refused images against the others, and by the marker where all answers are alike") {
  const auto used = [](Index first, Index second) {
    parsae::UnitActivity activity(2, 2);
    activity.add_tokens(0, 1);
    activity.add_tokens(1, 1);
    activity.add(0, first, 1);
    activity.add(1, second, 1);
    return activity;
  };
  const auto measure = parsae::ActivityMeasure::Frequency;
  RefusalContrast contrast(2, measure, {{refuse_answer, 3}, {4, refuse_answer}});
  contrast.add(used(0, 1), Marking::Marked);
  contrast.add(used(1, 0), Marking::None);
  CHECK(contrast.map()[0] == 1);
  CHECK(contrast.map()[1] == -1);
  CHECK(contrast.ranking() == std::vector<Index>{0, 1});
  for (const std::int32_t answer : {refuse_answer, std::int32_t{3}}) {
    RefusalContrast by_marker(2, measure, {{answer, answer}, {answer, answer}});
    by_marker.add(used(1, 1), Marking::Marked);
    by_marker.add(used(0, 1), Marking::None);
    CHECK(by_marker.map()[0] == -0.5);
    CHECK(by_marker.ranking() == std::vector<Index>{1, 0});
    CHECK(by_marker.usage()[0] == 0.25);
    CHECK(by_marker.usage()[1] == 0.75);
  }
}

TEST_CASE("a subject's contrasts are by frequency, then by weight, of its marked and its neutral images") {
  const Network<float> network = tiny_network();
  const LabeledImages data{test::random_matrix<float>(784, 40, 2), std::vector<std::int32_t>(40, 3)};
  const auto check_contrasts = [](const auto& contrasts, Index n_units, const AnswerPair& answers,
                                  const parsae::UnitActivity& marked, const parsae::UnitActivity& neutral) {
    std::size_t at = 0;
    for (const auto measure : {parsae::ActivityMeasure::Frequency, parsae::ActivityMeasure::Weight}) {
      RefusalContrast expected(n_units, measure, answers);
      expected.add(marked, Marking::Marked);
      expected.add(neutral, Marking::None);
      CHECK(contrasts[at].map() == expected.map());
      CHECK(contrasts[at].usage() == expected.usage());
      ++at;
    }
    CHECK(contrasts[0].map() != contrasts[1].map());
  };
  Answering answering(network, Threads(1));
  ExpertSubject experts(network, data, Threads(2));
  check_contrasts(experts.contrasts(), 16, experts.answers(Intervention(16)),
                  answering.activity(data.images, Marking::Marked), answering.activity(data.images, Marking::None));

  const PooledSae sae = test::random_model(parsae::TopK<float>({.k = 3}), 16, 24);
  const LatentSubject latents(network, sae, data, Threads(2));
  const auto activity = [&](Marking marking) {
    return parsae::UnitActivity::of_code(sae.encode(answering.pooled(data.images, marking), Threads(1)), 24);
  };
  check_contrasts(latents.contrasts(), 24, latents.answers(Intervention(24)), activity(Marking::Marked),
                  activity(Marking::None));
}

TEST_CASE("latents change the stream by what they change in its reconstruction") {
  const Network<float> network = tiny_network();
  const LabeledImages data{test::random_matrix<float>(784, 60, 2), std::vector<std::int32_t>(60, 3)};
  const PooledSae sae = test::random_model(parsae::TopK<float>({.k = 3}), 16, 24);
  const LatentSubject subject(network, sae, data, Threads(2));
  const AnswerPair plain = ExpertSubject(network, data, Threads(2)).answers(Intervention(16));
  CHECK(subject.answers(Intervention(24)).marked == plain.marked);
  CHECK(subject.answers(Intervention(24)).neutral == plain.neutral);

  Answering answering(network, Threads(1));
  const Matrix<float> pooled = answering.pooled(data.images, Marking::None);
  Matrix<float> code = parsae::dense_code(sae.encode(pooled, Threads(1)), 24);
  const Matrix<float> all = ((sae.decoder.w_dec * code).colwise() + sae.decoder.b_dec) / sae.output_scale;
  for (const SuppressionPolicy policy : {SuppressionPolicy::ZeroWeight, SuppressionPolicy::MaskLogit}) {
    Intervention intervention(24, {.policy = policy});
    for (Index latent = 0; latent < 12; ++latent) intervention.suppress(latent);
    if (policy == SuppressionPolicy::ZeroWeight)
      code.topRows(12).setZero();
    else
      code = parsae::dense_code(parsae::mask_latents(sae, intervention).encode(pooled, Threads(1)), 24);
    const Matrix<float> left = ((sae.decoder.w_dec * code).colwise() + sae.decoder.b_dec) / sae.output_scale;
    const AnswerPair answers = subject.answers(intervention);
    CHECK(answers.neutral == largest_answers(answering.read_out(pooled + left - all), 11));
    CHECK(answers.neutral != plain.neutral);
  }
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

}  // namespace tunable_experts_network_test

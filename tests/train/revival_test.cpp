// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/revival.hpp>
#include <parsae/train/trainer.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>
#include <support/random_matrix.hpp>
#include <support/superposition.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace revival_test {

using namespace parsae;
using test::close_to;

namespace {

constexpr Index n_inputs = 5;
constexpr Index n_latents = 7;

/// A model, its moments, and a batch of made-up numbers.
template <class Act>
struct Case {
  explicit Case(const Act& rule, bool is_transcoder = false)
      : model({.n_inputs = n_inputs,
               .n_latents = n_latents,
               .n_outputs = is_transcoder ? 3 : n_inputs,
               .centering = is_transcoder ? Centering::None : Centering::DecoderBias},
              rule),
        centered(test::random_matrix<double>(n_inputs, 6, 2)),
        residual(test::random_matrix<double>(model.n_outputs(), 6, 3)),
        weights(6, 1.0),
        dead(n_latents, 0) {
    model.encoder.w_enc = test::random_matrix<double>(n_inputs, n_latents, 4);
    model.decoder.w_dec = test::random_matrix<double>(model.n_outputs(), n_latents, 5);
    model.visit_arrays([&](const ParameterArray<double>& array) {
      if (array.role == Role::Learned) state.add(array);
    });
    for (auto& moments : state.moments)
      for (Buffer<double>& moment : moments)
        for (Index e = 0; e < moment.size(); ++e) moment[e] = static_cast<double>(e * e);
  }

  Index revive(std::uint64_t seed = 1) {
    const auto n_dead = std::count(dead.begin(), dead.end(), 1);
    return Revival<Act, 2>::run(model, state, {dead.slice(), n_dead}, {centered, residual, weights.slice()},
                                Random(seed, Draws::Revival, 1));
  }

  /// The sample whose residual a latent's decoder column points along; -1 if none.
  [[nodiscard]] Index sample_of(Index latent) const {
    for (Index i = 0; i < 6; ++i)
      if ((model.decoder.w_dec.col(latent) - residual.col(i).normalized()).norm() < 1e-14) return i;
    return -1;
  }

  Autoencoder<Act> model;
  OptimizerState<double, 2> state;
  Matrix<double> centered;
  Matrix<double> residual;
  Buffer<double> weights;
  Buffer<std::uint8_t> dead;
};

double mean_norm(const Matrix<double>& columns, const std::vector<Index>& which) {
  double sum = 0;
  for (const Index j : which) sum += columns.col(j).norm();
  return sum / static_cast<double>(which.size());
}

/// Adds to `signs` how often the new bias was below zero, zero and above.
template <class Act>
void check_new_lives(Case<Act> before, std::uint64_t seed, std::array<int, 3>& signs) {
  before.dead[2] = before.dead[5] = 1;
  Case<Act> after = before;
  REQUIRE(after.revive(seed) == 2);
  const double norm = mean_norm(before.model.encoder.w_enc, {0, 1, 3, 4, 6});
  const bool is_centered = before.model.encoder.centering == Centering::DecoderBias;
  for (Index j = 0; j < n_latents; ++j) {
    CAPTURE(j);
    const bool revived = j == 2 || j == 5;
    if (!revived) {
      CHECK(after.model.decoder.w_dec.col(j) == before.model.decoder.w_dec.col(j));
      CHECK(after.model.encoder.w_enc.col(j) == before.model.encoder.w_enc.col(j));
      CHECK(after.model.encoder.b_enc(j) == before.model.encoder.b_enc(j));
      continue;
    }
    const Index i = after.sample_of(j);
    REQUIRE(i >= 0);
    const Vector<double> direction = is_centered ? after.residual.col(i) : after.centered.col(i);
    CHECK((after.model.encoder.w_enc.col(j) - norm * direction.normalized()).norm() < 1e-13);
    double threshold = 0;
    if constexpr (Act::has_threshold) threshold = after.model.activation.threshold()(j);
    const double bias = after.model.encoder.b_enc(j);
    const double product = after.model.encoder.w_enc.col(j).dot(after.centered.col(i));
    const double most = threshold + after.residual.col(i).norm();
    CHECK(product + bias > threshold);
    CHECK(product + bias < most + 1e-13);
    CHECK((bias == 0 || std::abs(product + bias - most) < 1e-13));
    CHECK((bias <= 0 || product <= threshold));
    ++signs[bias < 0 ? 0 : bias == 0 ? 1 : 2];
  }
  CHECK(after.sample_of(2) != after.sample_of(5));  // without replacement
  CHECK(after.model.decoder.b_dec == before.model.decoder.b_dec);

  std::size_t learned = 0;
  after.model.visit_arrays([&](const ParameterArray<double>& array) {
    if (array.role != Role::Learned) return;
    INFO("moments of " << array.name);
    for (const Buffer<double>& moment : after.state.moments[learned++])
      for (Index e = 0; e < moment.size(); ++e) {
        const Index j = e / array.rows;
        double expected = static_cast<double>(e * e);
        if (array.axis == Axis::Latent && (j == 2 || j == 5)) {
          expected = 0;
          for (const Index living : {0, 1, 3, 4, 6}) expected += std::pow(e % array.rows + living * array.rows, 2) / 5;
        }
        CHECK_THAT(moment[e], test::close_to(expected, 1e-12));
      }
  });
}

const Matrix<float>& samples() {
  static const Matrix<float> all = test::superposition<float>(16, 32, 3, 2000, 11);
  return all;
}

/// A model of which many latents start dead.
template <class Act>
Autoencoder<Act> half_dead(const Act& rule) {
  Autoencoder<Act> model({.n_inputs = 16, .n_latents = 64}, rule);
  initialize(model, samples(), {.seed = 1});
  model.encoder.b_enc.tail(30).setConstant(-100);
  return model;
}

template <class Act>
std::vector<float> arrays_of(Autoencoder<Act>& model) {
  std::vector<float> all;
  model.visit_arrays([&](const auto& array) { all.insert(all.end(), array.values.begin(), array.values.end()); });
  return all;
}

template <class Act, class Objective>
void check_training(const Act& rule, const Objective& objective) {
  const auto train = [&](int threads, const RevivalSettings& revival, std::vector<Index>& n_dead, Index& n_revived) {
    Autoencoder model = half_dead(rule);
    MatrixSource<float> source(samples(), {.batch_size = 100, .seed = 5});
    TrainSettings settings{
        .steps = 120, .learning_rate = 4e-3, .dead_after_samples = 2000, .threads = Threads(threads)};
    settings.revival = revival;
    Trainer trainer(model, objective, Adam(), settings);
    Batch<float> batch;
    n_dead.clear();
    for (Index step = 0; step < 120; ++step) {
      REQUIRE(source.next(batch));
      REQUIRE(trainer.step(batch).empty());
      n_dead.push_back(trainer.progress().n_dead);
    }
    n_revived = trainer.progress().n_revived;
    return arrays_of(model);
  };
  std::vector<Index> n_dead;
  Index n_revived = 0;
  const std::vector<float> untouched = train(1, {}, n_dead, n_revived);
  CHECK(n_revived == 0);
  CHECK(n_dead[79] >= 30);
  CHECK(n_dead[119] >= 30);

  const std::vector<float> revived = train(1, {.at_steps = {80}}, n_dead, n_revived);
  CHECK(n_revived == n_dead[79]);
  CHECK(n_dead[79] >= 30);
  CHECK(n_dead[80] <= n_dead[79] / 4);  // they are active in the very next batch
  CHECK(revived != untouched);
  for (const int threads : {2, 4}) CHECK(train(threads, {.at_steps = {80}}, n_dead, n_revived) == revived);
  CHECK(train(1, {.at_steps = {80}, .seed = 7}, n_dead, n_revived) != revived);

  train(1, {.at_steps = {3, 80, 120}}, n_dead, n_revived);  // nobody is dead after step 3
  CHECK(n_revived == n_dead[79] + n_dead[119]);
}

}  // namespace

TEST_CASE("A new life is the direction of a residual, and explains it", "[revival]") {
  std::array<int, 3> signs{};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    check_new_lives(Case(TopK<double>({.k = 2})), seed, signs);
    check_new_lives(Case(JumpReLU<double>({.initial_threshold = 0.3, .bandwidth = 0.1})), seed, signs);
    check_new_lives(Case(TopK<double>({.k = 2}), true), seed, signs);
  }
  for (const int count : signs) CHECK(count > 0);
}

TEST_CASE("Samples are drawn in proportion to weight and squared residual", "[revival]") {
  Case start(TopK<double>({.k = 2}));
  start.dead[3] = 1;
  const std::array<double, 6> squares{1, 2, 3, 4, 0, 10};
  start.weights[5] = 0.5;
  start.weights[2] = 0;
  for (Index i = 0; i < 6; ++i)
    start.residual.col(i) = std::sqrt(squares[static_cast<std::size_t>(i)]) * start.residual.col(i).normalized();
  std::array<double, 6> share{};
  constexpr int n = 4000;
  for (std::uint64_t seed = 0; seed < n; ++seed) {
    Case one = start;
    REQUIRE(one.revive(seed) == 1);
    share[static_cast<std::size_t>(one.sample_of(3))] += 1.0 / n;
  }
  const std::array<double, 6> expected{1, 2, 0, 4, 0, 5};
  for (std::size_t i = 0; i < 6; ++i) {
    CAPTURE(i);
    CHECK(std::abs(share[i] - expected[i] / 12) < (expected[i] == 0 ? 1e-12 : 0.03));
  }
}

TEST_CASE("No more latents are revived than there are samples to revive from", "[revival]") {
  Case all(TopK<double>({.k = 2}));
  all.dead.assign(n_latents, 1);
  all.residual.col(1).setZero();
  all.centered.col(2).setZero();
  CHECK(all.revive() == 4);
  std::vector<bool> used(6, false);
  for (Index j = 0; j < 4; ++j) {
    REQUIRE(all.sample_of(j) >= 0);
    used[static_cast<std::size_t>(all.sample_of(j))] = true;
    CHECK_THAT(all.model.encoder.w_enc.col(j).norm(), close_to(1, 1e-14));  // nobody lives to compare with
  }
  CHECK((used == std::vector<bool>{true, false, false, true, true, true}));

  Case none(TopK<double>({.k = 2}));
  const Matrix<double> before = none.model.decoder.w_dec;
  CHECK(none.revive() == 0);
  CHECK(none.model.decoder.w_dec == before);
}

TEST_CASE("A trainer revives at the steps that it is told, with the same bits for any number of threads", "[revival]") {
  SECTION("TopK with AuxK") {
    check_training(TopK<float>({.k = 4}), Objective(MeanSquaredError(), AuxK({.coefficient = 1e-9, .k_aux = 5})));
  }
  SECTION("Mutual Choice") { check_training(MutualChoice<float>({.k = 3.5}), Objective(MeanSquaredError())); }
  SECTION("JumpReLU") {
    check_training(JumpReLU<float>({.initial_threshold = 0.2, .bandwidth = 0.05}), Objective(MeanSquaredError()));
  }
}

TEST_CASE("Revived before the freeze, no latent is dead under Zipf budgets", "[revival]") {
  const auto n_dead_after = [](const RevivalSettings& revival) {
    Autoencoder model =
        half_dead(FeatureChoice<float>({.k = 4, .budgets = Budgets::Zipf, .mutual_choice_batches = 60}));
    MatrixSource<float> source(samples(), {.batch_size = 100, .seed = 5});
    TrainSettings settings{.steps = 200, .learning_rate = 3e-3, .dead_after_samples = 1000, .threads = Threads(2)};
    settings.revival = revival;
    Trainer trainer(model, Objective(MeanSquaredError()), Adam(), settings);
    trainer.train(source);
    return trainer.progress().n_dead;
  };
  CHECK(n_dead_after({}) >= 30);
  CHECK(n_dead_after({.at_steps = {20, 40}}) == 0);
}

TEST_CASE("Steps of revival that are none of the run's are refused", "[revival]") {
  Autoencoder model = half_dead(TopK<float>({.k = 3}));
  const auto refuses = [&](Index step, const std::string& got) {
    TrainSettings settings{.steps = 20};
    settings.revival.at_steps = {5, step};
    CHECK_THROWS_WITH(Trainer(model, Objective(MeanSquaredError()), Adam(), settings),
                      "TrainSettings revival at_steps: expected a value from 1 to 20, got " + got);
  };
  refuses(0, "0");
  refuses(21, "21");
}

}  // namespace revival_test

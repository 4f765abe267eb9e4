// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/allocators/tree_gated.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/aux_zipf.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/losses/nested_prefixes.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/model/initialize_thresholds.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/early_stop.hpp>
#include <parsae/train/trainer.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>
#include <support/recording_optimizer.hpp>
#include <support/reference_codes.hpp>
#include <support/superposition.hpp>

#include <limits>
#include <string>
#include <vector>

namespace trainer_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr Index n_inputs = 16;

const Matrix<float>& training_samples() {
  static const Matrix<float> samples = test::superposition<float>(n_inputs, 32, 3, 2000, 11);
  return samples;
}

template <class Act>
Autoencoder<Act> model_of(const Act& rule, Index n_latents, DecoderNorm norm = DecoderNorm::Unit) {
  Autoencoder<Act> model({.n_inputs = n_inputs, .n_latents = n_latents, .decoder_norm = norm}, rule);
  initialize(model, training_samples(), {.seed = 1});
  return model;
}

template <class Act>
std::vector<typename Act::Scalar> all_arrays(Autoencoder<Act>& model) {
  std::vector<typename Act::Scalar> all;
  model.visit_arrays([&](const auto& array) { all.insert(all.end(), array.values.begin(), array.values.end()); });
  return all;
}

/// All arrays after 40 steps.
template <class Act, class Objective>
std::vector<float> trained_arrays(const Act& rule, const Objective& objective, int threads, double max_gradient_norm,
                                  Precision precision = Precision::Exact) {
  Autoencoder model = model_of(rule, 300);  // two blocks of latents, and four of samples
  MatrixSource<float> source(training_samples(), {.batch_size = 200, .seed = 5});
  Trainer trainer(model, objective, Adam(),
                  {.steps = 40,
                   .learning_rate = 3e-3,
                   .max_gradient_norm = max_gradient_norm,
                   .dead_after_samples = 600,
                   .density_window_samples = 600,
                   .threads = Threads(threads),
                   .precision = precision});
  REQUIRE(trainer.train(source).reason == StopReason::Completed);
  return all_arrays(model);
}

template <class Act, class Objective>
void check_threads_agree(const Act& rule, const Objective& objective) {
  const std::vector<float> free = trained_arrays(rule, objective, 1, infinity);
  const std::vector<float> clipped = trained_arrays(rule, objective, 1, 0.05);
  CHECK(free != clipped);
  for (const int threads : {2, 4}) {
    CHECK(trained_arrays(rule, objective, threads, infinity) == free);
    CHECK(trained_arrays(rule, objective, threads, 0.05) == clipped);
    CHECK(trained_arrays(rule, objective, threads, infinity, Precision::Screened) == free);
  }
}

/// TreeGated with trees over 300 latents.
TreeGated<float> tree_gated(Index k) {
  const std::vector<LatentId> parents = test::random_parents(300, 4);
  TreeGated<float> rule({.k = k});
  rule.resize(300);
  rule.set_parents({parents.data(), 300});
  return rule;
}

/// FVU of a model's reconstruction of new samples from the same dictionary.
template <class Act>
double held_out_fvu(const Autoencoder<Act>& model) {
  const Matrix<float> all = test::superposition<float>(n_inputs, 32, 3, 3000, 11);
  const Matrix<float> samples = all.rightCols(1000);
  const Matrix<float> recon = model.decode(model.encode(samples));
  const Vector<float> mean = samples.rowwise().mean();
  return static_cast<double>((samples - recon).squaredNorm() / (samples.colwise() - mean).squaredNorm());
}

template <class Act, class Objective>
double fvu_after_training(const Act& rule, const Objective& objective, DecoderNorm norm = DecoderNorm::Unit) {
  Autoencoder model = model_of(rule, 64, norm);
  MatrixSource<float> source(training_samples(), {.batch_size = 100, .seed = 5});
  TrainSettings settings{.steps = 700, .learning_rate = 4e-3, .dead_after_samples = 2000, .threads = Threads(2)};
  settings.learning_rate_schedule.decay_fraction = 0.4;
  Trainer trainer(model, objective, Adam(), settings);
  trainer.train(source);
  return held_out_fvu(model);
}

/// Calls a function after each step.
template <class Function>
struct AfterStep {
  Function function;
  auto on_step_end(const TrainProgress& progress) { return function(progress); }
};
template <class Function>
AfterStep(Function) -> AfterStep<Function>;

/// Leaves the parameters alone and writes the learning rates down.
struct RateRecorder {
  static constexpr int n_moments = 0;
  std::vector<double>* rates;
  std::vector<Index>* steps;

  template <class Scalar>
  struct Step {
    void update(Scalar, Slice<Scalar>, Slice<const Scalar>, typename OptimizerState<Scalar, 0>::MomentSlices) const {}
  };
  template <class Scalar>
  [[nodiscard]] Step<Scalar> begin_step(Index step, double learning_rate) const {
    rates->push_back(learning_rate);
    steps->push_back(step);
    return {};
  }
};

}  // namespace

TEST_CASE("Training gives the same bits for any number of threads and in both precisions", "[trainer]") {
  SECTION("TopK with AuxK") {
    check_threads_agree(TopK<float>({.k = 4}), Objective(MeanSquaredError(), AuxK({.k_aux = 5})));
  }
  SECTION("Mutual Choice") { check_threads_agree(MutualChoice<float>({.k = 3.5}), Objective(MeanSquaredError())); }
  SECTION("Feature Choice") { check_threads_agree(FeatureChoice<float>({.k = 3.5}), Objective(MeanSquaredError())); }
  SECTION("Mutual Choice before Feature Choice, with AuxK") {
    check_threads_agree(FeatureChoice<float>({.k = 3.5, .budgets = Budgets::Zipf, .mutual_choice_batches = 20}),
                        Objective(MeanSquaredError(), AuxK({.k_aux = 5})));
  }
  SECTION("JumpReLU with L0STE") {
    check_threads_agree(JumpReLU<float>({.initial_threshold = 0.05, .bandwidth = 0.05}),
                        Objective(MeanSquaredError(), NoAuxiliary(), L0STE({.coefficient = 3e-3})));
  }
  SECTION("Gated with both losses on its gate") {
    check_threads_agree(Gated<float>(),
                        Objective(MeanSquaredError(), GateReconstruction(), GateL1({.coefficient = 0.02})));
  }
  SECTION("TopK with aux_zipf") {
    check_threads_agree(TopK<float>({.k = 4}), Objective(MeanSquaredError(), AuxZipf({.k_aux = 5})));
  }
  SECTION("JumpReLU with a target for L0, and a bandwidth that is measured") {
    check_threads_agree(JumpReLU<float>({.initial_threshold = 0.05}),
                        Objective(MeanSquaredError(), NoAuxiliary(), TargetL0({.target_l0 = 4})));
  }
  SECTION("TreeGated with AuxK") {
    check_threads_agree(tree_gated(4), Objective(MeanSquaredError(), AuxK({.k_aux = 5})));
  }
  SECTION("TopK with nested prefixes and AuxK") {
    check_threads_agree(TopK<float>({.k = 4}), Objective(NestedPrefixes({.prefixes = {20, 90}}), AuxK({.k_aux = 5})));
  }
  SECTION("ReLU with nested prefixes, dense as it is") {
    check_threads_agree(ReLU<float>(), Objective(NestedPrefixes({.prefixes = {20, 90}, .weights = {1, 0.5, 2}})));
  }
  SECTION("ReLU with L1") {
    check_threads_agree(ReLU<float>(), Objective(MeanSquaredError(), NoAuxiliary(), L1({.coefficient = 0.01})));
  }
}

TEST_CASE("Training learns to reconstruct a dictionary in superposition", "[trainer]") {
  const Autoencoder untrained = model_of(TopK<float>({.k = 3}), 64);
  CHECK(held_out_fvu(untrained) > 0.4);
  CHECK(fvu_after_training(TopK<float>({.k = 3}), Objective(MeanSquaredError(), AuxK())) < 0.2);
  CHECK(fvu_after_training(MutualChoice<float>({.k = 3}), Objective(MeanSquaredError(), AuxK())) < 0.2);
  CHECK(fvu_after_training(JumpReLU<float>({.initial_threshold = 0.1, .bandwidth = 0.1}),
                           Objective(MeanSquaredError(), NoAuxiliary(), L0STE({.coefficient = 0.01}))) < 0.2);
  CHECK(fvu_after_training(ReLU<float>(),
                           Objective(MeanSquaredError(), NoAuxiliary(),
                                     L1({.coefficient = 0.03, .weighting = L1::Weighting::DecoderNorm})),
                           DecoderNorm::Free) < 0.2);
}

TEST_CASE("aux_zipf that takes dead latents alone trains to the bits of AuxK", "[trainer]") {
  const TopK<float> rule({.k = 4});
  const auto zipf = [&](double under_use) {
    return trained_arrays(rule, Objective(MeanSquaredError(), AuxZipf({.k_aux = 5, .under_use = under_use})), 2,
                          infinity);
  };
  const std::vector<float> aux_k = trained_arrays(rule, Objective(MeanSquaredError(), AuxK({.k_aux = 5})), 2, infinity);
  CHECK(zipf(0) == aux_k);
  CHECK(zipf(0.1) != aux_k);
  CHECK(trained_arrays(rule, Objective(MeanSquaredError()), 2, infinity) != aux_k);  // some latents are dead
}

TEST_CASE("NestedPrefixes without a prefix trains to the bits of MeanSquaredError", "[trainer]") {
  const auto check = [](const auto& rule) {
    const std::vector<float> plain = trained_arrays(rule, Objective(MeanSquaredError(), AuxK({.k_aux = 5})), 2, 0.05);
    CHECK(trained_arrays(rule, Objective(NestedPrefixes(), AuxK({.k_aux = 5})), 2, 0.05) == plain);
    CHECK(trained_arrays(rule, Objective(NestedPrefixes({.prefixes = {20}}), AuxK({.k_aux = 5})), 2, 0.05) != plain);
  };
  check(TopK<float>({.k = 4}));
  check(ReLU<float>());  // in tiles
}

TEST_CASE("TreeGated trains to the bits of TopK until it is given trees", "[trainer]") {
  const Objective objective(MeanSquaredError(), AuxK({.k_aux = 5}));
  const std::vector<float> flat = trained_arrays(TopK<float>({.k = 4}), objective, 2, infinity);
  std::vector<float> roots = trained_arrays(TreeGated<float>({.k = 4}), objective, 2, infinity);
  REQUIRE(roots.size() == flat.size() + 300);
  for (std::size_t j = 0; j < 300; ++j) CHECK(roots[flat.size() + j] == -1);
  roots.resize(flat.size());
  CHECK(roots == flat);
  std::vector<float> trees = trained_arrays(tree_gated(4), objective, 2, infinity);
  trees.resize(flat.size());
  CHECK(trees != flat);
}

TEST_CASE("A prefix that has a loss of its own reconstructs better than one without", "[trainer]") {
  const auto fvu_of_prefix = [](const auto& reconstruction, Index prefix) {
    Autoencoder model = model_of(TopK<float>({.k = 3}), 64);
    MatrixSource<float> source(training_samples(), {.batch_size = 100, .seed = 5});
    Trainer trainer(model, Objective(reconstruction), Adam(),
                    {.steps = 500, .learning_rate = 4e-3, .threads = Threads(2)});
    trainer.train(source);
    SparseCode<float> code = model.encode(training_samples());
    for (Index e = 0; e < code.stored(); ++e)
      if (code.latents[e] >= prefix) code.values[e] = 0;
    const Matrix<float> error = training_samples() - model.decode(code);
    return static_cast<double>(
        error.squaredNorm() /
        (training_samples().colwise() - Vector<float>(training_samples().rowwise().mean())).squaredNorm());
  };
  const NestedPrefixes nested({.prefixes = {16}});
  CHECK(fvu_of_prefix(nested, 16) < 0.8 * fvu_of_prefix(MeanSquaredError(), 16));
  CHECK(fvu_of_prefix(nested, 64) < fvu_of_prefix(nested, 16));
}

TEST_CASE("Prefixes that the dictionary does not have are refused before the first step", "[trainer]") {
  Autoencoder model = model_of(TopK<float>({.k = 3}), 64);
  const auto make = [&] {
    Trainer trainer(model, Objective(NestedPrefixes({.prefixes = {64}})), Adam(), {.steps = 1});
  };
  CHECK_THROWS_WITH(make(), "NestedPrefixes last prefix: expected a value from 1 to 63, got 64");
}

TEST_CASE("A gate closes further the higher its price is, and Gated reconstructs", "[trainer]") {
  std::vector<double> l0;
  std::vector<double> fvu;
  for (const double coefficient : {0.03, 0.1, 0.3}) {
    Autoencoder model = model_of(Gated<float>(), 64);
    MatrixSource<float> source(training_samples(), {.batch_size = 100, .seed = 5});
    TrainSettings settings{.steps = 700, .learning_rate = 4e-3, .threads = Threads(2)};
    settings.learning_rate_schedule.decay_fraction = 0.4;
    Trainer trainer(model, Objective(MeanSquaredError(), GateReconstruction(), GateL1({.coefficient = coefficient})),
                    Adam(), settings);
    REQUIRE(trainer.train(source).reason == StopReason::Completed);
    l0.push_back(static_cast<double>(model.encode(training_samples()).active_count()) / 2000);
    fvu.push_back(held_out_fvu(model));
    CHECK(model.activation.log_scale().norm() > 0.01f);
    CHECK(model.activation.shift().norm() > 0.01f);
  }
  CAPTURE(l0, fvu);
  CHECK((l0[0] > 1.2 * l0[1] && l0[1] > 1.2 * l0[2]));
  CHECK((fvu[0] < fvu[1] && fvu[1] < fvu[2]));
  CHECK(fvu[0] < 0.2);
  CHECK(l0[0] < 20);
  CHECK(l0[2] > 0.5);
}

TEST_CASE("JumpReLU lands on its target for L0", "[trainer]") {
  const Matrix<float> samples = test::superposition<float>(n_inputs, 32, 3, 10'000, 11);
  const Matrix<float> held_out = samples.leftCols(3000);
  const Matrix<float> training = samples.rightCols(7000);
  for (const double target : {3.0, 6.0}) {
    CAPTURE(target);
    Autoencoder model = model_of(JumpReLU<float>(), 64);
    initialize_thresholds(model, training, target);
    MatrixSource<float> source(training, {.batch_size = 100, .seed = 5});
    TrainSettings settings{.steps = 1500, .learning_rate = 4e-3, .threads = Threads(2)};
    settings.learning_rate_schedule.decay_fraction = 0.4;
    const TargetL0 loss({.target_l0 = target});
    Trainer trainer(model, Objective(MeanSquaredError(), NoAuxiliary(), loss), Adam(), settings);
    trainer.train(source);
    const double l0 = static_cast<double>(model.encode(held_out).active_count()) / 3000;
    CHECK_THAT(l0, Catch::Matchers::WithinRel(target, 0.05));
    CHECK(held_out_fvu(model) < 0.2);
    CHECK(model.activation.threshold().maxCoeff() > model.activation.threshold().minCoeff());
  }
}

TEST_CASE("A target for L0 above the number of latents is refused before the first step", "[trainer]") {
  Autoencoder model = model_of(JumpReLU<float>(), 20);
  const Objective objective(MeanSquaredError(), NoAuxiliary(), TargetL0({.target_l0 = 20.5}));
  const auto make = [&] { Trainer trainer(model, objective, Adam(), {.steps = 1}); };
  CHECK_THROWS_WITH(make(), "TargetL0 target_l0: expected at most n_latents = 20, got 20.5");
}

TEST_CASE("A custom source trains a transcoder on weighted targets", "[trainer]") {
  /// Targets are a linear image of the inputs; every other sample has no weight and a wrong target.
  struct Targets {
    Matrix<float> map = test::random_matrix<float>(5, n_inputs, 4);
    Index at = 0;

    bool next(Batch<float>& batch) {
      batch.inputs = training_samples().middleCols(at, 100);
      batch.targets = map * batch.inputs;
      batch.weight.resize(100);
      for (Index i = 0; i < 100; ++i) {
        batch.weight[i] = i % 2 == 0 ? 2.0f : 0.0f;
        if (i % 2 == 1) batch.targets.col(i).setConstant(1000);
      }
      at = (at + 100) % 2000;
      return true;
    }
    [[nodiscard]] SourcePosition position() const { return {}; }
    void seek(const SourcePosition&) {}
  };
  Targets source;
  const Matrix<float> targets = source.map * training_samples();
  Autoencoder<TopK<float>> model({.n_inputs = n_inputs, .n_latents = 64, .n_outputs = 5, .centering = Centering::None},
                                 TopK<float>({.k = 6}));
  initialize(model, training_samples(), targets);
  const auto error = [&] {
    return (model.decode(model.encode(training_samples())) - targets).squaredNorm() / targets.squaredNorm();
  };
  const float before = error();
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(),
                  {.steps = 600, .learning_rate = 3e-3, .threads = Threads(2)});
  CHECK(trainer.train(source).reason == StopReason::Completed);
  CHECK(before > 0.5f);
  CHECK(error() < 0.15f);
}

TEST_CASE("A training run that completes says so", "[trainer]") {
  Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 100});
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(), {.steps = 7});
  const TrainReport report = trainer.train(source);
  CHECK(report.reason == StopReason::Completed);
  CHECK(report.message == "completed after step 7");
  CHECK(report.steps == 7);
  CHECK(report.samples == 700);
  CHECK(report.loss > 0);
  CHECK(report.loss == trainer.progress().loss);
  CHECK(report.seconds > 0);
  CHECK(trainer.state().state().step == 7);

  CHECK(trainer.train(source).steps == 7);  // nothing is left to do
  CHECK(source.position() == SourcePosition{0, 700});
}

TEST_CASE("A training run ends with its source, and goes on with another", "[trainer]") {
  Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 300, .epochs = 1});
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(), {.steps = 10});
  const TrainReport report = trainer.train(source);
  CHECK(report.reason == StopReason::SourceExhausted);
  CHECK(report.message == "source exhausted after step 7");
  CHECK(report.samples == 2000);

  MatrixSource<float> more(training_samples(), {.batch_size = 300});
  const TrainReport rest = trainer.train(more);
  CHECK(rest.reason == StopReason::Completed);
  CHECK(rest.steps == 10);
  CHECK(rest.samples == 2900);
}

TEST_CASE("A callback stops training, and a later call goes on with the same bits", "[trainer]") {
  const auto run = [](Index stop_at) {
    Autoencoder model = model_of(TopK<float>({.k = 3}), 40);
    MatrixSource<float> source(training_samples(), {.batch_size = 100});
    TrainSettings settings{.steps = 20};
    settings.learning_rate_schedule = {.warmup_steps = 15, .decay_fraction = 0.3};
    Trainer trainer(model, Objective(MeanSquaredError()), Adam(), settings);
    const auto stop = [&](const TrainProgress& progress) {
      return progress.step == stop_at ? CallbackAction::Stop : CallbackAction::Continue;
    };
    const TrainReport first = trainer.train(source, AfterStep{stop});
    CHECK(first.steps == std::min(stop_at, Index{20}));
    CHECK((first.reason == StopReason::StoppedByCallback) == (stop_at <= 20));
    if (stop_at <= 20) CHECK(first.message == "stopped by a callback after step " + std::to_string(stop_at));
    CHECK(trainer.train(source).reason == StopReason::Completed);
    return all_arrays(model);
  };
  const std::vector<float> uninterrupted = run(100);
  CHECK(run(1) == uninterrupted);
  CHECK(run(13) == uninterrupted);
}

TEST_CASE("Callbacks have any subset of hooks and are told what happens", "[trainer]") {
  struct OnlyBegin {
    int n = 0;
    void on_train_begin(const TrainProgress& progress) {
      ++n;
      CHECK(progress.step == 0);
      CHECK(progress.total_steps == 6);
      CHECK(progress.n_latents == 20);
    }
  };
  struct OnlyEnd {
    Index last_step = -1;
    void on_train_end(const TrainProgress& progress) { last_step = progress.step; }
  };
  struct All {
    std::string calls;
    void on_train_begin(const TrainProgress&) { calls += "b"; }
    void on_step_end(const TrainProgress& progress) {
      calls += std::to_string(progress.step);
      CHECK(progress.samples == 50 * progress.step);
      CHECK(progress.l0 == 3);
      CHECK(progress.gradient_norm > 0);
      CHECK(progress.fvu > 0);
      REQUIRE(progress.terms.size() == 1);
      CHECK(progress.terms[0].name == "mse");
      CHECK(progress.terms[0].value == progress.loss);
    }
    void on_train_end(const TrainProgress&) { calls += "e"; }
  };
  Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 50});
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(), {.steps = 6});
  OnlyBegin begin;
  OnlyEnd end;
  All all;
  // One that stops does not keep the others from hearing of the step.
  const auto stop = [](const TrainProgress& progress) {
    return progress.step == 4 ? CallbackAction::Stop : CallbackAction::Continue;
  };
  trainer.train(source, begin, AfterStep{stop}, end, all);
  CHECK(begin.n == 1);
  CHECK(end.last_step == 4);
  CHECK(all.calls == "b1234e");
}

TEST_CASE("EarlyStop ends a run that stands still", "[trainer]") {
  Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 2000, .order = MatrixSource<float>::Order::Sequential});
  Trainer trainer(model, Objective(MeanSquaredError()), test::RecordingOptimizer(), {.steps = 100});
  const TrainReport report = trainer.train(source, EarlyStop({.patience_steps = 12}));
  CHECK(report.reason == StopReason::StoppedByCallback);
  CHECK(report.steps == 13);
}

TEST_CASE("A run with an absurd learning rate diverges by name", "[trainer]") {
  Autoencoder model = model_of(ReLU<float>(), 20, DecoderNorm::Free);
  MatrixSource<float> source(training_samples(), {.batch_size = 50});
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(), {.steps = 50, .learning_rate = 1e30});
  Index last_heard = 0;
  const auto hear = [&](const TrainProgress& progress) { last_heard = progress.step; };
  const TrainReport report = trainer.train(source, AfterStep{hear});
  CHECK(report.reason == StopReason::Diverged);
  CHECK(report.steps == 2);
  CHECK_THAT(report.message,
             ContainsSubstring("mse is not finite in step 2") && ContainsSubstring("lower learning rate"));
  CHECK(last_heard == 1);
}

TEST_CASE("A run on absurdly large inputs diverges in its first step and leaves the model as it was", "[trainer]") {
  Autoencoder model = model_of(JumpReLU<float>(), 20);
  const std::vector<float> before = all_arrays(model);
  const Matrix<float> samples = 1e30f * training_samples();
  MatrixSource<float> source(samples, {.batch_size = 50});
  Trainer trainer(model, Objective(MeanSquaredError(), NoAuxiliary(), L0STE()), Adam(), {.steps = 50});
  const TrainReport report = trainer.train(source);
  CHECK(report.reason == StopReason::Diverged);
  CHECK_THAT(report.message, ContainsSubstring("mse is not finite in step 1"));
  CHECK(all_arrays(model) == before);
}

TEST_CASE("A run whose gradient alone overflows says that it is the gradient", "[trainer]") {
  Autoencoder model = model_of(ReLU<float>(), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 50});
  Trainer trainer(model, Objective(MeanSquaredError(), NoAuxiliary(), L1({.coefficient = 1e308})), Adam(),
                  {.steps = 50});
  const TrainReport report = trainer.train(source);
  CHECK(report.reason == StopReason::Diverged);
  CHECK_THAT(report.message, ContainsSubstring("gradient is not finite in step 1"));
}

TEST_CASE("The learning-rate schedule reaches the optimizer, the count of steps from 1", "[trainer]") {
  Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 50});
  TrainSettings settings{.steps = 10, .learning_rate = 0.2};
  settings.learning_rate_schedule = {.warmup_steps = 4, .decay_fraction = 0.5};
  std::vector<double> rates;
  std::vector<Index> steps;
  Trainer trainer(model, Objective(MeanSquaredError()), RateRecorder{&rates, &steps}, settings);
  std::vector<double> told;
  trainer.train(source, AfterStep{[&](const TrainProgress& progress) { told.push_back(progress.learning_rate); }});
  REQUIRE(rates.size() == 10);
  const std::vector<double> factors{0.25, 0.5, 0.75, 1, 1, 1, 0.8, 0.6, 0.4, 0.2};
  for (std::size_t s = 0; s < 10; ++s) {
    CHECK_THAT(rates[s], test::close_to(0.2 * factors[s], 1e-14));
    CHECK(told[s] == rates[s]);
    CHECK(steps[s] == static_cast<Index>(s + 1));
  }
}

TEST_CASE("The coefficient schedule reaches the code losses", "[trainer]") {
  Autoencoder model = model_of(ReLU<float>(), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 2000, .order = MatrixSource<float>::Order::Sequential});
  TrainSettings settings{.steps = 6};
  settings.coefficient_schedule = {.warmup_steps = 5};
  Trainer trainer(model, Objective(MeanSquaredError(), NoAuxiliary(), L1({.coefficient = 0.1})),
                  test::RecordingOptimizer(), settings);
  std::vector<double> mse;
  std::vector<double> l1;
  trainer.train(source, AfterStep{[&](const TrainProgress& progress) {
                  mse.push_back(progress.terms[0].value);
                  l1.push_back(progress.terms[1].value);
                }});
  REQUIRE(l1.size() == 6);
  CHECK(l1[5] > 0);
  for (std::size_t s = 0; s < 5; ++s) {
    CHECK_THAT(l1[s], test::close_to(l1[5] * static_cast<double>(s + 1) / 5, 1e-6));
    CHECK_THAT(mse[s], test::close_to(mse[5], 1e-6));
  }
}

TEST_CASE("Mutual Choice encodes with the threshold it learned in training", "[trainer]") {
  Autoencoder model = model_of(MutualChoice<float>({.k = 3}), 40);
  MatrixSource<float> source(training_samples(), {.batch_size = 200});
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(), {.steps = 100, .learning_rate = 3e-3});
  trainer.train(source);
  const SparseCode<float> code = model.encode(training_samples());
  CHECK_THAT(static_cast<double>(code.active_count()) / 2000, Catch::Matchers::WithinAbs(3, 0.5));
}

TEST_CASE("Training settings outside their ranges are refused by name", "[trainer]") {
  Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
  const auto refuses = [&](const TrainSettings& settings, const std::string& name) {
    CHECK_THROWS_WITH(Trainer(model, Objective(MeanSquaredError()), Adam(), settings),
                      ContainsSubstring("TrainSettings " + name));
  };
  refuses({.steps = 0}, "steps: expected at least 1, got 0");
  refuses({.learning_rate = 0}, "learning_rate: expected a finite value above 0, got 0");
  refuses({.learning_rate = infinity}, "learning_rate");
  refuses({.max_gradient_norm = 0}, "max_gradient_norm: expected a value above 0, got 0");
  refuses({.max_gradient_norm = std::numeric_limits<double>::quiet_NaN()}, "max_gradient_norm");
  refuses({.dead_after_samples = 0}, "dead_after_samples");
  refuses({.density_window_samples = 0}, "density_window_samples");
  refuses({.learning_rate_schedule = {.decay_fraction = 2}}, "learning_rate_schedule decay_fraction");
  refuses({.coefficient_schedule = {.warmup_steps = -1}}, "coefficient_schedule warmup_steps");
}

namespace {

/// Notes its own name at every step, and answers as it is told.
struct Named {
  std::string* calls;
  char name;
  CallbackAction answer;

  CallbackAction on_step_end(const TrainProgress&) const {
    *calls += name;
    return answer;
  }
};

}  // namespace

TEST_CASE("Callbacks are asked in their order, and one that stops is not outvoted", "[trainer]") {
  for (const char stopping : {'a', 'b', 'c'}) {
    Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
    MatrixSource<float> source(training_samples(), {.batch_size = 50});
    Trainer trainer(model, Objective(MeanSquaredError()), Adam(), {.steps = 5});
    std::string calls;
    const auto named = [&](char name) {
      return Named{&calls, name, name == stopping ? CallbackAction::Stop : CallbackAction::Continue};
    };
    const TrainReport report = trainer.train(source, named('a'), named('b'), named('c'));
    CHECK(report.reason == StopReason::StoppedByCallback);
    CHECK(report.steps == 1);
    CHECK(calls == "abc");
  }
}

TEST_CASE("Time goes on when training goes on", "[trainer]") {
  Autoencoder model = model_of(TopK<float>({.k = 3}), 20);
  MatrixSource<float> source(training_samples(), {.batch_size = 50});
  Trainer trainer(model, Objective(MeanSquaredError()), Adam(), {.steps = 40});
  std::string calls;
  const double first = trainer.train(source, Named{&calls, 'a', CallbackAction::Stop}).seconds;
  CHECK(trainer.train(source).seconds > first);
}

}  // namespace trainer_test

// SPDX-License-Identifier: MIT
#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/data/matrix_source.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/shared_pass.hpp>

#include <support/catch.hpp>
#include <support/superposition.hpp>

namespace shared_pass_test {

using namespace parsae;

namespace {

constexpr Index n_inputs = 16;
constexpr Index batch_size = 100;

const Matrix<float>& samples() {
  static const Matrix<float> values = test::superposition<float>(n_inputs, 32, 3, 2000, 11);
  return values;
}

MatrixSource<float> make_source(Index epochs = 0) {
  return MatrixSource<float>(samples(), {.batch_size = batch_size, .epochs = epochs, .seed = 5});
}

template <class Act, class Objective>
struct Run {
  Run(const Act& rule, const Objective& objective, Index n_latents, Index steps, std::uint64_t seed, int threads = 1)
      : model({.n_inputs = n_inputs, .n_latents = n_latents}, rule),
        trainer(model, objective, Adam(),
                {.steps = steps, .learning_rate = 3e-3, .dead_after_samples = 600, .threads = Threads(threads)}) {
    initialize(model, samples(), {.seed = seed});
  }

  std::vector<float> arrays() {
    std::vector<float> all;
    model.visit_arrays([&](const auto& array) { all.insert(all.end(), array.values.begin(), array.values.end()); });
    return all;
  }

  Autoencoder<Act> model;
  Trainer<Act, Objective, Adam> trainer;
};

auto top_k(int threads = 1) {
  return Run(TopK<float>({.k = 3}), Objective(MeanSquaredError(), AuxK()), 64, 30, 1, threads);
}
auto mutual(int threads = 1) {
  return Run(MutualChoice<float>({.k = 4.5}), Objective(MeanSquaredError()), 40, 12, 2, threads);
}
auto jump(int threads = 1) {
  return Run(JumpReLU<float>({.initial_threshold = 0.2}),
             Objective(MeanSquaredError(), NoAuxiliary(), L0STE({.coefficient = 0.01})), 50, 20, 3, threads);
}

template <class Any>
std::vector<float> trained_alone(Any run) {
  MatrixSource<float> source = make_source();
  run.trainer.train(source);
  return run.arrays();
}

struct CountSteps {
  Index* n = nullptr;
  Index stop_at = 1000;
  Index* ends = nullptr;
  CallbackAction on_step_end(const TrainProgress& progress) const {
    ++*n;
    return progress.step == stop_at ? CallbackAction::Stop : CallbackAction::Continue;
  }
  void on_train_end(const TrainProgress&) const {
    if (ends != nullptr) ++*ends;
  }
};

}  // namespace

TEST_CASE("trainers that share a pass get the bits that they would get alone", "[shared_pass]") {
  auto a = top_k(2);
  auto b = mutual();
  auto c = jump(2);
  auto d = Run(TopK<float>({.k = 3}), Objective(MeanSquaredError(), AuxK()), 64, 30, 9);
  MatrixSource<float> source = make_source();
  SharedPass<float> pass;
  pass.add(a.trainer);
  pass.add(b.trainer);
  pass.add(c.trainer);
  pass.add(d.trainer);
  CHECK(pass.size() == 4);
  const std::vector<TrainReport> reports = pass.train(source);
  CHECK(source.position() == SourcePosition{1, 1000});  // as many batches as the longest run has steps
  REQUIRE(reports.size() == 4);
  for (const TrainReport& report : reports) CHECK(report.reason == StopReason::Completed);
  CHECK(reports[1].steps == 12);
  CHECK(reports[3].steps == 30);
  CHECK(pass.progress(2).step == 20);
  CHECK(a.arrays() == trained_alone(top_k()));
  CHECK(b.arrays() == trained_alone(mutual()));
  CHECK(c.arrays() == trained_alone(jump()));
  CHECK(a.arrays() != d.arrays());
}

TEST_CASE("each trainer of a shared pass has callbacks of its own, and may stop alone", "[shared_pass]") {
  auto a = top_k();
  auto b = mutual();
  Index n_a = 0;
  Index n_b = 0;
  Index ends = 0;
  const CountSteps stays{&n_b, 1000, &ends};
  SharedPass<float> pass;
  pass.add(a.trainer, CountSteps{&n_a, 7, &ends});
  pass.add(b.trainer, stays);
  MatrixSource<float> source = make_source();
  const std::vector<TrainReport> reports = pass.train(source);
  CHECK(reports[0].reason == StopReason::StoppedByCallback);
  CHECK(reports[0].message == "stopped by a callback after step 7");
  CHECK(n_a == 7);
  CHECK(reports[1].reason == StopReason::Completed);
  CHECK(n_b == 12);
  CHECK(ends == 2);
  CHECK(b.arrays() == trained_alone(mutual()));
}

TEST_CASE("a shared pass ends with its source", "[shared_pass]") {
  auto a = top_k();
  auto b = mutual();
  SharedPass<float> pass;
  pass.add(a.trainer);
  pass.add(b.trainer);
  MatrixSource<float> source = make_source(1);
  const std::vector<TrainReport> reports = pass.train(source);
  CHECK(reports[0].message == "source exhausted after step 20");
  CHECK(reports[1].message == "completed after step 12");
}

TEST_CASE("trainers at different steps of one stream meet in a shared pass", "[shared_pass]") {
  auto a = top_k();
  auto b = jump();
  Index n_steps = 0;
  MatrixSource<float> ahead = make_source();
  a.trainer.train(ahead, CountSteps{&n_steps, 7});
  SharedPass<float> pass;
  pass.add(a.trainer);
  pass.add(b.trainer);
  MatrixSource<float> source = make_source();
  pass.train(source);
  CHECK(a.arrays() == trained_alone(top_k()));
  CHECK(b.arrays() == trained_alone(jump()));
  CHECK(pass.train(source).size() == 2);  // nothing is left to do
}

TEST_CASE("a trainer that stands in the middle of a batch is refused", "[shared_pass]") {
  auto a = top_k();
  auto b = jump();
  Batch<float> half;
  half.inputs = samples().leftCols(50);
  static_cast<void>(a.trainer.step(half));
  SharedPass<float> pass;
  pass.add(a.trainer);
  pass.add(b.trainer);
  MatrixSource<float> source = make_source();
  CHECK_THROWS_WITH(pass.train(source),
                    "SharedPass trainer 0: expected to stand at the end of a batch of the others, got 50 samples into "
                    "one");
}

}  // namespace shared_pass_test

// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/analysis/evaluate.hpp>
#include <parsae/data/matrix_source.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace evaluate_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

constexpr Index n_inputs = 5;
constexpr Index n_latents = 12;

Autoencoder<TopK<double>> random_model(Index n_outputs = 0) {
  Autoencoder<TopK<double>> model({.n_inputs = n_inputs,
                                   .n_latents = n_latents,
                                   .n_outputs = n_outputs,
                                   .centering = n_outputs == 0 ? Centering::DecoderBias : Centering::None},
                                  TopK<double>({.k = 2}));
  model.encoder.w_enc = test::random_matrix<double>(n_inputs, n_latents, 1);
  model.encoder.b_enc = test::random_vector<double>(n_latents, 2);
  model.encoder.b_enc(7) = -1e6;  // never active
  model.decoder.w_dec = test::random_matrix<double>(model.n_outputs(), n_latents, 3);
  model.decoder.b_dec = test::random_vector<double>(model.n_outputs(), 4);
  model.input_scale = 0.5;
  model.output_scale = n_outputs == 0 ? 0.5 : 1.7;
  return model;
}

MatrixSource<double> source_of(const Matrix<double>& samples, Index epochs) {
  return {samples, {.batch_size = 16, .epochs = epochs, .order = MatrixSource<double>::Order::Sequential}};
}

/// Hands out pairs of inputs and targets, one batch.
struct PairSource {
  Matrix<double> inputs;
  Matrix<double> targets;
  SourcePosition at;

  bool next(Batch<double>& batch) {
    if (at.sample > 0) return false;
    batch.inputs = inputs;
    batch.targets = targets;
    at.sample = inputs.cols();
    return true;
  }
  [[nodiscard]] SourcePosition position() const { return at; }
  void seek(const SourcePosition& position) { at = position; }
};

/// All samples at once, everything counted in dense matrices.
void check_against_dense(const Evaluation& evaluation, const Autoencoder<TopK<double>>& model,
                         const Matrix<double>& inputs, const Matrix<double>& targets) {
  const SparseCode<double> code = model.encode(inputs);
  const Matrix<double> error = targets - model.decode(code);
  const Vector<double> mean = targets.rowwise().mean();
  const double n = static_cast<double>(inputs.cols());
  CHECK(evaluation.n_samples == inputs.cols());
  CHECK_THAT(evaluation.fvu, test::close_to(error.squaredNorm() / (targets.colwise() - mean).squaredNorm(), 1e-12));
  CHECK_THAT(evaluation.mean_squared_error, test::close_to(error.squaredNorm() / n, 1e-12));
  CHECK_THAT(evaluation.l0, test::close_to(static_cast<double>(code.active_count()) / n, 1e-12));
  Vector<double> density = Vector<double>::Zero(n_latents);
  for (Index e = 0; e < code.stored(); ++e) density(code.latents[e]) += (code.values[e] != 0 ? 1 : 0) / n;
  REQUIRE(evaluation.density.size() == n_latents);
  CHECK(evaluation.density.isApprox(density, 1e-12));
  CHECK(evaluation.density(7) == 0);
  CHECK_THAT(evaluation.dead_fraction,
             test::close_to(static_cast<double>((density.array() == 0).count()) / n_latents, 1e-12));
}

}  // namespace

TEST_CASE("evaluate agrees with the whole data set in one dense pass, however many threads") {
  const auto model = random_model();
  const Matrix<double> samples = test::random_matrix<double>(n_inputs, 50, 5);
  for (const int threads : {1, 2, 4}) {
    MatrixSource<double> source = source_of(samples, 1);
    check_against_dense(evaluate(model, source, {.threads = Threads(threads)}), model, samples, samples);
  }
}

TEST_CASE("an endless source is left after the batch that reaches max_samples") {
  const auto model = random_model();
  const Matrix<double> samples = test::random_matrix<double>(n_inputs, 50, 5);
  const auto seen = [&](Index max_samples) {
    MatrixSource<double> source = source_of(samples, 0);
    const Evaluation evaluation = evaluate(model, source, {.max_samples = max_samples});
    CHECK(source.position().epoch * 50 + source.position().sample == evaluation.n_samples);
    return evaluation.n_samples;
  };
  CHECK(seen(1) == 16);
  CHECK(seen(16) == 16);
  CHECK(seen(17) == 32);
  CHECK(seen(100) == 112);
}

TEST_CASE("a transcoder is measured on its targets") {
  const auto model = random_model(3);
  PairSource source{test::random_matrix<double>(n_inputs, 40, 6), test::random_matrix<double>(3, 40, 7), {}};
  check_against_dense(evaluate(model, source), model, source.inputs, source.targets);
  PairSource without_targets{source.inputs, Matrix<double>(), {}};
  CHECK_THROWS_AS(evaluate(model, without_targets), std::invalid_argument);
}

TEST_CASE("a source without samples, and no samples wanted, are refused") {
  const auto model = random_model();
  const Matrix<double> samples = test::random_matrix<double>(n_inputs, 50, 5);
  MatrixSource<double> source = source_of(samples, 1);
  CHECK_THROWS_WITH(evaluate(model, source, {.max_samples = 0}),
                    ContainsSubstring("evaluate max_samples: expected at least 1, got 0"));
  CHECK(evaluate(model, source).n_samples == 50);
  CHECK_THROWS_WITH(evaluate(model, source),
                    ContainsSubstring("evaluate source: expected at least one sample, got none"));
}

}  // namespace evaluate_test

// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/analysis/dictionary_recovery.hpp>
#include <parsae/analysis/evaluate_layers.hpp>
#include <parsae/data/layered_source.hpp>
#include <parsae/data/residual_stream.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/trainer.hpp>

#include <support/close_to.hpp>

namespace evaluate_layers_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Source = LayeredSource<float>;

namespace {

Autoencoder<TopK<float>> trained(Source& source, Index n_latents, Index k, Index steps) {
  Autoencoder sae({.n_inputs = source.n_inputs(), .n_latents = n_latents}, TopK<float>({.k = k}));
  initialize(sae, source.first_samples(512), {.seed = 1});
  Trainer trainer(sae, Objective(MeanSquaredError(), AuxK()), Adam(), {.steps = steps, .learning_rate = 3e-3});
  trainer.train(source);
  return sae;
}

LayerEvaluation evaluated_on(const ResidualStreamSettings& settings) {
  const auto stream = make_residual_stream<float>(settings);
  const LayeredSamples<float> samples(stream.layers);
  Source source(samples, {.tokens_per_batch = 64, .seed = 3});
  const auto sae = trained(source, settings.n_directions, 2, 300);
  CHECK(dictionary_recovery(stream.directions, sae.decoder.w_dec).truth_to_learned > 0.75);
  Source once(samples, {.epochs = 1});
  return evaluate_layers(sae, once);
}

}  // namespace

TEST_CASE("an SAE trained on a stream without persistence is at one layer at a time, with it at all") {
  ResidualStreamSettings settings{.n_inputs = 16,
                                  .n_directions = 16,
                                  .n_layers = 4,
                                  .n_tokens = 600,
                                  .switch_on = {0.06},
                                  .persistence = 0,
                                  .noise = 0.03,
                                  .seed = 8};
  const LayerEvaluation fleeting = evaluated_on(settings);
  settings.switch_on = {0.06, 0, 0, 0};
  settings.persistence = 1;
  const LayerEvaluation lasting = evaluated_on(settings);

  INFO("fleeting " << fleeting.variance.summary().r_token() << ", lasting " << lasting.variance.summary().r_token());
  CHECK(fleeting.variance.summary().r_token() < 0.3);
  CHECK(lasting.variance.summary().r_token() > 0.75);
  CHECK(fleeting.variance.summary().r_latent() > 0.9);
  CHECK_THAT(lasting.variance.summary().aggregated, Catch::Matchers::WithinAbs(1.25, 0.1));  // (4^2 - 1) / 12
  CHECK(fleeting.metrics.mean_fvu() < 0.4);
  CHECK(lasting.metrics.mean_fvu() < 0.4);
}

TEST_CASE("evaluate_layers is each metric on the same codes") {
  const auto stream = make_residual_stream<float>({.n_inputs = 10,
                                                   .n_directions = 16,
                                                   .n_layers = 4,
                                                   .n_tokens = 150,
                                                   .switch_on = {0.2},
                                                   .persistence = 0.5,
                                                   .noise = 0.1});
  const LayeredSamples<float> samples(stream.layers);
  const auto per_vector = Standardization<float>::per_vector();
  Source source(samples, per_vector, {.tokens_per_batch = 32, .epochs = 1, .seed = 2});
  Source training(samples, per_vector, {.tokens_per_batch = 32});
  const auto sae = trained(training, 20, 3, 50);
  const LayerEvaluation evaluation = evaluate_layers(sae, source, {.seed = 9});

  source.seek({});
  LayerMetrics metrics(4);
  CodeMetrics codes(20);
  LayerVariance variance(20, 4);
  LayerVariance permuted(20, 4);
  LayerDistribution distribution(20, 4);
  std::vector<ReconstructionMetrics> restored(4);
  Batch<float> batch;
  while (source.next(batch)) {
    const SparseCode<float> code = sae.encode(batch.inputs);
    Matrix<float> recon = sae.decode(code);
    metrics.add<float>(batch.inputs, recon, code, batch.group.slice());
    codes.add(code);
    variance.add(code, batch.group.slice(), batch.sample_id.slice());
    distribution.add(code, batch.group.slice());
    const auto control = permuted_layers(batch.group.slice(), batch.sample_id.slice(), 4, 9);
    permuted.add(code, control.slice(), batch.sample_id.slice());
    source.restore(batch, recon);
    for (Index i = 0; i < recon.cols(); ++i) {
      const auto layer = static_cast<std::size_t>(batch.group[i]);
      restored[layer].add<float>(stream.layers[layer].col(batch.sample_id[i]), recon.col(i));
    }
  }
  CHECK(evaluation.variance.n_tokens() == 150);
  CHECK(evaluation.variance.summary().token == variance.summary().token);
  CHECK(evaluation.permuted.summary().token == permuted.summary().token);
  CHECK(evaluation.permuted.summary().token != variance.summary().token);
  CHECK(evaluation.distribution.masses() == distribution.masses());
  CHECK(evaluation.codes.l0() == codes.l0());
  for (Index layer = 0; layer < 4; ++layer) {
    CHECK(evaluation.metrics.fvu(layer) == metrics.fvu(layer));
    CHECK(evaluation.metrics.l0(layer) == metrics.l0(layer));
    CHECK_THAT(evaluation.restored.fvu(layer), test::close_to(restored[static_cast<std::size_t>(layer)].fvu(), 1e-4));
    CHECK(std::abs(evaluation.restored.fvu(layer) - evaluation.metrics.fvu(layer)) > 1e-3);
  }

  Source endless(samples, {.tokens_per_batch = 32});
  CHECK(evaluate_layers(sae, endless, {.max_tokens = 100}).variance.n_tokens() == 128);
  CHECK_THROWS_WITH(evaluate_layers(sae, endless, {.max_tokens = 0}), ContainsSubstring("evaluate_layers max_tokens"));
  CHECK_THROWS_WITH(evaluate_layers(sae, source), ContainsSubstring("evaluate_layers source"));
}

}  // namespace evaluate_layers_test

// SPDX-License-Identifier: MIT
// The stages of a run.

#include "experiment.hpp"

#include <support/markup.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

namespace parsae_examples::multilayer {
namespace {

using namespace parsae;

/// About seconds on two quiet cores, for the model of 260,000 parameters: what the progress bar is drawn by.
namespace cost {
constexpr double text = 9e-5;    // a token that is written, captured and predicted
constexpr double splice = 3e-5;  // a token through the model with a reconstruction in place
constexpr double sample = 2e-6;  // a training step's sample with 512 latents
constexpr double steering = 2;
constexpr double limit = 0.5;  // a made-up stream
}  // namespace cost

/// The codes of the multi-layer SAE on whole tokens, by latent.
LatentActivations multilayer_activations(const AnyAutoencoder& sae, Index n_latents,
                                         const LayeredSamples<float>& samples, const LayerTransform<float>& transform,
                                         Threads threads) {
  using Source = LayeredSource<float>;
  Source source(samples, transform, {.epochs = 1, .order = Source::Order::Sequential, .threads = threads});
  LatentActivations activations(n_latents);
  Batch<float> batch;
  while (source.next(batch))
    activations.add(encode(sae, batch.inputs, threads), batch.group.slice(), batch.sample_id.slice());
  return activations;
}

/// The codes of an SAE of one layer.
LatentActivations layer_activations(const AnyAutoencoder& sae, Index n_latents, const Matrix<float>& samples,
                                    Index layer, Threads threads) {
  const Buffer<std::int32_t> layers(samples.cols(), static_cast<std::int32_t>(layer));
  Buffer<std::int64_t> tokens(samples.cols());
  for (Index i = 0; i < tokens.size(); ++i) tokens[i] = i;
  LatentActivations activations(n_latents);
  activations.add(encode(sae, samples, threads), layers.slice(), tokens.slice());
  return activations;
}

/// Groups of latents from the first layers to the last, and the most telling latent of each.
std::vector<Index> latents_to_show(const LayerAnalysis& analysis, const LatentActivations& activations, std::size_t n) {
  std::vector<std::pair<double, Index>> order;
  for (std::size_t j = 0; j < analysis.latents.size(); ++j)
    if (analysis.latents[j].mass > 0) order.emplace_back(analysis.latents[j].mean, static_cast<Index>(j));
  std::sort(order.begin(), order.end());
  std::vector<Index> chosen;
  for (std::size_t group = 0; group < n; ++group) {
    std::vector<Index> among;
    for (std::size_t i = group * order.size() / n; i < (group + 1) * order.size() / n; ++i)
      among.push_back(order[i].second);
    for (const Index latent : telling_latents(activations, among, 1)) chosen.push_back(latent);
  }
  return chosen;
}

}  // namespace

Experiment::Experiment(const Options& options, const ModelFiles& files)
    : options_(options),
      threads_(options.threads),
      host_(files),
      plan_(planned_saes(options, host_.n_layers())),
      store_(options.out / "saes", store_settings(options, host_.checksum),
             options.resumes ? SaeStore::Start::Resume : SaeStore::Start::Fresh),
      progress_(total_cost(), options.is_quiet ? ProgressBar::Style::Quiet : ProgressBar::Style::Auto) {
  const auto most = [&](Index expansion) { return static_cast<double>(expansion * width()); };
  for (const double l0 : options.l0s) parsae::require_between("--l0", l0, 1.0, most(options.expansion));
  parsae::require_between("--l0", options.main_l0(), 1.0, most(options.multilayer_expansion));
  results_.host.shape = host_.model.shape();
  results_.host.is_random = options.uses_random_model;
}

double Experiment::total_cost() const {
  const auto n = static_cast<double>(options_.n_samples);
  const double layers = static_cast<double>(host_.n_layers());
  const double splices = static_cast<double>(plan_.size()) + 2 * layers;
  return text_cost() + cost::splice * splices * static_cast<double>(options_.n_held_out) +
         cost::sample * n *
             (static_cast<double>(plan_.size()) * options_.passes + 4 * layers * options_.multilayer_passes) +
         cost::steering + cost::limit * static_cast<double>(synthetic_points().size());
}

/// The training text, and two ablations of each layer on the held-out one.
double Experiment::text_cost() const {
  const auto n_held_out = static_cast<double>(options_.n_held_out);
  return cost::text * static_cast<double>(options_.n_samples) +
         (cost::text + 2 * static_cast<double>(host_.n_layers()) * cost::splice) * n_held_out;
}

SaeRecipe Experiment::recipe(const std::string& rule, Index n_latents, double l0) const {
  return {.rule = rule,
          .n_latents = n_latents,
          .l0 = l0,
          .passes = options_.passes,
          .seed = options_.seed,
          .threads = threads_};
}

bool Experiment::write_text() {
  const PassSettings passes{.threads = threads_};
  const OnProgress on_progress = progress_.stage("the model writes its text", text_cost());
  const std::optional<TokenCorpus> text = own_text(host_, 0, options_.n_samples, options_.seed, threads_,
                                                   [&](double share) { return on_progress(0.5 * share); });
  if (!text) return false;
  // The held-out text begins with stories that nobody has seen.
  const std::optional<TokenCorpus> held_out =
      own_text(host_, text->n_sequences(), options_.n_held_out, options_.seed, threads_,
               [&](double share) { return on_progress(0.5 + 0.05 * share); });
  if (!held_out) return false;
  streams_ = capture_streams(host_.model, *text, {.passes = passes});
  if (!on_progress(0.7)) return false;
  const CrossEntropy clean = cross_entropy(host_.model, *text, passes);
  results_.host.clean_ce = clean.nats_a_token;
  results_.host.n_predicted = clean.n_predicted;
  results_.host.greedy_matches = greedy_matches(host_);
  if (!on_progress(0.8)) return false;
  held_out_.text = *held_out;
  held_out_.streams = capture_streams(host_.model, *held_out, {.passes = passes});
  results_.baselines = held_out_.baselines = measure_baselines(host_, *held_out, streams_, passes);
  return on_progress(1);
}

bool Experiment::compare_rules() {
  const double training = cost::sample * options_.passes * static_cast<double>(options_.n_samples);
  const double judging = cost::splice * static_cast<double>(options_.n_held_out);
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    const PlannedSae& planned = plan_[i];
    const OnProgress on_progress =
        progress_.stage("SAE " + std::to_string(i + 1) + "/" + std::to_string(plan_.size()) + ": layer " +
                            std::to_string(planned.layer) + ", " + planned.rule + ", L0 " + short_text(planned.l0),
                        training + judging);
    const Index n_latents = options_.expansion * width();
    const std::optional<AnyAutoencoder> sae = store_.obtain(planned.name(), [&] {
      return train_sae(training_stream(planned.layer), recipe(planned.rule, n_latents, planned.l0), on_progress);
    });
    if (!sae || !on_progress(training / (training + judging))) return false;
    LayerRow row{.layer = planned.layer, .rule = planned.rule, .n_latents = n_latents, .target_l0 = planned.l0};
    judge(host_, held_out_, *sae, row, threads_);
    results_.layers.push_back(row);
    if (planned.layer == steered_layer() && planned.rule == "topk" && planned.l0 == options_.main_l0())
      steering_sae_ = sae;
  }
  return true;
}

bool Experiment::train_multilayer() {
  const LayeredSamples<float> samples(streams_.layers);
  transform_ = transform_of(options_.standardization, samples);
  const Index n_latents = options_.multilayer_expansion * width();
  const double layers = static_cast<double>(host_.n_layers());
  const OnProgress on_progress =
      progress_.stage("one SAE for all layers",
                      3 * cost::sample * layers * options_.multilayer_passes * static_cast<double>(options_.n_samples));
  const Index tokens_per_batch = std::max<Index>(1024 / host_.n_layers(), 1);
  SaeRecipe all = recipe("topk", n_latents, options_.main_l0());
  all.passes = options_.multilayer_passes;
  multilayer_sae_ = store_.obtain("multilayer", [&] {
    LayeredSource<float> source(samples, transform_,
                                {.tokens_per_batch = tokens_per_batch, .seed = options_.seed, .threads = threads_});
    return train_multilayer_sae(source, tokens_per_batch, all, on_progress);
  });
  if (!multilayer_sae_) return false;
  MultiLayerResult result{
      .n_latents = n_latents, .l0 = options_.main_l0(), .standardization = options_.standardization};
  const LayeredSamples<float> held_out(held_out_.streams.layers);
  result.analysis = analyze_layers(std::get<Autoencoder<TopK<float>>>(*multilayer_sae_), held_out, transform_,
                                   options_.seed, threads_);
  for (Index layer = 0; layer < host_.n_layers(); ++layer) {
    LayerRow row{.layer = layer, .rule = "topk", .n_latents = n_latents, .target_l0 = options_.main_l0()};
    judge_transformed(host_, held_out_, *multilayer_sae_, transform_, row, threads_);
    result.rows.push_back(row);
  }
  results_.multilayer = result;
  return train_separate(transform_);
}

bool Experiment::train_separate(const LayerTransform<float>& transform) {
  const Index n_layers = host_.n_layers();
  const Index n_latents = std::max<Index>(results_.multilayer.n_latents / n_layers, std::llround(options_.main_l0()));
  std::vector<Matrix<float>> dictionaries;
  for (Index layer = 0; layer < n_layers; ++layer) {
    const OnProgress on_progress =
        progress_.stage("an SAE of " + std::to_string(n_latents) + " latents for layer " + std::to_string(layer),
                        cost::sample * options_.multilayer_passes * static_cast<double>(options_.n_samples));
    SaeRecipe one = recipe("topk", n_latents, options_.main_l0());
    one.passes = options_.multilayer_passes;
    const std::optional<AnyAutoencoder> sae =
        store_.obtain("separate_layer" + std::to_string(layer), [&]() -> std::optional<AnyAutoencoder> {
          const TransformedLayer transformed(transform, layer, training_stream(layer), threads_);
          return train_sae(transformed.samples, one, on_progress);
        });
    if (!sae || !on_progress(1)) return false;
    LayerRow row{.layer = layer, .rule = "topk", .n_latents = n_latents, .target_l0 = options_.main_l0()};
    judge_transformed(host_, held_out_, *sae, transform, row, threads_);
    results_.multilayer.separate.push_back(row);
    dictionaries.push_back(std::visit([](const auto& model) { return model.decoder.w_dec; }, *sae));
  }
  for (std::size_t l = 0; l + 1 < dictionaries.size(); ++l)
    results_.multilayer.twin_cosines.push_back(mean_twin_cosine(dictionaries[l], dictionaries[l + 1]));
  return true;
}

bool Experiment::show_latents() {
  const OnProgress on_progress = progress_.stage("latents in context", 1);
  const Index n_latents = results_.multilayer.n_latents;
  const LayeredSamples<float> held_out(held_out_.streams.layers);
  const LatentActivations activations =
      multilayer_activations(*multilayer_sae_, n_latents, held_out, transform_, threads_);
  const LayerAnalysis& analysis = results_.multilayer.analysis;
  for (const Index latent : latents_to_show(analysis, activations, 8))
    results_.latents.push_back(latent_in_context(host_, held_out_.text, held_out_.streams, activations, latent,
                                                 analysis.masses.col(latent) / analysis.masses.col(latent).sum()));
  return on_progress(1);
}

bool Experiment::steer_text() {
  if (!steering_sae_) return true;
  const OnProgress on_progress = progress_.stage("steering", cost::steering);
  const Index layer = steered_layer();
  const auto& sae = std::get<Autoencoder<TopK<float>>>(*steering_sae_);
  const Matrix<float>& samples = held_out_.streams.layers[static_cast<std::size_t>(layer)];
  results_.steered =
      steer(host_, sae, layer, layer_activations(*steering_sae_, sae.n_latents(), samples, layer, threads_),
            options_.out / "steering.gguf", options_.seed, threads_, on_progress);
  return on_progress(1);
}

bool Experiment::measure_limits() {
  std::vector<SyntheticPoint> points = synthetic_points();
  for (SyntheticPoint& point : points) {
    const OnProgress on_progress = progress_.stage("a stream whose truth is known", cost::limit);
    if (!measure_synthetic(point, options_.seed, threads_, on_progress)) return false;
    results_.synthetic.push_back(point);
  }
  return true;
}

}  // namespace parsae_examples::multilayer

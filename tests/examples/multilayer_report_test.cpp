// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/one_latent.hpp>
#include <support/temporary_folder.hpp>

#include <string>

#include "../../examples/multilayer/priced_l1.hpp"
#include "../../examples/multilayer/report.hpp"

namespace multilayer_report_test {

namespace {

using namespace parsae_examples::multilayer;
using parsae_examples::Image;
namespace multilayer = parsae_examples::multilayer;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

Results small_results() {
  Results results;
  results.host.clean_ce = 1.32;
  results.host.n_predicted = 1000;
  results.host.greedy_matches = true;
  results.host.shape.n_layers = 2;
  results.host.shape.n_vocabulary = 512;
  results.baselines = {1.31, 900, {6.2383, 6.2383}, {5.5, 6.0}};
  for (const Index layer : {0, 1}) {
    for (const double l0 : {16.0, 8.0}) {
      for (const std::string_view rule : rules) {
        LayerRow row;
        row.layer = layer;
        row.rule = std::string(rule);
        row.target_l0 = row.l0 = l0;
        row.fvu = 0.1;
        row.delta_ce = 0.2 + (rule == "jumprelu" ? -0.1 : 0);
        row.loss_recovered = 1 - row.delta_ce / 5;
        results.layers.push_back(row);
      }
    }
  }
  MultiLayerResult& multilayer = results.multilayer;
  multilayer.n_latents = 4;
  multilayer.l0 = 16;
  multilayer.rows = multilayer.separate = {results.layers[0], results.layers[8]};
  multilayer.twin_cosines = {0.5};
  LayerAnalysis& analysis = multilayer.analysis;
  analysis.masses = analysis.permuted_masses = parsae::Matrix<double>::Identity(2, 4);
  analysis.variance = {0.3, 0.2, 0.1};
  analysis.permuted = {0.3, 0.28, 0.22};
  analysis.latents.resize(4);
  analysis.cosines.distances = parsae::Vector<double>::LinSpaced(2, 0, 1);
  analysis.cosines.mean_cosine = parsae::Vector<double>::Constant(1, 0.1);
  analysis.cosines.pairs = parsae::Matrix<std::int64_t>::Ones(1, 1);
  results.synthetic = synthetic_points();
  LatentInContext latent;
  latent.latent = 3;
  latent.layers = {0.25, 0.75};
  latent.top_token = " <cat>";
  latent.snippets = {{{{" <a>", 0, 0}, {" <cat>", 1, 1}}, 1}};
  results.latents = {latent};
  results.steered.latent = 5;
  results.steered.layer = 1;
  results.steered.change.word = "cat";
  results.steered.before.texts = {"a dog & a bone"};
  results.steered.clamped.texts = {"a Cat, a concatenation"};
  results.settings = {{"model", "<m>"}};
  return results;
}

}  // namespace

TEST_CASE("multilayer: results.json has what a program reads, and null for what is not known") {
  const nlohmann::ordered_json json = results_json(small_results());
  CHECK(json["host"]["clean_ce"] == 1.32);
  CHECK(json["host"]["greedy_matches"] == true);
  CHECK(json["layers"].size() == 16);
  CHECK(json["layers"][2]["rule"] == "jumprelu");
  CHECK(json["layers"][2]["layer"] == 0);
  CHECK_THAT(json["layers"][2]["loss_recovered"].get<double>(), WithinAbs(0.98, 1e-12));
  CHECK(json["layer_variance"]["token"] == 0.1);
  CHECK(json["layer_variance"]["aggregated"] == 0.2);
  CHECK(json["layer_variance"]["token_permuted"] == 0.22);
  CHECK(json["layer_variance"]["aggregated_permuted"] == 0.28);
  CHECK(json["mlsae"]["n_latents"] == 4);
  const nlohmann::ordered_json nothing = results_json({});
  CHECK(nothing["host"]["clean_ce"].is_null());
  CHECK(nothing["host"]["greedy_matches"].is_null());
  CHECK(nothing["layers"].empty());
  CHECK(nothing["layer_variance"].is_null());
  CHECK(nothing["mlsae"].is_null());
  CHECK(nothing["steering"].is_null());
}

TEST_CASE("multilayer: the page says what was found, and escapes what a model wrote") {
  const std::string html = multilayer::detail::report_html({small_results(), "run --out \"a b\"", true});
  CHECK_THAT(html, ContainsSubstring("published one"));
  CHECK_THAT(html, ContainsSubstring("98.0 %"));  // the best rule's loss recovered, in the headline
  CHECK_THAT(html, ContainsSubstring(" &lt;cat&gt;") && ContainsSubstring(" &lt;a&gt;"));
  CHECK_THAT(html, ContainsSubstring("a dog &amp; a bone"));
  CHECK_THAT(html, ContainsSubstring("<mark>Cat</mark>, a concatenation"));
  CHECK_THAT(html, ContainsSubstring("data:image/png;base64,"));
  CHECK_THAT(html, ContainsSubstring("run --out &quot;a b&quot;"));
  CHECK_THAT(html, !ContainsSubstring("interrupted"));
  CHECK_THAT(html, !ContainsSubstring("<script"));
  CHECK_THAT(html, !ContainsSubstring("http://") && !ContainsSubstring("https://"));
}

TEST_CASE("multilayer: a page of an interrupted run and of a random model say so, and an empty one is whole") {
  Results random = small_results();
  random.host.is_random = true;
  CHECK_THAT(multilayer::detail::report_html({random, "", false}),
             ContainsSubstring("random weights") && ContainsSubstring("interrupted"));
  const std::string empty = multilayer::detail::report_html({{}, "run", false});
  CHECK_THAT(empty, ContainsSubstring("stopped before") && ContainsSubstring("</html>"));
}

TEST_CASE("multilayer: a heatmap is sorted by mean layer and dark where the mass is") {
  parsae::Matrix<double> masses(2, 3);
  masses << 0, 2, 0,  //
      3, 0, 0;        // latent 0 at layer 1, latent 1 at layer 0, latent 2 silent
  Image image = multilayer::detail::heatmap_image(masses);
  REQUIRE(image.width == 2);
  REQUIRE(image.height == 2);
  CHECK(image.at(0, 0)[0] < 20);
  CHECK(image.at(1, 0)[0] == 255);
  CHECK(image.at(0, 1)[0] == 255);
  CHECK(image.at(1, 1)[0] < 20);
  const parsae::Matrix<double> separate = multilayer::detail::one_layer_each(3, 7);
  CHECK(separate.colwise().sum().minCoeff() == 1);
  CHECK(separate.rowwise().sum().minCoeff() >= 2);
}

TEST_CASE("the thermostat's price rises while codes are too dense and falls while they are too sparse") {
  L1Thermostat thermostat({.target_l0 = 16, .first_coefficient = 0.5, .gain = 0.1, .first_step = 10});
  const PricedL1 loss = thermostat.loss();
  parsae::TrainProgress progress;
  progress.step = 5;
  progress.l0 = 100;
  thermostat.on_step_end(progress);
  CHECK(thermostat.coefficient() == 0.5);
  progress.step = 10;
  progress.l0 = 16 * std::exp(0.5);
  thermostat.on_step_end(progress);
  CHECK_THAT(thermostat.coefficient(), WithinAbs(0.5 * std::exp(0.05), 1e-12));
  progress.l0 = 0;  // clamped: nothing active says no more than the direction
  thermostat.on_step_end(progress);
  CHECK_THAT(thermostat.coefficient(), WithinAbs(0.5 * std::exp(-0.05), 1e-12));
  progress.l0 = 16;
  thermostat.on_step_end(progress);
  CHECK_THAT(thermostat.coefficient(), WithinAbs(0.5 * std::exp(-0.05), 1e-12));
  progress.l0 = 1e6;  // clamped as well
  thermostat.on_step_end(progress);
  CHECK_THAT(thermostat.coefficient(), WithinAbs(0.5 * std::exp(0.05), 1e-12));

  // What trains is L1 at the price of the step, and the schedule's factor on it.
  parsae::test::OneLatent<double> latent{0.5, 2.0};
  parsae::LatentGradient<double> gradient = latent.gradient();
  const double value = loss.of_step({.coefficient_factor = 0.5}).add(latent.entries(), 1.0, 4, gradient);
  const double price = 0.5 * thermostat.coefficient();
  CHECK_THAT(value, WithinAbs(price / 4 * 2.5, 1e-12));
  CHECK_THAT(latent.value[1], WithinAbs(10 + price / 4, 1e-12));
  CHECK_THROWS_WITH(L1Thermostat({.target_l0 = 0}), ContainsSubstring("target_l0"));
  CHECK_THROWS_WITH(L1Thermostat({.gain = 0}), ContainsSubstring("gain"));
}

}  // namespace multilayer_report_test

// SPDX-License-Identifier: MIT
// At which layers of a language model does a latent live, and what does the model lose with an SAE in its stream?

#include <parsae/core/build_summary.hpp>

#include <support/program.hpp>

#include <cstdio>
#include <cstdlib>

#include "experiment.hpp"
#include "random_model.hpp"
#include "report.hpp"

namespace parsae_examples::multilayer {
namespace {

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

std::vector<std::pair<std::string, std::string>> settings_of(const Options& options, const ModelFiles& files,
                                                             const HostFacts& host) {
  const LlamaShape& shape = host.shape;
  std::string l0s;
  for (const double l0 : options.l0s) l0s += (l0s.empty() ? "" : ", ") + number_text(l0);
  return {{"model", files.model.filename().string() + ": " + std::to_string(shape.n_layers) + " blocks of width " +
                        std::to_string(shape.width) + ", vocabulary " + std::to_string(shape.n_vocabulary)},
          {"text", grouped(options.n_samples) + " tokens of its own to train on, " + grouped(options.n_held_out) +
                       " held out; temperature 1, top-p 1"},
          {"SAEs of one layer", std::to_string(options.expansion * shape.width) + " latents, L0 " + l0s + ", " +
                                    number_text(options.passes) + " passes"},
          {"SAE of all layers", std::to_string(options.multilayer_expansion * shape.width) + " latents, k " +
                                    number_text(options.main_l0()) + ", " + number_text(options.multilayer_passes) +
                                    " passes, standardization " + options.standardization},
          {"seed", std::to_string(options.seed)},
          {"threads", std::to_string(options.threads)},
          {"build", parsae::build_summary()}};
}

void print_results(const Results& results) {
  const HostFacts& host = results.host;
  if (host.n_predicted == 0) return;
  std::printf("\nclean cross-entropy %.4f nats over %s tokens", host.clean_ce, grouped(host.n_predicted).c_str());
  if (host.greedy_matches) std::printf("; greedy sample %s", *host.greedy_matches ? "as published" : "DIFFERS");
  std::printf("\n\n layer  rule             L0     FVU     dCE   recovered   of mean ablation\n");
  for (const LayerRow& row : results.layers)
    std::printf("%6lld  %-13s %5.1f  %6.4f  %6.4f  %10.4f  %17.4f\n", static_cast<long long>(row.layer),
                row.rule.c_str(), row.l0, row.fvu, row.delta_ce, row.loss_recovered, row.loss_recovered_mean);
  if (!results.multilayer.is_known()) return;
  const LayerAnalysis& analysis = results.multilayer.analysis;
  std::printf("\nlayer variance: a token %.3f, over all tokens %.3f; with permuted labels %.3f and %.3f\n",
              analysis.variance.token, analysis.variance.aggregated, analysis.permuted.token,
              analysis.permuted.aggregated);
}

int run(const Options& options, const std::string& command) {
  Interrupt interrupt;
  Eigen::setNbThreads(1);  // its products would have other bits for another number of threads
  const ModelFiles files = options.uses_random_model ? make_random_model(options.out, options.seed)
                                                     : find_model_files(options.model, options.tokenizer);
  std::printf("%s\nmodel %s\n", parsae::build_summary().c_str(), files.model.string().c_str());
  std::fflush(stdout);
  if (!options.resumes) std::filesystem::remove(options.out / "steering.gguf");  // of an earlier run
  Experiment experiment(options, files);
  const bool is_complete = experiment.run();
  Results results = experiment.results();
  results.settings = settings_of(options, files, results.host);
  write_results(options.out / "results.json", results);
  write_report(options.out / "report.html", {results, command, is_complete});
  print_results(results);
  std::printf("\n%s: %s\n", duration_text(results.seconds).c_str(), (options.out / "report.html").c_str());
  if (is_complete) return EXIT_SUCCESS;
  return say_how_to_go_on("The SAEs that are trained are saved", command, options.resumes);
}

}  // namespace
}  // namespace parsae_examples::multilayer

int main(int argc, char** argv) {
  using namespace parsae_examples::multilayer;
  Options options;
  CLI::App app;
  add_options(app, options);
  return parsae_examples::run_program("multilayer", app, argc, argv, [&](const std::string& command) {
    apply_quick(app, options);
    check(options);
    return run(options, command);
  });
}

// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "command_line.hpp"
#include "train_options.hpp"

namespace parsae_cli {

/// What every verb is told besides its own business.
struct OutputOptions {
  bool is_quiet = false;
  bool is_json = false;
  std::string program = "parsae";  ///< as it was called
};

/// `parsae train`.
struct TrainRequest {
  TrainOptions train;
  OutputOptions output;
  std::filesystem::path out = "run";
  std::filesystem::path resume{};  ///< the run directory to go on in
  std::filesystem::path config{};
};

/// The verbs that use a trained SAE: eval, encode, top, convert, report.
struct UseRequest {
  std::filesystem::path model{};  ///< model file, run directory or SAELens directory
  DataOptions data;
  OutputOptions output;
  std::filesystem::path out{};
  std::string to{};  ///< convert
  Index max_samples = 0;
  Index n_examples = 10;
  Index batch = 4096;
  std::vector<Index> latents{};  ///< top: empty: all
  int threads = parsae::Threads::available().count();
};

namespace detail {

inline void add_output(CLI::App& verb, OutputOptions& output) {
  verb.add_flag("--json", output.is_json, "results as JSON on stdout, and nothing else there");
  verb.add_flag("-q,--quiet", output.is_quiet, "no progress, and no notes on stderr");
}

inline void add_data(CLI::App& verb, DataOptions& data, const std::string& help) {
  verb.add_option("inputs", data.inputs, help);
  visit_data_options(
      data, [&](const char* name, auto& value, Effect, const char* text) { add_option(verb, name, value, text); });
}

inline void add_model(CLI::App& verb, UseRequest& request) {
  verb.add_option("model", request.model, "a model file, checkpoint, run directory or SAELens directory");
}

inline void add_use(CLI::App& verb, UseRequest& request) {
  add_model(verb, request);
  add_data(verb, request.data, "activations: files, globs, folders");
  add_option(verb, "--max-samples", request.max_samples, "stop after so many; 0: all");
  add_option(verb, "--batch", request.batch, "samples at a time: memory, not results");
  add_option(verb, "--threads", request.threads, "results do not depend on it");
  add_output(verb, request.output);
}

}  // namespace detail

inline CLI::App* add_train(CLI::App& app, TrainRequest& request) {
  CLI::App* verb = app.add_subcommand("train", "an SAE, or many in one pass, on activations of yours");
  verb->add_option("inputs", request.train.data.inputs,
                   "activations: files (.npy .npz .safetensors .csv .tsv, raw with --dim), globs, folders");
  verb->add_option("-o,--out", request.out, "the run directory; made if missing")->capture_default_str();
  visit_train_options(request.train, [&](const char* name, auto& value, Effect, const char* help) {
    detail::add_option(*verb, name, value, help);
  });
  verb->add_option("--resume", request.resume,
                   "go on in this run directory, from its newest checkpoint, with its settings: the same bits as\n"
                   "without the stop");
  verb->add_option("--config", request.config, "read options from a TOML or INI file; those on the command line win");
  detail::add_output(*verb, request.output);
  verb->footer(
      "A row of a file is a sample. Files may be larger than memory: they are read ahead and mixed. Lists are comma\n"
      "separated and make a sweep: every SAE is trained on the same batches, in one pass, in a directory of its own.\n"
      "Ctrl-C writes a checkpoint and prints the command that goes on. Same seed, same bits: for any number of "
      "threads,\n"
      "stopped and resumed or not.\n\n"
      "  parsae train acts/*.npy -k 32 --latents 8x -o run/\n"
      "  parsae train acts.npy -k 16,32,64 --latents 4x,8x -o sweep/      six SAEs\n"
      "  parsae train acts.npy --rule jumprelu --target-l0 32 -o run/\n"
      "  parsae train dump.f16 --dim 768 --dtype f2 -o run/\n"
      "  parsae train --resume run/\n\n"
      "The run directory then holds model.safetensors, report.html, config.json, metrics.jsonl, metrics.csv,\n"
      "evaluation.json and checkpoints/.");
  return verb;
}

inline CLI::App* add_eval(CLI::App& app, UseRequest& request) {
  CLI::App* verb = app.add_subcommand("eval", "how well an SAE explains activations, and how sparsely");
  detail::add_use(*verb, request);
  verb->footer(
      "FVU: sum of squared errors / sum of squares about the mean, over all samples at once; explained variance is\n"
      "1 - FVU. L0: active latents a sample. Bits a sample: codes quantized until the FVU is 5 % larger, then entropy\n"
      "coded, on the first 4096 samples; the dictionary is not counted.\n\n"
      "  parsae eval run/ held_out.npy\n"
      "  parsae eval sae.safetensors acts/ --max-samples 100000 --json");
  return verb;
}

inline CLI::App* add_encode(CLI::App& app, UseRequest& request) {
  CLI::App* verb = app.add_subcommand("encode", "the sparse codes of activations, as a compressed-row matrix");
  detail::add_use(*verb, request);
  verb->add_option("-o,--out", request.out, "the file to write, .npz or .safetensors");
  verb->footer(
      "Writes data, indices, indptr and shape: samples x latents. scipy.sparse.load_npz reads the .npz. Rows that are\n"
      "left out (--skip-not-finite, --max-norm-ratio) have no row in the matrix. Codes wait on the disk: memory does\n"
      "not grow with the file.\n\n"
      "  parsae encode run/ acts/*.npy -o codes.npz");
  return verb;
}

inline CLI::App* add_top(CLI::App& app, UseRequest& request) {
  CLI::App* verb = app.add_subcommand("top", "the samples in which each latent is most active");
  detail::add_use(*verb, request);
  detail::add_option(*verb, "--n", request.n_examples, "samples a latent");
  detail::add_option(*verb, "--latent", request.latents, "only these, comma separated");
  verb->add_option("-o,--out", request.out, "write CSV here; without it to stdout");
  verb->footer(
      "One line for each example: latent, rank, value, file, row (rows count from 0).\n\n"
      "  parsae top run/ acts/*.npy --n 20 -o top.csv\n"
      "  parsae top run/ acts.npy --latent 17,42");
  return verb;
}

inline CLI::App* add_inspect(CLI::App& app, UseRequest& request) {
  CLI::App* verb = app.add_subcommand("inspect", "what a file or directory holds");
  detail::add_data(*verb, request.data, "activations, model files, checkpoints, run directories, SAELens directories");
  detail::add_option(*verb, "--max-samples", request.max_samples, "rows for statistics; 0: 100,000");
  detail::add_output(*verb, request.output);
  verb->footer("  parsae inspect acts.npy run/ sae.safetensors");
  return verb;
}

inline CLI::App* add_convert(CLI::App& app, UseRequest& request) {
  CLI::App* verb = app.add_subcommand("convert", "an SAE to or from another program's format");
  detail::add_model(*verb, request);
  verb->add_option("--to", request.to,
                   "saelens (a directory), parsae (a model file), or npz (the layout of Gemma Scope)");
  verb->add_option("-o,--out", request.out, "what to write");
  detail::add_output(*verb, request.output);
  verb->footer(
      "  parsae convert run/ --to saelens -o sl/       then in Python: SAE.load_from_disk(\"sl\")\n"
      "  parsae convert sl/ --to parsae -o sae.safetensors");
  return verb;
}

inline CLI::App* add_report(CLI::App& app, UseRequest& request) {
  CLI::App* verb = app.add_subcommand("report", "report.html of a run directory, made again");
  verb->add_option("model", request.model, "the run directory");
  detail::add_data(*verb, request.data, "other activations to judge by; without them what training found stands");
  detail::add_option(*verb, "--threads", request.threads, "results do not depend on it");
  verb->add_option("-o,--out", request.out, "where; without it report.html in the run directory");
  detail::add_output(*verb, request.output);
  verb->footer("  parsae report run/\n  parsae report run/ held_out.npy -o held_out.html");
  return verb;
}

}  // namespace parsae_cli

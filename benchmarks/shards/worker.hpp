// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/matrix_source.hpp>
#include <parsae/io/npy.hpp>
#include <parsae/io/shard_files.hpp>
#include <parsae/io/shard_source.hpp>
#include <parsae/parsae.hpp>

#include <nlohmann/json.hpp>

#include <measure/peak_memory.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "options.hpp"

namespace parsae_benchmarks {

using Sae = parsae::Autoencoder<parsae::TopK<float>>;

/// Answers each {"steps"} on stdin, after as many steps, with {"seconds", "peak_mb", "loss"} on stdout.
template <class Source>
void train_as_asked(Source& source, const parsae::Matrix<float>& first, const Options& options) {
  Sae model({.n_inputs = options.size.d, .n_latents = options.size.n}, parsae::TopK<float>({.k = options.size.k}));
  parsae::initialize(model, first, {.seed = options.seed});
  parsae::Trainer trainer(model, parsae::Objective(parsae::MeanSquaredError()), parsae::Adam(),
                          {.steps = Index{1} << 40, .precision = parsae::Precision::Screened});
  parsae::Batch<float> batch;
  for (std::string line; std::getline(std::cin, line);) {
    const auto steps = nlohmann::json::parse(line).at("steps").get<Index>();
    const auto begin = std::chrono::steady_clock::now();
    for (Index step = 0; step < steps; ++step) {
      source.next(batch);
      const std::string_view not_finite = trainer.step(batch);
      if (!not_finite.empty()) throw std::runtime_error(std::string(not_finite) + " is not finite");
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    const nlohmann::ordered_json answer = {
        {"seconds", seconds.count()}, {"peak_mb", peak_memory_mb()}, {"loss", trainer.progress().loss}};
    std::cout << answer.dump() << std::endl;
  }
}

inline void train_from_memory(const Options& options, const std::vector<std::filesystem::path>& files) {
  const parsae::Matrix<float> samples = parsae::NpyFile(files.front()).read_samples<float>();
  parsae::MatrixSource<float> source(samples, {.batch_size = options.size.batch, .seed = options.seed});
  train_as_asked(source, samples.leftCols(std::min<Index>(samples.cols(), 8192)), options);
}

inline void train_from_shards(const Options& options, const std::vector<std::filesystem::path>& files) {
  parsae::ShardSource<float> source(
      files, {.batch_size = options.size.batch, .seed = options.seed, .buffer_rows = options.buffer_rows});
  train_as_asked(source, source.first_samples(8192), options);
}

/// The child process: trains whenever it is asked to, until its stdin ends.
[[nodiscard]] inline int work(const Options& options) {
  try {
    const std::vector<std::filesystem::path> files = parsae::shard_files(options.folder);
    options.worker == "memory" ? train_from_memory(options, files) : train_from_shards(options, files);
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::cout << nlohmann::ordered_json{{"error", error.what()}}.dump() << std::endl;
    return EXIT_FAILURE;
  }
}

}  // namespace parsae_benchmarks

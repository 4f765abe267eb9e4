// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include <measure/problem_size.hpp>

#include <cstdint>
#include <filesystem>

namespace parsae_benchmarks {

/// What a contestant steps on: the "prepare" of the conversation, the same for parsae and for peers.
///
/// `data` holds `batches` batches of float32, a sample after the other; `weights` float32 w_enc (a latent after the
/// other), b_enc, w_dec (likewise), b_dec. Samples have a mean squared norm of 1.
struct StepRequest {
  ProblemSize size;
  std::filesystem::path data;
  std::filesystem::path weights;
  Index batches = 4;
  double learning_rate = 1e-6;  ///< so small that the codes of the last step have the statistics of the first
  std::uint64_t seed = 1;
  double threshold = 0;  ///< that leaves about k latents active: for methods that have one
};

[[nodiscard]] inline nlohmann::ordered_json to_json(const StepRequest& request) {
  return {{"command", "prepare"},        {"data", request.data.string()}, {"weights", request.weights.string()},
          {"d", request.size.d},         {"n", request.size.n},           {"k", request.size.k},
          {"batch", request.size.batch}, {"batches", request.batches},    {"learning_rate", request.learning_rate},
          {"seed", request.seed},        {"threshold", request.threshold}};
}

/// Throws nlohmann::json::exception where a field is missing or of another type.
[[nodiscard]] inline StepRequest step_request_from(const nlohmann::ordered_json& json) {
  StepRequest request;
  request.data = json.at("data").get<std::string>();
  request.weights = json.at("weights").get<std::string>();
  json.at("d").get_to(request.size.d);
  json.at("n").get_to(request.size.n);
  json.at("k").get_to(request.size.k);
  json.at("batch").get_to(request.size.batch);
  json.at("batches").get_to(request.batches);
  json.at("learning_rate").get_to(request.learning_rate);
  json.at("seed").get_to(request.seed);
  json.at("threshold").get_to(request.threshold);
  return request;
}

}  // namespace parsae_benchmarks

// SPDX-License-Identifier: MIT
#include <language/sampling.hpp>
#include <support/catch.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace language_sampling_test {

using namespace parsae_examples;

namespace {

Token drawn(std::vector<float> logits, const Sampling& sampling, double uniform) {
  return sample_token({logits.data(), static_cast<Index>(logits.size())}, sampling, uniform);
}

/// How often each token comes when `uniform` takes n evenly spaced values.
std::vector<int> counts(const std::vector<float>& logits, const Sampling& sampling, int n) {
  std::vector<int> result(logits.size(), 0);
  for (int i = 0; i < n; ++i) ++result[static_cast<std::size_t>(drawn(logits, sampling, (i + 0.5) / n))];
  return result;
}

const std::vector<float> logits{std::log(0.1F), std::log(0.4F), std::log(0.2F), std::log(0.3F)};

}  // namespace

TEST_CASE("tokens come as often as the softmax of the logits says, whatever is added to all of them") {
  CHECK(counts(logits, {}, 1000) == std::vector<int>{100, 400, 200, 300});
  std::vector<float> raised = logits;
  for (float& logit : raised) logit += 50;
  CHECK(counts(raised, {}, 100) == std::vector<int>{10, 40, 20, 30});
}

TEST_CASE("a temperature raises probabilities to its inverse") {
  // Squares: 1, 16, 4, 9 of 30.
  CHECK(counts(logits, {.temperature = 0.5}, 3000) == std::vector<int>{100, 1600, 400, 900});
}

TEST_CASE("temperature 0 takes the first of the largest") {
  CHECK(drawn({1, 3, 3, 2}, {.temperature = 0}, 0.99) == 1);
  CHECK(drawn({-1, -3}, {.temperature = 0, .top_p = 0.1}, 0.99) == 0);
}

TEST_CASE("top_p keeps the likeliest tokens that reach it") {
  CHECK(counts(logits, {.top_p = 0.6}, 700) == std::vector<int>{0, 400, 0, 300});
  CHECK(counts(logits, {.top_p = 0.35}, 10) == std::vector<int>{0, 10, 0, 0});
  CHECK(counts(logits, {.top_p = 0.85}, 900) == std::vector<int>{0, 400, 200, 300});
  CHECK(counts({0, 0, 0, 0}, {.top_p = 0.3}, 10) == std::vector<int>{5, 5, 0, 0});  // of equals the first
}

TEST_CASE("a token that is impossible is never drawn, not even by rounding") {
  const float never = -std::numeric_limits<float>::max();
  CHECK(drawn({0, never}, {}, std::nextafter(1.0, 0.0)) == 0);
  CHECK(drawn({never, 0}, {}, 0) == 1);
}

TEST_CASE("logits that are not finite draw nothing") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (const double temperature : {0.0, 1.0}) CHECK(drawn({0, bad, 1}, {.temperature = temperature}, 0.5) == -1);
}

TEST_CASE("sampling settings outside their ranges are refused") {
  CHECK_THROWS_AS(require_sampling({.temperature = -1}), std::invalid_argument);
  CHECK_THROWS_AS(require_sampling({.top_p = 0}), std::invalid_argument);
  CHECK_THROWS_AS(require_sampling({.top_p = 1.5}), std::invalid_argument);
  CHECK_NOTHROW(require_sampling({.temperature = 0, .top_p = 1}));
}

}  // namespace language_sampling_test

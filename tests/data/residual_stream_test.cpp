// SPDX-License-Identifier: MIT
#include <parsae/data/residual_stream.hpp>

#include <support/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

namespace residual_stream_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("every sample is the sum of the directions that the truth names") {
  const ResidualStreamSettings settings{.n_inputs = 10,
                                        .n_directions = 15,
                                        .n_layers = 4,
                                        .n_tokens = 50,
                                        .switch_on = {0.2},
                                        .persistence = 0.6,
                                        .seed = 3};
  const ResidualStream<double> stream = make_residual_stream<double>(settings);
  REQUIRE(stream.layers.size() == 4);
  REQUIRE(stream.truth.n_samples() == 200);
  for (Index j = 0; j < 15; ++j) CHECK(std::abs(stream.directions.col(j).norm() - 1) < 1e-12);
  for (Index i = 0; i < 200; ++i) {
    CHECK(stream.layer[i] == i % 4);
    CHECK(stream.token[i] == i / 4);
    Vector<double> x = Vector<double>::Zero(10);
    for (Index e = stream.truth.begin_of(i); e < stream.truth.begin_of(i + 1); ++e)
      x += stream.truth.values[e] * stream.directions.col(stream.truth.latents[e]);
    CHECK((x - stream.layers[static_cast<std::size_t>(i % 4)].col(i / 4)).norm() < 1e-12);
  }
  CHECK(make_residual_stream<double>(settings).truth == stream.truth);
}

TEST_CASE("a direction has one spell in a token, as long as persistence has it, with one magnitude") {
  for (const double rho : {0.0, 0.7, 1.0}) {
    const auto stream = make_residual_stream<double>(
        {.n_inputs = 2, .n_directions = 20, .n_layers = 5, .n_tokens = 2000, .switch_on = {0.1}, .persistence = rho});
    double stayed = 0;
    double could_stay = 0;
    std::set<Index> had;
    for (Index i = 0; i < stream.truth.n_samples(); ++i) {
      if (i % 5 == 0) had.clear();
      for (Index e = stream.truth.begin_of(i); e < stream.truth.begin_of(i + 1); ++e) {
        CHECK(stream.truth.values[e] >= 0.5);
        CHECK(stream.truth.values[e] <= 1.5);
        bool was_there = false;
        if (i % 5 > 0) {
          for (Index before = stream.truth.begin_of(i - 1); before < stream.truth.begin_of(i); ++before) {
            if (stream.truth.latents[before] != stream.truth.latents[e]) continue;
            was_there = true;
            CHECK(stream.truth.values[before] == stream.truth.values[e]);
          }
        }
        stayed += was_there;
        could_stay += i % 5 < 4;
        CHECK(was_there == !had.insert(stream.truth.latents[e]).second);
      }
    }
    // about 9000 chances to stay: a standard deviation of .005
    CHECK(std::abs(stayed / could_stay - rho) < (rho > 0 && rho < 1 ? 0.025 : 1e-15));
  }
}

TEST_CASE("each layer writes by its own chance, and noise is of the size that was asked for") {
  const auto stream = make_residual_stream<double>({.n_inputs = 3,
                                                    .n_directions = 4,
                                                    .n_layers = 3,
                                                    .n_tokens = 500,
                                                    .switch_on = {0, 1, 0},
                                                    .persistence = 0,
                                                    .noise = 0.25});
  double squares = 0;
  for (Index i = 0; i < stream.truth.n_samples(); ++i) {
    CHECK(stream.truth.count_of(i) == (i % 3 == 1 ? 4 : 0));
    if (i % 3 != 1) squares += stream.layers[static_cast<std::size_t>(i % 3)].col(i / 3).squaredNorm();
  }
  CHECK(std::abs(std::sqrt(squares / 3000) - 0.25) < 0.02);
  CHECK(stream.layers[0].col(0) != stream.layers[2].col(0));
}

TEST_CASE("a direction is written with the chance of its layer, and magnitudes are uniform on [0.5, 1.5]") {
  const auto stream = make_residual_stream<double>(
      {.n_inputs = 2, .n_directions = 20, .n_layers = 2, .n_tokens = 1000, .switch_on = {0.3, 0.1}, .persistence = 0});
  // 20000 draws, then the 70 % that were not there yet: standard deviations of .0032 and .0025
  double written[2] = {0, 0};
  double sum = 0;
  double largest = 0;
  for (Index i = 0; i < stream.truth.n_samples(); ++i) written[i % 2] += static_cast<double>(stream.truth.count_of(i));
  for (const double m : stream.truth.values) {
    sum += m;
    largest = std::max(largest, m);
  }
  CHECK(std::abs(written[0] / 20000 - 0.3) < 0.016);
  CHECK(std::abs(written[1] / 14000 - 0.1) < 0.013);
  CHECK(std::abs(sum / static_cast<double>(stream.truth.stored()) - 1) < 0.02);  // of about 7400: .0034
  CHECK(largest > 1.49);
}

TEST_CASE("tokens and seeds differ in everything that is drawn") {
  const ResidualStreamSettings settings{
      .n_inputs = 4, .n_directions = 30, .n_layers = 1, .n_tokens = 2, .switch_on = {0.5}, .seed = 1};
  ResidualStreamSettings other = settings;
  other.seed = 2;
  const auto stream = make_residual_stream<double>(settings);
  const auto changed = make_residual_stream<double>(other);
  CHECK(stream.directions != changed.directions);
  CHECK(!(stream.truth.latents == changed.truth.latents));
  const auto latents = [&](Index i) {
    const LatentId* first = stream.truth.latents.data();
    return std::vector<LatentId>(first + stream.truth.begin_of(i), first + stream.truth.begin_of(i + 1));
  };
  CHECK(latents(0) != latents(1));
  const auto noise_alone = make_residual_stream<double>(
      {.n_inputs = 4, .n_directions = 1, .n_layers = 1, .n_tokens = 2, .switch_on = {0}, .noise = 1});
  CHECK(noise_alone.layers[0].col(0) != noise_alone.layers[0].col(1));
}

TEST_CASE("ResidualStream refuses settings that mean nothing") {
  const auto made = [](const ResidualStreamSettings& settings) { return make_residual_stream<float>(settings).token; };
  CHECK_THROWS_WITH(made({.n_inputs = 0}), ContainsSubstring("ResidualStream n_inputs"));
  CHECK_THROWS_WITH(made({.n_directions = 0}), ContainsSubstring("ResidualStream n_directions"));
  CHECK_THROWS_WITH(made({.n_layers = 0}), ContainsSubstring("ResidualStream n_layers"));
  CHECK_THROWS_WITH(made({.n_tokens = 0}), ContainsSubstring("ResidualStream n_tokens"));
  CHECK_THROWS_WITH(made({.switch_on = {}}), ContainsSubstring("ResidualStream switch_on: expected a 6 x 1"));
  CHECK_THROWS_WITH(made({.switch_on = {0.1, 0.2}}), ContainsSubstring("ResidualStream switch_on: expected a 6 x 1"));
  for (const double bad : {-0.5, 1.5})
    CHECK_THROWS_WITH(made({.switch_on = {bad}}), ContainsSubstring("ResidualStream switch_on"));
  CHECK_THROWS_WITH(made({.persistence = 1.1}), ContainsSubstring("ResidualStream persistence"));
  CHECK_THROWS_WITH(made({.persistence = -0.1}), ContainsSubstring("ResidualStream persistence"));
  CHECK_THROWS_WITH(made({.noise = -1}), ContainsSubstring("ResidualStream noise"));
}

}  // namespace residual_stream_test

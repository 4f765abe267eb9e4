// SPDX-License-Identifier: MIT
#include <parsae/train/stage_times.hpp>

#include <support/catch.hpp>

#include <set>
#include <string>
#include <thread>

namespace stage_times_test {

using namespace parsae;

TEST_CASE("every stage is named once, in the order of the step, with its own seconds") {
  const StageTimes times{1, 2, 3, 4, 5, 6, 7};
  std::set<std::string> names;
  double expected = 0;
  for (const StageTimes::Named& stage : times.named()) {
    CHECK(stage.seconds == ++expected);
    names.emplace(stage.name);
  }
  CHECK(names == std::set<std::string>{"center", "decode", "encode", "latent_order", "latent_pass", "losses",
                                       "sampled_product"});
  CHECK(times.named()[0].name == "center");
  CHECK(times.named()[6].name == "latent_pass");
}

TEST_CASE("no time has passed before the first step") {
  for (const StageTimes::Named& stage : StageTimes().named()) CHECK(stage.seconds == 0);
}

TEST_CASE("a clock adds the time of its scope, in seconds") {
  using namespace std::chrono;
  double seconds = 100;
  const auto start = steady_clock::now();
  {
    const StageClock clock(seconds);
    std::this_thread::sleep_for(milliseconds(5));
    CHECK(seconds == 100);
  }
  const double first = seconds - 100;
  CHECK(first >= 0.0049);
  CHECK(first <= duration<double>(steady_clock::now() - start).count() + 1e-6);
  {
    const StageClock clock(seconds);
    std::this_thread::sleep_for(milliseconds(5));
  }
  CHECK(seconds - 100 >= first + 0.0049);
}

}  // namespace stage_times_test

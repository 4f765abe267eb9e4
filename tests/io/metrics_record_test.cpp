// SPDX-License-Identifier: MIT
#include <parsae/io/metrics_record.hpp>

#include <support/catch.hpp>

#include <limits>
#include <vector>

namespace metrics_record_test {

using namespace parsae;

TEST_CASE("a record has the progress of its step under these names, in this order") {
  const std::vector<LossTerm> terms{{"mse", 0.5}, {"aux_k", 0.25}, {"l1", 0.125}, {"l1", 1}, {"target_l0", 2}};
  TrainProgress progress;
  progress.step = 7;
  progress.samples = 448;
  progress.loss = 3.875;
  progress.terms = {terms.data(), 5};
  progress.fvu = 0.125;
  progress.l0 = 3.5;
  progress.gradient_norm = 2.25;
  progress.learning_rate = 1e-3;
  progress.n_latents = 8;
  progress.n_dead = 2;
  progress.seconds = 1.5;
  CHECK(metrics_record(progress).dump() ==
        R"({"step":7,"losses/overall_loss":3.875,"losses/mse_loss":0.5,"losses/auxiliary_reconstruction_loss":0.25,)"
        R"("losses/l1_loss":0.125,"losses/l1_loss'":1.0,"losses/target_l0_loss":2.0,)"
        R"("metrics/explained_variance":0.875,"metrics/l0":3.5,"sparsity/dead_features":2,)"
        R"("details/current_learning_rate":0.001,"details/n_training_samples":448,"details/gradient_norm":2.25,)"
        R"("details/seconds":1.5})");
}

TEST_CASE("numbers that are not finite are null") {
  const std::vector<LossTerm> terms{{"gate_l1", std::numeric_limits<double>::quiet_NaN()}};
  TrainProgress progress;
  progress.step = 1;
  progress.terms = {terms.data(), 1};
  progress.loss = std::numeric_limits<double>::quiet_NaN();
  progress.fvu = -std::numeric_limits<double>::infinity();
  progress.l0 = std::numeric_limits<double>::quiet_NaN();
  progress.seconds = progress.learning_rate = progress.gradient_norm = std::numeric_limits<double>::infinity();
  const nlohmann::ordered_json record = metrics_record(progress);
  CHECK(record.size() == 10);
  for (const auto& [name, value] : record.items()) {
    INFO(name);
    const bool counts = name == "step" || name == "sparsity/dead_features" || name == "details/n_training_samples";
    CHECK(value.is_null() == !counts);
  }
}

}  // namespace metrics_record_test

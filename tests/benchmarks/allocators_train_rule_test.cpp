// SPDX-License-Identifier: MIT
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/analysis/evaluate.hpp>
#include <parsae/data/superposition.hpp>
#include <parsae/losses/l1.hpp>

#include <support/close_to.hpp>

#include <cmath>
#include <limits>

#include "../../benchmarks/allocators/train_rule.hpp"

namespace allocators_train_rule_test {

namespace {

using namespace parsae_benchmarks;
using parsae::test::close_to;

DataSet small_world() {
  const parsae::Superposition world({.n_inputs = 16, .n_true = 24, .n_active = 2, .seed = 1});
  const parsae::Threads threads(2);
  return {"world",
          "",
          world.inputs({0, 2000}, threads),
          world.inputs({2300, 2500}, threads),
          world.inputs({2000, 2300}, threads),
          world.truth()};
}

Request request_for(const DataSet& data) {
  Request request;
  request.data = &data;
  request.n_latents = 32;
  request.target_l0 = 3;
  request.learning_rate = 1e-2;
  request.samples = 20'000;
  request.batch = 200;
  request.threads = parsae::Threads(2);
  return request;
}

const parsae::Objective plain{parsae::MeanSquaredError()};

}  // namespace

TEST_CASE("figures are those of evaluate() on the held-out samples") {
  const DataSet data = small_world();
  const Request request = request_for(data);
  parsae::Evaluation expected;
  parsae::Evaluation on_validation;
  double bits = 0;
  const auto look = [&](parsae::Autoencoder<parsae::TopK<float>>& model) {
    parsae::MatrixSource<float> once(data.test, {.batch_size = 77, .epochs = 1});
    expected = parsae::evaluate(model, once);
    parsae::MatrixSource<float> validation(data.validation, {.batch_size = 77, .epochs = 1});
    on_validation = parsae::evaluate(model, validation);
    bits = code_bits<float>(model.decoder.w_dec, model.decoder.b_dec,
                            {model.input_scale * data.test, model.encode(data.test)}, parsae::Threads(1));
  };
  const Measured measured = train_and_measure(parsae::TopK<float>({.k = 3}), plain, request, {.after = look});
  CHECK_THAT(measured.fvu, close_to(expected.fvu, 1e-6));
  CHECK(measured.fvu < 0.5);
  CHECK_THAT(measured.l0, close_to(expected.l0, 1e-9));
  CHECK_THAT(measured.validation_fvu, close_to(on_validation.fvu, 1e-6));
  CHECK_THAT(measured.validation_l0, close_to(on_validation.l0, 1e-9));
  CHECK(measured.validation_fvu != measured.fvu);
  CHECK(measured.dead_fraction == expected.dead_fraction);
  CHECK(measured.bits_per_sample == bits);
  CHECK(bits > 3);
  REQUIRE(measured.density.size() == 32);
  CHECK(measured.density.front() == expected.density.maxCoeff());
  CHECK(std::is_sorted(measured.density.rbegin(), measured.density.rend()));
  REQUIRE(measured.recovery.has_value());
  CHECK(measured.recovery->truth_to_learned > 0.6);
  CHECK(measured.train_samples_per_s > 0);
  CHECK(measured.encode_us_per_sample > 0);
}

TEST_CASE("the same request gives the same figures, another seed others; threads change nothing") {
  const DataSet data = small_world();
  Request request = request_for(data);
  const auto fvu = [&] { return train_and_measure(parsae::TopK<float>({.k = 3}), plain, request).fvu; };
  const double first = fvu();
  request.threads = parsae::Threads(1);
  CHECK(fvu() == first);
  request.seed = 2;
  CHECK(fvu() != first);
}

TEST_CASE("hooks reach the schedule, revival and the thresholds of single samples") {
  const DataSet data = small_world();
  const Request request = request_for(data);
  const auto fvu = [&](const TrainHooks<parsae::TopK<float>>& hooks) {
    return train_and_measure(parsae::TopK<float>({.k = 3}), plain, request, hooks).fvu;
  };
  CHECK(steps_of(request) == 100);
  CHECK(share_of(100, 0.25) == 25);
  CHECK(fvu({}) == fvu({.warmup_fraction = 0.1}));
  CHECK(fvu({}) != fvu({.warmup_fraction = 0.5}));

  // A price that rises late closes less.
  const auto l0_at_price = [&](double coefficient_warmup_fraction) {
    const parsae::Objective priced(parsae::MeanSquaredError(), parsae::NoAuxiliary(), parsae::L1({.coefficient = 0.3}));
    return train_and_measure(parsae::ReLU<float>(), priced, request,
                             {.coefficient_warmup_fraction = coefficient_warmup_fraction})
        .l0;
  };
  CHECK(l0_at_price(1) > l0_at_price(0));

  using Act = parsae::MutualChoice<float>;
  double l0 = 0;
  const auto calibrate = [&](parsae::Autoencoder<Act>& model) {
    calibrated_on<Act>(request)(model);
    l0 = static_cast<double>(model.encode(data.train).active_count()) / static_cast<double>(data.train.cols());
  };
  const Measured running = train_and_measure(Act({.k = 3}), plain, request);
  const Measured calibrated = train_and_measure(Act({.k = 3}), plain, request, {.after = calibrate});
  CHECK_THAT(l0, close_to(3, 1e-3));
  CHECK(calibrated.l0 != running.l0);

  // A latent that cannot fire stays dead, unless it is revived while there is time to learn.
  const auto dead = [&](std::vector<double> revive_at) {
    TrainHooks<parsae::TopK<float>> hooks;
    hooks.before = [](parsae::Autoencoder<parsae::TopK<float>>& model) {
      model.encoder.b_enc.head(8).setConstant(-50);
    };
    hooks.revive_at = std::move(revive_at);
    return train_and_measure(parsae::TopK<float>({.k = 3}), plain, request, hooks).dead_fraction;
  };
  CHECK(dead({}) >= 0.25);
  CHECK(dead({0.3}) < dead({}));
}

TEST_CASE("a run for validation leaves the held-out samples alone") {
  DataSet data = small_world();
  Request request = request_for(data);
  const auto measured = [&] { return train_and_measure(parsae::TopK<float>({.k = 3}), plain, request); };
  const Measured everything = measured();
  request.depth = Request::Depth::Validation;
  data.test.setConstant(std::numeric_limits<float>::quiet_NaN());
  const Measured validation = measured();
  CHECK(validation.validation_fvu == everything.validation_fvu);
  CHECK(validation.validation_l0 <= 3);
  CHECK(std::isnan(validation.fvu));
  CHECK(std::isnan(validation.l0));
  CHECK(std::isnan(validation.bits_per_sample));
  CHECK_FALSE(validation.recovery.has_value());
}

TEST_CASE("a run that diverges has no figures at all") {
  const DataSet data = small_world();
  const auto spoil = [](parsae::Autoencoder<parsae::TopK<float>>& model) {
    model.decoder.w_dec(0, 0) = std::numeric_limits<float>::infinity();
  };
  const Measured measured =
      train_and_measure(parsae::TopK<float>({.k = 3}), plain, request_for(data), {.before = spoil});
  CHECK(std::isnan(measured.validation_fvu));
  CHECK(std::isnan(measured.fvu));
  CHECK(std::isnan(measured.l0));
  CHECK(measured.density.empty());
}

TEST_CASE("a code that is exact needs no more bins than tell its values apart") {
  // Two latents with values 1 and 3: with 2 bins on (0, 3] they are read as 0.75 and 2.25, with 3 as 0.5 and 2.5, ...
  const parsae::Matrix<float> w_dec = parsae::Matrix<float>::Identity(2, 2);
  const parsae::Vector<float> b_dec = parsae::Vector<float>::Zero(2);
  parsae::CodedSamples<float> samples;
  samples.targets.resize(2, 4);
  samples.targets << 1, 3, 1.5F, 3, 0, 0.5F, 0, 0;
  samples.code.offsets.assign(5, 0);
  for (Index i = 0; i < 4; ++i) {
    samples.code.offsets[i + 1] = i + 1;
    samples.code.latents.push_back(0);
    samples.code.values.push_back(i % 2 == 0 ? 1.0F : 3.0F);
    samples.code.pre_acts.push_back(1);
  }
  const double bits = code_bits<float>(w_dec, b_dec, samples, parsae::Threads(1));
  CHECK_THAT(bits, close_to(1, 1e-9));  // always active, one of two equally frequent values
  samples.code.values.assign(4, 0.0F);
  CHECK(code_bits<float>(w_dec, b_dec, samples, parsae::Threads(1)) == 0);
}

}  // namespace allocators_train_rule_test

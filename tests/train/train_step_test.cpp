// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/aux_zipf.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mean_squared_error.hpp>
#include <parsae/model/initialize.hpp>
#include <parsae/optim/adam.hpp>
#include <parsae/train/train_step.hpp>

#include <support/allocation_watch.hpp>
#include <support/close_to.hpp>
#include <support/dense_objective.hpp>
#include <support/random_matrix.hpp>
#include <support/recording_optimizer.hpp>
#include <support/reference_codes.hpp>

#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace train_step_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using test::RecordingOptimizer;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

template <class Scalar>
Batch<Scalar> batch_of(Index n_inputs, Index n, std::uint64_t stream) {
  Batch<Scalar> batch;
  batch.inputs = test::random_matrix<Scalar>(n_inputs, n, stream);
  return batch;
}

template <class Act>
Autoencoder<Act> model_of(const Act& rule, Index n_inputs, Index n_latents, DecoderNorm norm = DecoderNorm::Unit) {
  using Scalar = typename Act::Scalar;
  Autoencoder<Act> model({.n_inputs = n_inputs, .n_latents = n_latents, .decoder_norm = norm}, rule);
  initialize(model, test::random_matrix<Scalar>(n_inputs, 100, 50), {.seed = 1});
  return model;
}

/// All recorded gradients, one after the other.
template <class Step>
Vector<double> recorded(const Step& step) {
  std::vector<double> all;
  for (const auto& moments : step.state().moments) all.insert(all.end(), moments[0].begin(), moments[0].end());
  return Eigen::Map<const Vector<double>>(all.data(), static_cast<Index>(all.size()));
}

/// The largest piece of memory that a step may ask for: a parameter array, the inputs, or the sparse codes with their
/// candidates; and what aligning it by hand adds. The dense matrix of pre-activations is far above.
std::size_t allowed_bytes(Index n_inputs, Index n_latents, Index batch, Index k, Index k_aux) {
  const Index largest = std::max({4 * n_inputs * n_latents, 4 * n_inputs * batch, 48 * batch * (k + k_aux)});
  return static_cast<std::size_t>(largest + 64);
}

}  // namespace

TEST_CASE("Clipping brings the gradient to the norm and leaves its direction", "[train_step]") {
  const Batch<double> batch = batch_of<double>(8, 40, 1);
  const Objective objective(MeanSquaredError(), AuxK({.k_aux = 3}), L1({.coefficient = 0.1}));
  const auto gradient_with = [&](double max_norm, TrainProgress& progress) {
    Autoencoder model = model_of(TopK<double>({.k = 3}), 8, 600);  // more than two blocks of 256 latents
    TrainStep step(model, objective, RecordingOptimizer(), 40, Threads(2));
    REQUIRE(step.run(batch, {}, progress).empty());  // now most latents are dead
    REQUIRE(step.run(batch, {.max_gradient_norm = max_norm}, progress).empty());
    REQUIRE(step.auxiliary_code().stored() > 0);
    return recorded(step);
  };
  TrainProgress free_progress;
  const Vector<double> free = gradient_with(infinity, free_progress);
  const double norm = free.norm();
  CHECK(norm > 0.1);
  CHECK_THAT(free_progress.gradient_norm, test::close_to(norm, 1e-12));

  TrainProgress progress;
  const Vector<double> clipped = gradient_with(norm / 7, progress);
  CHECK_THAT(clipped.norm(), test::close_to(norm / 7, 1e-12));
  CHECK_THAT(progress.gradient_norm, test::close_to(norm, 1e-12));  // as it was before
  CHECK((7 * clipped).isApprox(free, 1e-12));
  CHECK(progress.loss == free_progress.loss);

  CHECK(gradient_with(norm * 1.01, progress) == free);
}

TEST_CASE("A step moves code losses by the coefficient factor and nothing else", "[train_step]") {
  const Batch<double> batch = batch_of<double>(8, 40, 1);
  const auto run = [&](double factor, TrainProgress& progress) {
    Autoencoder model = model_of(ReLU<double>(), 8, 20);
    TrainStep step(model, Objective(MeanSquaredError(), NoAuxiliary(), L1({.coefficient = 0.5})), RecordingOptimizer(),
                   1000, Threads(1));
    REQUIRE(step.run(batch, {.coefficient_factor = factor}, progress).empty());
    const std::vector<double> terms{progress.terms[0].value, progress.terms[1].value};
    return std::pair(terms, recorded(step));
  };
  TrainProgress progress;
  const auto none = run(0, progress);
  const auto once = run(1, progress);
  const auto thrice = run(3, progress);
  CHECK(none.first[1] == 0);
  CHECK(once.first[1] > 0);
  CHECK_THAT(thrice.first[1], test::close_to(3 * once.first[1], 1e-14));
  CHECK(thrice.first[0] == once.first[0]);
  CHECK((thrice.second - none.second).isApprox(3 * (once.second - none.second), 1e-10));
}

TEST_CASE("Unit decoder columns keep their norm, and their gradient has no part along them", "[train_step]") {
  Autoencoder model = model_of(TopK<float>({.k = 4}), 16, 300);
  const Objective objective(MeanSquaredError(), AuxK({.k_aux = 4}));
  TrainStep step(model, objective, Adam(), 60, Threads(2));
  TrainProgress progress;
  const Matrix<float> before = model.decoder.w_dec;
  for (std::uint64_t s = 0; s < 30; ++s)
    REQUIRE(step.run(batch_of<float>(16, 64, s), {.learning_rate = 0.05}, progress).empty());
  CHECK((model.decoder.w_dec - before).norm() > 1);
  for (Index j = 0; j < 300; ++j)
    CHECK_THAT(static_cast<double>(model.decoder.w_dec.col(j).norm()), Catch::Matchers::WithinAbs(1, 1e-6));

  const Matrix<float> columns = model.decoder.w_dec;
  TrainStep recording(model, objective, RecordingOptimizer(), 60, Threads(2));
  REQUIRE(recording.run(batch_of<float>(16, 64, 99), {}, progress).empty());
  const Eigen::Map<const Matrix<float>> gradient(recording.state().moments[2][0].data(), 16, 300);
  Index n_moving = 0;
  for (Index j = 0; j < 300; ++j) {
    if (gradient.col(j).norm() == 0) continue;
    ++n_moving;
    const double along = gradient.col(j).cast<double>().dot(columns.col(j).cast<double>());
    CHECK(std::abs(along) < 1e-6 * static_cast<double>(gradient.col(j).norm()));
  }
  CHECK(n_moving > 20);
}

TEST_CASE("A free decoder column may have any norm", "[train_step]") {
  Autoencoder model = model_of(TopK<float>({.k = 4}), 16, 30, DecoderNorm::Free);
  TrainStep step(model, Objective(MeanSquaredError()), Adam(), 1000, Threads(1));
  TrainProgress progress;
  for (std::uint64_t s = 0; s < 20; ++s)
    REQUIRE(step.run(batch_of<float>(16, 64, s), {.learning_rate = 0.05}, progress).empty());
  CHECK((model.decoder.w_dec.colwise().norm().array() - 1).abs().maxCoeff() > 0.01f);
}

TEST_CASE("Latents die by silent samples and AuxK trains those alone", "[train_step]") {
  Autoencoder model = model_of(TopK<double>({.k = 2}), 8, 50);
  for (Index j = 0; j < 20; ++j) model.encoder.b_enc(j) = -100;
  TrainStep step(model, Objective(MeanSquaredError(), AuxK({.k_aux = 3})), RecordingOptimizer(), 100, Threads(1));
  TrainProgress progress;
  for (std::uint64_t s = 1; s <= 3; ++s) {
    REQUIRE(step.run(batch_of<double>(8, 33, s), {}, progress).empty());
    CHECK(progress.n_dead == 0);  // after 33, 66 and 99 samples
    CHECK(step.auxiliary_code().stored() == 0);
  }
  REQUIRE(step.run(batch_of<double>(8, 33, 4), {}, progress).empty());
  CHECK(progress.n_dead >= 20);
  CHECK(progress.n_dead < 50);
  CHECK(progress.samples == 4 * 33);
  CHECK(progress.terms[1].value == 0);

  model.encoder.b_enc.head(20).setZero();
  std::vector<std::uint8_t> dead(step.statistics().history().dead.begin(), step.statistics().history().dead.end());
  REQUIRE(step.run(batch_of<double>(8, 33, 5), {}, progress).empty());
  CHECK(progress.terms[1].name == "aux_k");
  CHECK(progress.terms[1].value > 0);
  CHECK(step.auxiliary_code().stored() > 0);
  for (const LatentId latent : step.auxiliary_code().latents) CHECK(dead[static_cast<std::size_t>(latent)] == 1);
}

namespace {

/// What the loss below makes eligible.
Index step_eligible(const LatentHistory& history, Buffer<std::uint8_t>& eligible) {
  return AuxZipf({.k_aux = 3, .under_use = 0.5}).mark_eligible(history, eligible.slice());
}

/// What one step leaves behind.
struct StepResult {
  std::map<std::string, Buffer<double>> gradients;  ///< of each learned array
  std::map<std::string, double> terms;              ///< of the loss
  double l0 = 0;
};

/// One step on `batch`. On a copy: even without an update a step renormalizes the decoder, which may round.
template <class Act, class Objective>
StepResult one_step(Autoencoder<Act> model, const Objective& objective, const Batch<double>& batch) {
  TrainStep step(model, objective, RecordingOptimizer(), 1000, Threads(2));
  TrainProgress progress;
  REQUIRE(step.run(batch, {}, progress).empty());
  StepResult result;
  result.l0 = progress.l0;
  for (const LossTerm& term : progress.terms) result.terms[std::string(term.name)] = term.value;
  std::size_t index = 0;
  model.visit_arrays([&](const ParameterArray<double>& array) {
    if (array.role == Role::Learned) result.gradients[std::string(array.name)] = step.state().moments[index++][0];
  });
  return result;
}

/// Which arrays differ anywhere.
std::set<std::string> changed(const StepResult& a, const StepResult& b) {
  std::set<std::string> names;
  for (const auto& [name, gradient] : a.gradients)
    if (!(gradient == b.gradients.at(name))) names.insert(name);
  return names;
}

Autoencoder<Gated<double>> gated_model(Centering centering) {
  Autoencoder<Gated<double>> model({.n_inputs = 8, .n_latents = 20, .centering = centering});
  model.encoder.w_enc = test::random_matrix<double>(8, 20, 1);
  model.encoder.b_enc = test::random_vector<double>(20, 2);
  model.decoder.w_dec = test::random_matrix<double>(8, 20, 3).colwise().normalized();
  model.decoder.b_dec = test::random_vector<double>(8, 4);
  model.activation.log_scale() = 0.3 * test::random_vector<double>(20, 5);
  model.activation.shift() = test::random_vector<double>(20, 6);
  return model;
}

}  // namespace

TEST_CASE("Losses on the gate reach the encoder, and b_dec through centering alone", "[train_step]") {
  const Batch<double> batch = batch_of<double>(8, 40, 9);
  const GateL1 none({.coefficient = 0});
  for (const Centering centering : {Centering::DecoderBias, Centering::None}) {
    CAPTURE(centering == Centering::DecoderBias);
    std::set<std::string> encoder{"b_enc", "w_enc"};
    if (centering == Centering::DecoderBias) encoder.insert("b_dec");
    Autoencoder model = gated_model(centering);
    for (const Index j : {3, 11}) model.encoder.b_enc(j) = -100;  // closed for every sample
    const StepResult plain = one_step(model, Objective(MeanSquaredError(), NoAuxiliary(), none), batch);
    for (const char* name : {"w_enc", "b_enc", "w_dec", "b_dec", "log_scale", "shift"})
      CHECK(Eigen::Map<const Vector<double>>(plain.gradients.at(name).data(), plain.gradients.at(name).size()).norm() >
            0);
    const StepResult by_recon = one_step(model, Objective(MeanSquaredError(), GateReconstruction(), none), batch);
    CHECK(by_recon.terms.at("gate_reconstruction") > 0);
    CHECK(changed(plain, by_recon) == encoder);
    const StepResult by_l1 =
        one_step(model, Objective(MeanSquaredError(), NoAuxiliary(), GateL1({.coefficient = 0.1})), batch);
    CHECK(changed(plain, by_l1) == encoder);

    // Every latent whose gate opens, also where the magnitude is 0 for all samples, and no other.
    Autoencoder silent = model;
    silent.activation.shift().setConstant(-1000);
    const StepResult of_gate = one_step(silent, Objective(MeanSquaredError(), GateReconstruction(), none), batch);
    CHECK(of_gate.l0 == 0);
    const Matrix<double> pre_acts =
        test::DenseObjective::pre_activations(model, batch.inputs, centering == Centering::DecoderBias);
    Index n_open = 0;
    for (Index j = 0; j < 20; ++j) {
      const bool opens = (pre_acts.row(j).array() > 0).any();
      n_open += opens;
      CHECK((by_recon.gradients.at("b_enc")[j] != plain.gradients.at("b_enc")[j]) == opens);
      CHECK((of_gate.gradients.at("b_enc")[j] != 0) == opens);
      CHECK(of_gate.gradients.at("shift")[j] == 0);
    }
    CHECK(n_open > 10);
    CHECK(n_open <= 18);
    for (const double entry : of_gate.gradients.at("w_dec")) CHECK(entry == 0);
  }
}

TEST_CASE("A reconstruction by closed gates is that of the bias alone", "[train_step]") {
  Autoencoder model = gated_model(Centering::DecoderBias);
  model.encoder.b_enc.setConstant(-100);
  const Batch<double> batch = batch_of<double>(8, 40, 9);
  const StepResult result =
      one_step(model, Objective(MeanSquaredError(), GateReconstruction({.coefficient = 0.25})), batch);
  const double error = (batch.inputs.colwise() - model.decoder.b_dec).squaredNorm() / 40;
  CHECK_THAT(result.terms.at("mse"), test::close_to(error, 1e-13));
  CHECK_THAT(result.terms.at("gate_reconstruction"), test::close_to(0.25 * error, 1e-13));
  for (const char* name : {"w_enc", "b_enc", "w_dec", "log_scale", "shift"})
    for (const double entry : result.gradients.at(name)) CHECK(entry == 0);
  const Vector<double> d_b_dec = -2.0 / 40 * (batch.inputs.colwise() - model.decoder.b_dec).rowwise().sum();
  for (Index q = 0; q < 8; ++q) CHECK_THAT(result.gradients.at("b_dec")[q], test::close_to(d_b_dec(q), 1e-13));
}

TEST_CASE("aux_zipf trains under-used latents and dead ones, once a density window has passed", "[train_step]") {
  Autoencoder model = model_of(TopK<double>({.k = 2}), 8, 50);
  for (Index j = 0; j < 5; ++j) model.encoder.b_enc(j) = -100;
  TrainStep step(model, Objective(MeanSquaredError(), AuxZipf({.k_aux = 3, .under_use = 0.5})), RecordingOptimizer(),
                 100, Threads(1), Precision::Exact, 300);
  TrainProgress progress;
  for (std::uint64_t s = 1; s <= 9; ++s) REQUIRE(step.run(batch_of<double>(8, 33, s), {}, progress).empty());
  CHECK(step.statistics().history().density.empty());  // 297 samples
  for (const LatentId latent : step.auxiliary_code().latents) CHECK(step.statistics().history().dead[latent] == 1);
  REQUIRE(step.run(batch_of<double>(8, 33, 10), {}, progress).empty());

  const LatentHistory history = step.statistics().history();
  REQUIRE(history.density.size() == 50);
  model.encoder.b_enc.head(5).setConstant(0.5);
  Buffer<std::uint8_t> eligible(50, 0);
  const Index n_eligible = step_eligible(history, eligible);
  REQUIRE(n_eligible > history.n_dead);
  REQUIRE(n_eligible < 50);
  REQUIRE(history.n_dead >= 5);
  REQUIRE(step.run(batch_of<double>(8, 33, 11), {}, progress).empty());
  CHECK(progress.terms[1].name == "aux_zipf");
  CHECK(progress.terms[1].value > 0);
  std::set<LatentId> trained;
  for (const LatentId latent : step.auxiliary_code().latents) {
    CHECK(eligible[latent] == 1);
    trained.insert(latent);
  }
  CHECK(static_cast<Index>(trained.size()) > n_eligible / 2);
}

TEST_CASE("A loss that is not finite is named and leaves model and optimizer untouched", "[train_step]") {
  Autoencoder model = model_of(JumpReLU<float>(), 8, 20);
  const Autoencoder before = model;
  TrainStep step(model, Objective(MeanSquaredError(), NoAuxiliary(), L0STE()), Adam(), 1000, Threads(1));
  Batch<float> batch = batch_of<float>(8, 40, 1);
  batch.inputs *= 1e30f;  // finite, unlike its squares
  TrainProgress progress;
  CHECK(step.run(batch, {}, progress) == "mse");
  CHECK(model.encoder.w_enc == before.encoder.w_enc);
  CHECK(model.encoder.b_enc == before.encoder.b_enc);
  CHECK(model.decoder.w_dec == before.decoder.w_dec);
  CHECK(model.decoder.b_dec == before.decoder.b_dec);
  CHECK(model.activation.threshold() == before.activation.threshold());
  CHECK(model.activation.deviation() == 0);
  CHECK(step.state().step == 0);
  CHECK(progress.samples == 40);
  CHECK(!std::isfinite(progress.loss));
  REQUIRE(progress.terms.size() == 2);
  CHECK(progress.terms[0].name == "mse");
}

TEST_CASE("A step measures the deviation of its batch's pre-activations", "[train_step]") {
  double sum = 0;
  double weight = 0;
  Autoencoder model = model_of(JumpReLU<double>({.initial_threshold = 0.1}), 8, 300);
  TrainStep step(model, Objective(MeanSquaredError()), RecordingOptimizer(), 1000, Threads(2));
  for (std::uint64_t s = 1; s <= 3; ++s) {
    const Batch<double> batch = batch_of<double>(8, 40, s);
    TrainProgress progress;
    REQUIRE(step.run(batch, {}, progress).empty());
    CHECK((step.code().stored() > step.code().active_count()) == (s > 1));  // no window before the first measurement

    Matrix<double> spread(8, 12);
    for (Index t = 0; t < 12; ++t)
      spread.col(t) = model.input_scale * batch.inputs.col(t * 40 / 12) - model.decoder.b_dec;
    const Matrix<double> pre_acts = test::dense_pre_acts(spread, model.encoder.w_enc, model.encoder.b_enc);
    sum = 0.99 * sum + 0.01 * std::sqrt((pre_acts.array() - pre_acts.mean()).square().mean());
    weight = 0.99 * weight + 0.01;
    CHECK_THAT(model.activation.deviation(), test::close_to(sum / weight, 1e-12));
  }
}

TEST_CASE("The FVU of equal samples is NaN unless they are reconstructed exactly", "[train_step]") {
  Autoencoder model = model_of(TopK<float>({.k = 2}), 8, 20);
  TrainStep step(model, Objective(MeanSquaredError()), Adam(), 1000, Threads(1));
  TrainProgress progress;
  CHECK(step.run(batch_of<float>(8, 1, 1), {}, progress).empty());
  CHECK(std::isnan(progress.fvu));
}

TEST_CASE("A gradient that is not finite is named, and clipping keeps it off the model", "[train_step]") {
  Autoencoder model = model_of(ReLU<double>(), 4, 6, DecoderNorm::Free);
  model.encoder.b_enc.setOnes();
  // Squared errors of 1e302 are finite; times inputs of 1e151 they are not.
  model.decoder.w_dec *= 1e-300;
  Batch<double> batch = batch_of<double>(4, 5, 1);
  batch.inputs *= 1e151;
  const Autoencoder before = model;
  TrainStep step(model, Objective(MeanSquaredError()), Adam(), 1000, Threads(1));
  TrainProgress progress;
  CHECK(step.run(batch, {.max_gradient_norm = 1}, progress) == "gradient");
  CHECK(!std::isfinite(progress.gradient_norm));
  CHECK(std::isfinite(progress.loss));
  CHECK(model.encoder.w_enc == before.encoder.w_enc);
  CHECK(model.decoder.w_dec == before.decoder.w_dec);
  CHECK(model.decoder.b_dec == before.decoder.b_dec);
}

TEST_CASE("A step refuses batches that do not fit the model", "[train_step]") {
  Autoencoder<TopK<float>> model({.n_inputs = 8, .n_latents = 20, .n_outputs = 3, .centering = Centering::None},
                                 TopK<float>({.k = 2}));
  TrainStep step(model, Objective(MeanSquaredError()), Adam(), 1000, Threads(1));
  TrainProgress progress;
  const auto run = [&](Index n_inputs, Index n, Index n_outputs, Index n_targets, Index n_weights) {
    Batch<float> batch;
    batch.inputs.setZero(n_inputs, n);
    batch.targets.setZero(n_outputs, n_targets);
    batch.weight.assign(n_weights, 1.0f);
    return step.run(batch, {}, progress);
  };
  CHECK_THROWS_WITH(run(8, 0, 3, 0, 0), ContainsSubstring("batch samples"));
  CHECK_THROWS_WITH(run(7, 5, 3, 5, 0), "batch inputs: expected a 8 x 5 matrix, got 7 x 5");
  CHECK_THROWS_WITH(run(8, 5, 4, 5, 0), "batch targets: expected a 3 x 5 matrix, got 4 x 5");
  CHECK_THROWS_WITH(run(8, 5, 3, 4, 0), "batch targets: expected a 3 x 5 matrix, got 3 x 4");
  CHECK_THROWS_WITH(run(8, 5, 0, 0, 0), ContainsSubstring("batch targets"));  // inputs are no targets of a transcoder
  CHECK_THROWS_WITH(run(8, 5, 3, 5, 4), ContainsSubstring("batch weight"));
  CHECK(run(8, 5, 3, 5, 5).empty());
}

TEST_CASE("The allocation watch sees every way to memory", "[train_step]") {
  const test::AllocationWatch watch;
  const void* volatile escaped = nullptr;  // compilers leave out memory that nobody can see
  const std::vector<double> by_new(1000);
  escaped = by_new.data();
  const std::size_t after_new = watch.count();
  const std::size_t largest_by_new = watch.largest_bytes();
  const Matrix<float> by_eigen(1000, 3);
  escaped = by_eigen.data();
  const std::size_t after_eigen = watch.count();
  const std::size_t largest_by_eigen = watch.largest_bytes();
  const Buffer<double> by_buffer(4000);
  escaped = by_buffer.data();
  CHECK(escaped == by_buffer.data());
  CHECK(after_new > 0);
  CHECK(largest_by_new >= 8000);
  CHECK(after_eigen > after_new);
  CHECK(largest_by_eigen >= 12000);
  CHECK(watch.count() > after_eigen);
  CHECK(watch.largest_bytes() >= 32000);
}

TEST_CASE("Training never holds the dense pre-activations, and allocates nothing once it is under way",
          "[train_step]") {
  constexpr Index n_inputs = 64;
  constexpr Index n_latents = 4096;
  constexpr Index batch_size = 512;
  constexpr Index k = 8;
  constexpr Index k_aux = 32;
  const std::size_t allowed = allowed_bytes(n_inputs, n_latents, batch_size, k, k_aux);
  REQUIRE(7 * allowed < 4 * n_latents * batch_size);

  std::vector<Batch<float>> batches;
  for (std::uint64_t b = 0; b < 3; ++b) batches.push_back(batch_of<float>(n_inputs, batch_size, b));
  for (const int threads : {1, 2}) {
    INFO(threads << " threads");
    Autoencoder model = model_of(TopK<float>({.k = k}), n_inputs, n_latents);
    TrainProgress progress;
    std::size_t largest = 0;
    std::size_t n_late = 0;
    std::size_t n_with_auxiliary = 0;
    {
      const test::AllocationWatch watch;
      TrainStep step(model, Objective(MeanSquaredError(), AuxK({.k_aux = k_aux})), Adam(), batch_size,
                     Threads(threads));
      for (std::size_t s = 0; s < 7; ++s) {
        const std::size_t before = watch.count();
        const double max_norm = s % 2 == 0 ? 1 : infinity;
        if (!step.run(batches[s % 3], {.max_gradient_norm = max_norm}, progress).empty()) break;
        n_with_auxiliary += step.auxiliary_code().stored() == batch_size * k_aux;
        if (s >= 3) n_late += watch.count() - before;
      }
      largest = watch.largest_bytes();
    }
    CHECK(n_with_auxiliary == 6);  // in the first step no latent is dead
    CHECK(progress.n_dead > k_aux);
    CHECK(largest <= allowed);
    if (threads == 1) CHECK(n_late == 0);  // OpenMP itself allocates for several, see below
  }
}

TEST_CASE("A step allocates nothing after the first one, whichever worker meets what", "[train_step]") {
  constexpr std::size_t allowed = 1000;  // OpenMP's own, see below
  for (const Precision precision : {Precision::Exact, Precision::Screened})
    for (const int threads : {1, 2, 4}) {
      CAPTURE(precision == Precision::Screened, threads);
      Autoencoder model = model_of(TopK<float>({.k = 8}), 64, 4096);
      const Batch<float> batch = batch_of<float>(64, 512, 1);
      TrainStep step(model, Objective(MeanSquaredError(), AuxK({.k_aux = 32})), Adam(), 512, Threads(threads),
                     precision);
      TrainProgress progress;
      std::size_t largest_late = 0;
      for (int s = 0; s < 20; ++s) {
        const test::AllocationWatch watch;
        REQUIRE(step.run(batch, {}, progress).empty());
        if (s >= 6)  // AuxK works from the second step on, and every way of screening has been tried
          largest_late = std::max(largest_late, watch.largest_bytes());
      }
      CHECK(step.auxiliary_code().stored() > 0);
      CHECK(largest_late <= (threads == 1 ? 0 : allowed));
    }
}

TEST_CASE("What follows the walk allocates nothing after the first step, whichever worker meets what", "[train_step]") {
  // OpenMP itself may allocate a few hundred bytes in every parallel region, and more when its team changes: here every
  // loop has a task for each thread, or one.
  constexpr std::size_t allowed = 1000;
  constexpr Index batch_size = 260;
  constexpr Index n_latents = 2048;
  const Objective objective(MeanSquaredError(), NoAuxiliary(), L1({.coefficient = 0.1}));
  Autoencoder model = model_of(TopK<float>({.k = 8}), 40, n_latents);
  const Batch<float> batch = batch_of<float>(40, batch_size, 1);
  const Buffer<float> weights(batch_size, 1.0f);
  const Branch<float> no_auxiliary;
  for (const float threshold : {0.0f, 2.7f}) {  // half of the entries; one in 300
    Branch<float> main;
    Branch<float> unused;
    main.code = test::reference_threshold<float>(test::random_matrix<float>(n_latents, batch_size, 2),
                                                 Vector<float>::Constant(n_latents, threshold), 0);
    for (const int threads : {1, 2, 4}) {
      CAPTURE(threshold, threads);
      SamplePass<TopK<float>, Objective<MeanSquaredError, NoAuxiliary, L1>> sample_pass;
      LatentPass<TopK<float>, Adam> latent_pass(model);
      StageTimes stages;
      std::size_t largest_late = 0;
      double squared_gradient = 0;
      for (int s = 0; s < 20; ++s) {
        const test::AllocationWatch watch;
        const auto sums =
            sample_pass.run(model, objective, batch.inputs, weights.slice(), main, unused, Threads(threads), stages);
        main.by_latent.fill(main.code, main.d_values, Threads(threads));
        squared_gradient =
            latent_pass
                .run(objective, batch.inputs, main, no_auxiliary, Threads(threads), [](Index, Slice<const float>) {})
                .squared_gradient;
        if (!(sums.reconstruction > 0)) break;
        if (s > 0) largest_late = std::max(largest_late, watch.largest_bytes());
      }
      CHECK(main.prefers_tiles(40) == (threshold < 1));
      CHECK(squared_gradient > 0);
      CHECK(largest_late <= (threads == 1 ? 0 : allowed));
    }
  }
}

namespace {

/// ReLU with a learned number that all latents share, which the trainer has no gradient for.
struct SharedScale : ReLU<double> {
  Vector<double> scale = Vector<double>::Ones(1);

  template <class Visit>
  void visit_arrays(const Visit& visit) {
    visit(ParameterArray<double>{"scale", Role::Learned, Axis::Shared, 1, {scale.data(), 1}});
  }
};

}  // namespace

TEST_CASE("A learned array that latents share is refused, not left untrained", "[train_step]") {
  Autoencoder<SharedScale> model({.n_inputs = 3, .n_latents = 4});
  const auto make = [&] { TrainStep step(model, Objective(MeanSquaredError()), Adam(), 1000, Threads(1)); };
  CHECK_THROWS_WITH(make(), ContainsSubstring("activation array scale") && ContainsSubstring("Axis::Shared"));
}

namespace {

/// Reports what it is told of the steps before: samples, and each latent's sums of activity, values and squares.
struct Remembering {
  static constexpr std::string_view name = "remembering";
  static constexpr bool needs_threshold = false;
  static constexpr bool needs_value_moments = true;
  LatentMoments before{};
  double factor = 0;

  [[nodiscard]] Remembering of_step(const CodeLossStep& step) const { return {step.before, step.coefficient_factor}; }

  template <class Scalar>
  [[nodiscard]] double add(const LatentEntries<Scalar>& entries, Scalar, Index, LatentGradient<Scalar>&) const {
    if (before.samples == 0) return 0;
    return before.samples * (before.density[entries.latent] + 10 * before.value[entries.latent] +
                             100 * before.squared_value[entries.latent]);
  }
};

}  // namespace

TEST_CASE("Losses on the code are told the moments of the steps before", "[train_step]") {
  Autoencoder model = model_of(ReLU<double>(), 8, 300);
  const Objective objective{MeanSquaredError(), NoAuxiliary(), Remembering()};
  TrainStep step(model, objective, RecordingOptimizer(), 1000, Threads(2), Precision::Exact, 1'000'000'000);
  TrainProgress progress;
  double expected = 0;
  for (std::uint64_t s = 1; s <= 3; ++s) {
    REQUIRE(step.run(batch_of<double>(8, 33, s), {}, progress).empty());
    CHECK_THAT(progress.terms[1].value, test::close_to(expected, 1e-6));  // the window is not quite infinite
    for (const double value : step.code().values) expected += (value != 0) + 10 * value + 100 * value * value;
  }
  CHECK(expected > 0);
}

}  // namespace train_step_test

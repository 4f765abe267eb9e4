// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/allocators/tree_gated.hpp>
#include <parsae/io/checkpoint.hpp>
#include <parsae/losses/aux_k.hpp>
#include <parsae/losses/aux_zipf.hpp>
#include <parsae/losses/gate_l1.hpp>
#include <parsae/losses/gate_reconstruction.hpp>
#include <parsae/losses/l0_ste.hpp>
#include <parsae/losses/l1.hpp>
#include <parsae/losses/mdl.hpp>
#include <parsae/losses/nested_prefixes.hpp>
#include <parsae/losses/target_l0.hpp>
#include <parsae/train/early_stop.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <io/training_fixture.hpp>
#include <support/reference_codes.hpp>
#include <support/temporary_folder.hpp>

#include <csignal>
#include <memory>
#include <vector>

namespace checkpoint_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using test::fixture_settings;
using test::FixtureRun;

namespace {

const nlohmann::ordered_json program{{"batch_size", 200}, {"files", {"a.npy", "b.npy"}}};

/// 40 steps in one go, against 10, 15 and 15 by objects of their own, with other threads and precisions. Returns how
/// many latents were revived.
template <class Act, class Objective>
Index check_resume(const Act& rule, const Objective& objective) {
  const test::TemporaryFolder folder;
  FixtureRun whole(rule, objective, fixture_settings(40, 1));
  whole.start();
  whole.train(40);

  TrainSettings settings = fixture_settings(40, 2);
  FixtureRun first(rule, objective, settings);
  first.start();
  first.train(10);
  save_checkpoint(folder / "a", first.trainer, first.source.position(), program);

  settings.precision = Precision::Screened;
  FixtureRun second(rule, objective, settings);
  second.source.seek(load_checkpoint(folder / "a", second.trainer, program));
  CHECK(second.state() == first.state());
  CHECK(second.trainer.progress().step == 10);
  second.train(15);
  save_checkpoint(folder / "b", second.trainer, second.source.position(), program);

  FixtureRun third(rule, objective, fixture_settings(40, 1));
  third.source.seek(load_checkpoint(folder / "b", third.trainer, program));
  CHECK(third.source.position() == second.source.position());
  third.train(15);
  CHECK(third.state() == whole.state());
  CHECK(third.source.position() == whole.source.position());
  return third.trainer.progress().n_revived;
}

/// A run of TopK after 5 of 20 steps.
struct SmallRun : FixtureRun<TopK<float>, Objective<MeanSquaredError, AuxK>> {
  explicit SmallRun(Index k = 3, const TrainSettings& settings = fixture_settings(20, 1))
      : FixtureRun(TopK<float>({.k = k}), Objective(MeanSquaredError(), AuxK({.k_aux = 5})), settings, 20) {}
};

void write_small(const std::filesystem::path& path) {
  SmallRun run;
  run.start();
  run.train(5);
  save_checkpoint(path, run.trainer, run.source.position(), program);
}

std::string refused_settings(const std::filesystem::path& path, SmallRun& run,
                             const nlohmann::ordered_json& settings = program) {
  const auto before = run.state();
  try {
    static_cast<void>(load_checkpoint(path, run.trainer, settings));
  } catch (const std::invalid_argument& error) {
    CHECK(run.state() == before);
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a run that is resumed has the bits of one that never stopped, for any threads and precision") {
  SECTION("TopK with AuxK") { check_resume(TopK<float>({.k = 4}), Objective(MeanSquaredError(), AuxK({.k_aux = 5}))); }
  SECTION("Mutual Choice") { check_resume(MutualChoice<float>({.k = 3.5}), Objective(MeanSquaredError())); }
  SECTION("Feature Choice") { check_resume(FeatureChoice<float>({.k = 3.5}), Objective(MeanSquaredError())); }
  SECTION("Mutual Choice before Feature Choice, with AuxK") {
    check_resume(FeatureChoice<float>({.k = 3.5, .budgets = Budgets::Zipf, .mutual_choice_batches = 20}),
                 Objective(MeanSquaredError(), AuxK({.k_aux = 5})));
  }
  SECTION("JumpReLU with L0STE") {
    check_resume(JumpReLU<float>({.initial_threshold = 0.3, .bandwidth = 0.05}),
                 Objective(MeanSquaredError(), NoAuxiliary(), L0STE({.coefficient = 3e-3})));
  }
  SECTION("Gated with both losses on its gate") {
    check_resume(Gated<float>(), Objective(MeanSquaredError(), GateReconstruction(), GateL1({.coefficient = 0.5})));
  }
  SECTION("TopK with aux_zipf") {
    check_resume(TopK<float>({.k = 4}), Objective(MeanSquaredError(), AuxZipf({.k_aux = 5})));
  }
  SECTION("JumpReLU with a target for L0, and a bandwidth that is measured") {
    check_resume(JumpReLU<float>({.initial_threshold = 0.3}),
                 Objective(MeanSquaredError(), NoAuxiliary(), TargetL0({.target_l0 = 4})));
  }
  SECTION("JumpReLU with the bits of its code") {
    check_resume(JumpReLU<float>({.initial_threshold = 0.3}),
                 Objective(MeanSquaredError(), NoAuxiliary(), MDL({.noise_variance = 2e-3})));
  }
  SECTION("Mutual Choice with the bits of its values") {
    check_resume(MutualChoice<float>({.k = 3.5}),
                 Objective(MeanSquaredError(), AuxK({.k_aux = 5}), MDLValues({.noise_variance = 2e-3})));
  }
  SECTION("TopK with nested prefixes and AuxK") {
    check_resume(TopK<float>({.k = 4}),
                 Objective(NestedPrefixes({.prefixes = {20, 90}, .weights = {0.5, 1, 2}}), AuxK({.k_aux = 5})));
  }
  SECTION("JumpReLU with nested prefixes and a target for L0") {
    check_resume(JumpReLU<float>({.initial_threshold = 0.3}),
                 Objective(NestedPrefixes({.prefixes = {20, 90}}), NoAuxiliary(), TargetL0({.target_l0 = 4})));
  }
  SECTION("ReLU with two L1") {
    check_resume(ReLU<float>(),
                 Objective(MeanSquaredError(), NoAuxiliary(), L1({.coefficient = 0.5}), L1({.coefficient = 0.1})));
  }
}

TEST_CASE("trees that a run was given on its way are resumed with it") {
  const test::TemporaryFolder folder;
  const Objective objective(MeanSquaredError(), AuxK({.k_aux = 5}));
  const std::vector<LatentId> parents = test::random_parents(300, 4);
  const auto start = [&](auto& run) {
    run.start();
    run.train(10);
    run.model.activation.set_parents({parents.data(), 300});
  };
  FixtureRun whole(TreeGated<float>({.k = 4}), objective, fixture_settings(40, 1));
  start(whole);
  whole.train(30);

  FixtureRun first(TreeGated<float>({.k = 4}), objective, fixture_settings(40, 2));
  start(first);
  first.train(10);
  save_checkpoint(folder / "a", first.trainer, first.source.position(), program);
  TrainSettings settings = fixture_settings(40, 2);
  settings.precision = Precision::Screened;
  FixtureRun second(TreeGated<float>({.k = 4}), objective, settings);
  second.source.seek(load_checkpoint(folder / "a", second.trainer, program));
  CHECK(second.model.activation.forest().parent(7) == parents[7]);
  second.train(20);
  CHECK(second.state() == whole.state());

  FixtureRun flat(TopK<float>({.k = 4}), objective, fixture_settings(40, 1));
  FixtureRun roots(TreeGated<float>({.k = 4}), objective, fixture_settings(40, 1));
  flat.start();
  roots.start();
  flat.train(20);
  roots.train(20);
  CHECK(roots.model.encoder.w_enc == flat.model.encoder.w_enc);
  CHECK(roots.model.decoder.w_dec == flat.model.decoder.w_dec);
}

TEST_CASE("a run must agree on its prefixes to be resumed") {
  const test::TemporaryFolder folder;
  const auto path = folder / "checkpoint";
  const auto run_of = [](const NestedPrefixes::Settings& settings) {
    return std::make_unique<FixtureRun<TopK<float>, Objective<NestedPrefixes>>>(
        TopK<float>({.k = 4}), Objective(NestedPrefixes(settings)), fixture_settings(20, 1), 20);
  };
  const auto run = run_of({.prefixes = {4, 9}});
  run->start();
  run->train(5);
  save_checkpoint(path, run->trainer, run->source.position(), program);
  const auto other = run_of({.prefixes = {4, 8}});
  CHECK_THROWS_WITH(load_checkpoint(path, other->trainer, program),
                    ContainsSubstring("train.objective.nested_mse.prefixes was [4,9] and is [4,8]"));
  static_cast<void>(load_checkpoint(path, run_of({.prefixes = {4, 9}})->trainer, program));
}

TEST_CASE("what stops a run early is resumed with it") {
  const test::TemporaryFolder folder;
  const auto path = folder / "checkpoint";
  const EarlyStop::Settings patience{.patience_steps = 4, .min_improvement = 0.02, .decay = 0.5};
  const auto stop_after = [&](Index interrupted) {
    SmallRun run(3, fixture_settings(200, 1));
    EarlyStop early_stop(patience);
    run.start();
    if (interrupted > 0) {
      for (Index step = 0; step < interrupted; ++step) {
        run.train(1);
        CHECK(early_stop.on_step_end(run.trainer.progress()) == CallbackAction::Continue);
      }
      save_checkpoint(path, run.trainer, run.source.position(), program, early_stop);
      SmallRun resumed(3, fixture_settings(200, 1));
      EarlyStop fresh(patience);
      resumed.source.seek(load_checkpoint(path, resumed.trainer, program, fresh));
      return resumed.trainer.train(resumed.source, fresh).steps;
    }
    return run.trainer.train(run.source, early_stop).steps;
  };
  const Index uninterrupted = stop_after(0);
  REQUIRE(uninterrupted < 200);
  CHECK(stop_after(uninterrupted - 2) == uninterrupted);
  SmallRun without(3, fixture_settings(200, 1));
  CHECK_THAT(test::refusal(path, [&] { static_cast<void>(load_checkpoint(path, without.trainer, program)); }).reason(),
             ContainsSubstring("unknown tensor \"training.early_stop.best\""));
}

TEST_CASE("a checkpoint reads as the model that it holds, and says what it is") {
  const test::TemporaryFolder folder;
  const auto path = folder / "checkpoint";
  SmallRun run;
  run.start();
  run.train(5);
  save_checkpoint(path, run.trainer, run.source.position(), program);
  const auto model = load<Autoencoder<TopK<float>>>(path);
  CHECK(model.encoder.w_enc == run.model.encoder.w_enc);
  CHECK(model.decoder.b_dec == run.model.decoder.b_dec);
  CHECK(model.input_scale == run.model.input_scale);
  const CheckpointSummary summary = summarize_checkpoint(path);
  CHECK(summary.step == 5);
  CHECK(summary.position == SourcePosition{0, 1000});
  CHECK(summary.settings["program"] == program);
  CHECK(summary.settings["train"]["objective.losses"] == "mse + aux_k");
  CHECK(summary.settings["model"]["activation_settings"]["k"] == 3);
  CHECK(summarize_model_file(path).activation == "top_k");
}

TEST_CASE("a setting that differs is named with its old and its new value, and nothing is changed") {
  const test::TemporaryFolder folder;
  const auto path = folder / "checkpoint";
  write_small(path);
  const auto with = [&](const auto& change) {
    TrainSettings settings = fixture_settings(20, 1);
    change(settings);
    SmallRun run(3, settings);
    return refused_settings(path, run);
  };
  const std::string start = "cannot resume from " + path.string() + " with other settings: ";
  CHECK(with([](TrainSettings&) {}) == "accepted");
  CHECK(with([](TrainSettings& s) { s.learning_rate = 0.5; }) == start + "train.learning_rate was 0.003 and is 0.5");
  CHECK(with([](TrainSettings& s) { s.steps = 30; }) == start + "train.steps was 20 and is 30");
  CHECK(with([](TrainSettings& s) { s.learning_rate_schedule.decay_shape = Schedule::Shape::Cosine; }) ==
        start + "train.learning_rate_schedule.decay_shape was \"linear\" and is \"cosine\"");
  CHECK(with([](TrainSettings& s) { s.max_gradient_norm = std::numeric_limits<double>::infinity(); }) ==
        start + "train.max_gradient_norm was 0.3 and is \"inf\"");
  CHECK(with([](TrainSettings& s) { s.revival.at_steps = {7}; }) ==
        start + "train.revival.at_steps was [5,15] and is [7]");
  CHECK(with([](TrainSettings& s) { s.dead_after_samples = s.density_window_samples = 5; }) ==
        start + "train.dead_after_samples was 600 and is 5, train.density_window_samples was 600 and is 5");

  SmallRun other_k(4);
  CHECK(refused_settings(path, other_k) == start + "model.activation_settings.k was 3 and is 4");
  SmallRun same;
  CHECK(refused_settings(path, same, {{"batch_size", 100}, {"files", {"a.npy", "b.npy"}}}) ==
        start + "program.batch_size was 200 and is 100");
  FixtureRun other_loss(TopK<float>({.k = 3}), Objective(MeanSquaredError()), fixture_settings(20, 1), 20);
  CHECK_THROWS_WITH(load_checkpoint(path, other_loss.trainer, program),
                    ContainsSubstring("train.objective.losses was \"mse + aux_k\" and is \"mse\""));
}

TEST_CASE("the number of steps may change where no schedule depends on it") {
  const test::TemporaryFolder folder;
  const auto settings = [](Index steps) { return TrainSettings{.steps = steps, .threads = Threads(1)}; };
  SmallRun run(3, settings(5));
  run.start();
  run.train(5);
  save_checkpoint(folder / "a", run.trainer, run.source.position(), program);
  SmallRun longer(3, settings(9));
  longer.source.seek(load_checkpoint(folder / "a", longer.trainer, program));
  CHECK(longer.trainer.train(longer.source).steps == 9);
  SmallRun whole(3, settings(9));
  whole.start();
  whole.train(9);
  CHECK(longer.state() == whole.state());

  CHECK_FALSE(settings_json(run.trainer).contains("steps"));
  for (Schedule TrainSettings::*const schedule :
       {&TrainSettings::learning_rate_schedule, &TrainSettings::coefficient_schedule}) {
    TrainSettings decaying = settings(5);
    (decaying.*schedule).decay_fraction = 0.5;
    CHECK(settings_json(SmallRun(3, decaying).trainer)["steps"] == 5);
  }
}

TEST_CASE("a checkpoint that is cut or changed anywhere is refused, and leaves the run as it was") {
  const test::TemporaryFolder folder;
  const auto path = folder / "checkpoint";
  write_small(path);
  const std::string content = test::content_of(path);
  SmallRun run;
  const auto before = run.state();
  const auto refuses = [&](const std::string& damaged) {
    test::make_file(path, damaged);
    const FileError error =
        test::refusal(path, [&] { static_cast<void>(load_checkpoint(path, run.trainer, program)); });
    return !error.reason().empty() && run.state() == before;
  };
  const std::size_t n = content.size();
  for (std::size_t length = 0; length < n; length += n / 97) CHECK(refuses(content.substr(0, length)));
  CHECK(refuses(content + "x"));
  for (std::size_t at = 0; at < n; at += n / 499) {
    std::string damaged = content;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    if (damaged == content) continue;
    INFO("byte " << at);
    CHECK(refuses(damaged));
  }
  test::make_file(path, content);
  static_cast<void>(load_checkpoint(path, run.trainer, program));
  CHECK(run.state() != before);

  save(run.model, path);
  CHECK_THAT(test::refusal(path, [&] { static_cast<void>(load_checkpoint(path, run.trainer, program)); }).reason(),
             ContainsSubstring("not a parsae checkpoint"));
}

TEST_CASE("impossible values behind right checksums are refused") {
  const test::TemporaryFolder folder;
  const auto path = folder / "checkpoint";
  SmallRun run;
  run.start();
  run.train(5);
  run.trainer.visit_state([](const std::string& name, auto values) {
    if (name == "statistics.n_dead") values[0] = 7;
  });
  save_checkpoint(path, run.trainer, run.source.position(), program);
  SmallRun resumed;
  CHECK_THAT(test::refusal(path, [&] { static_cast<void>(load_checkpoint(path, resumed.trainer, program)); }).reason(),
             ContainsSubstring("checkpoint: LatentStatistics n_dead: expected "));
}

TEST_CASE("a model with NaN is not saved, and a full disk keeps the checkpoint before") {
  const test::TemporaryFolder folder;
  const auto path = folder / "checkpoint";
  write_small(path);
  const std::string before = test::content_of(path);
  SmallRun run;
  static_cast<void>(load_checkpoint(path, run.trainer, program));
  run.train(1);
  const float kept = run.model.encoder.w_enc(0, 0);
  run.model.encoder.w_enc(0, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(save_checkpoint(path, run.trainer, run.source.position(), program),
                    ContainsSubstring("finite values in w_enc"));
  run.model.encoder.w_enc(0, 0) = kept;
  CHECK(test::holds_in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4000, 4000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    try {
      save_checkpoint(path, run.trainer, run.source.position(), program);
    } catch (const FileError& error) {
      return error.path() == path && error.reason() == "cannot be written: File too large";
    }
    return false;
  }));
  CHECK(test::content_of(path) == before);
  SmallRun resumed;
  CHECK(load_checkpoint(path, resumed.trainer, program) == SourcePosition{0, 1000});
}

}  // namespace checkpoint_test

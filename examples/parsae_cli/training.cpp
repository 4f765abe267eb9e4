// SPDX-License-Identifier: MIT
// parsae train: one SAE or many on the same batches, each with a run directory.

#include "training.hpp"

#include <parsae/core/build_summary.hpp>

#include <support/interrupt.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "console.hpp"
#include "judge.hpp"
#include "report_files.hpp"
#include "run_set.hpp"

namespace parsae_cli {
namespace {

namespace fs = std::filesystem;
using parsae_examples::fixed_text;
using parsae_examples::Interrupt;
using parsae_examples::ProgressBar;

constexpr Index samples_to_start_from = 65'536;
constexpr Index samples_to_calibrate_on = 200'000;
constexpr Index samples_to_judge_by = 100'000;
constexpr const char* sweep_file = "sweep.json";

/// Options and folder of a run, new or gone on with.
struct Start {
  TrainOptions options;
  fs::path out;
  bool is_resumed = false;
};

nlohmann::ordered_json read_json(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw parsae::FileError(path, "cannot be opened");
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(file, nullptr, false);
  if (!json.is_object()) throw parsae::FileError(path, "is not a JSON object");
  return json;
}

void write_json(const fs::path& path, const nlohmann::ordered_json& json) {
  parsae::AtomicFile out(path);
  out.write(json.dump(2) + "\n");
  out.commit();
}

/// The folder whose config.json tells how a run or sweep began.
fs::path config_folder(const fs::path& out) {
  if (fs::exists(out / sweep_file)) {
    const nlohmann::ordered_json sweep = read_json(out / sweep_file);
    if (!sweep.contains("runs") || !sweep["runs"].is_array() || sweep["runs"].empty())
      throw parsae::FileError(out / sweep_file, "\"runs\": expected a list of folders");
    return out / sweep["runs"].front().get<std::string>();
  }
  return out;
}

Start start_of(const TrainRequest& request, const CLI::App& verb) {
  if (request.resume.empty()) return {request.train, request.out, false};
  if (verb.count("--out") > 0) throw UsageError("--resume goes on in its own folder: leave --out away");
  const fs::path folder = config_folder(request.resume);
  if (!parsae::RunDirectory::is_run(folder))
    throw UsageError("--resume: " + request.resume.string() + " is not the folder of a run or a sweep");
  const auto directory = parsae::RunDirectory::open(folder, parsae::RunDirectory::Access::ReadOnly);
  nlohmann::ordered_json stored = directory.settings();
  const std::string member = stored.contains("sae") ? stored["sae"].value("folder", "") : "";
  if (!member.empty() && folder == request.resume)
    throw UsageError("--resume: " + request.resume.string() + " is one SAE of a sweep; go on with the folder above it");
  stored.erase("sae");
  if (directory.about().contains("options")) stored.update(directory.about()["options"]);
  return {resumed_options(request.resume, stored, verb, request.train), request.resume, true};
}

std::string sparsity_text(const SaePlan& sae) {
  if (sae.has_price()) return "price " + number_text(sae.l1);
  return (sae.rule == "jumprelu" ? "target L0 " : "k = ") + number_text(sae.k);
}

std::string sae_text(const SaePlan& sae, Index n_inputs) {
  return sae.rule + ", " + sparsity_text(sae) + ", " + grouped(sae.n_latents) + " latents of " +
         std::to_string(n_inputs) + " inputs, seed " + std::to_string(sae.seed);
}

/// A whole run, from the first batch to the reports.
class Training {
 public:
  Training(const Start& start, const Console& console)
      : options_(start.options),
        out_(start.out),
        console_(console),
        activations_(options_.data),
        plan_(make_plan(options_, activations_.n_inputs(), activations_.n_rows())),
        threads_(options_.threads),
        style_(console.is_quiet() ? ProgressBar::Style::Quiet : ProgressBar::Style::Auto) {
    if (!options_.eval_data.empty()) {
      DataOptions eval = options_.data;
      eval.inputs = options_.eval_data;
      eval_activations_ = std::make_unique<Activations>(eval);
      if (eval_activations_->n_inputs() != activations_.n_inputs())
        throw parsae::FileError(eval_activations_->paths().front(), "expected rows of " +
                                                                        std::to_string(activations_.n_inputs()) +
                                                                        " values as in the training files, got " +
                                                                        std::to_string(eval_activations_->n_inputs()));
    }
    make_members(start.is_resumed);
  }

  int run(bool is_resumed) {
    Source source = activations_.mixed(plan_.batch, options_.seeds.front(), 0);
    describe();
    Index step = is_resumed ? load(source) : 0;
    if (step == 0) initialize(source);
    for (const auto& member : members_) member->begin();
    const bool is_complete = train(source, step);
    for (const auto& member : members_) member->end();
    note_left_out(source);
    if (!is_complete) return interrupted(step_);
    return finish();
  }

 private:
  void make_members(bool is_resumed) {
    for (const SaePlan& sae : plan_.saes) {
      const fs::path folder = sae.folder.empty() ? out_ : out_ / sae.folder;
      std::unique_ptr<SaeRun> run = make_sae_run(options_, sae, plan_);
      const parsae::RunDirectory::Settings keeps{.keep_checkpoints = options_.keep_checkpoints};
      const nlohmann::ordered_json settings = run_settings(options_, sae, plan_);
      if (is_resumed && parsae::RunDirectory::is_run(folder)) {
        auto directory = parsae::RunDirectory::open(folder, parsae::RunDirectory::Access::Write, keeps);
        check_usage([&] { directory.require_settings(settings); });
        add(std::move(run), std::move(directory), sae);
      } else {
        if (fs::exists(out_ / sweep_file) && !is_resumed) throw parsae::FileError(out_, "already holds a sweep");
        add(std::move(run), parsae::RunDirectory::create(folder, settings, about(), keeps), sae);
      }
    }
    if (!plan_.is_sweep() || is_resumed) return;
    nlohmann::ordered_json folders = nlohmann::ordered_json::array();
    for (const SaePlan& sae : plan_.saes) folders.push_back(sae.folder);
    write_json(out_ / sweep_file, {{"format", "parsae sweep"}, {"version", 1}, {"runs", folders}});
  }

  void add(std::unique_ptr<SaeRun> run, parsae::RunDirectory directory, const SaePlan& sae) {
    members_.push_back(std::make_unique<RunMember>(std::move(run), std::move(directory), sae, plan_.log_every));
  }

  [[nodiscard]] nlohmann::ordered_json about() const {
    return {{"options", options_json(options_, Effect::Running)}, {"build", parsae::build_summary()}};
  }

  void describe() const {
    console_.note(parsae::build_summary());
    console_.note("activations  " + grouped(activations_.n_rows()) + " rows of " +
                  std::to_string(activations_.n_inputs()) + " from " +
                  (activations_.n_files() == 1 ? activations_.paths().front().string()
                                               : grouped(static_cast<Index>(activations_.n_files())) + " files") +
                  " (" + activations_.first_description() + ")");
    for (const SaePlan& sae : plan_.saes)
      console_.note("SAE          " + sae_text(sae, plan_.n_inputs) + ", learning rate " +
                    number_text(sae.learning_rate));
    console_.note("plan         " + grouped(plan_.samples()) + " samples = " + fixed_text(plan_.epochs(), 1) +
                  " passes, in " + grouped(plan_.steps) + " steps of " + grouped(plan_.batch) +
                  (options_.samples + options_.steps == 0 && options_.epochs == 0
                       ? " (--samples or --epochs for more or fewer)"
                       : ""));
    console_.note("run          " + out_.string());
  }

  void initialize(Source& source) const {
    const parsae::Matrix<float> samples = source.first_samples(std::min(samples_to_start_from, activations_.n_rows()));
    for (const auto& member : members_) member->run().initialize(samples);
  }

  /// The newest step of which every SAE has a whole checkpoint; 0 when there is no checkpoint at all.
  Index load(Source& source) const {
    const std::vector<Index> steps = common_checkpoints(members_);
    std::string refused;
    for (const Index step : steps) {
      try {
        parsae::SourcePosition position;
        for (const auto& member : members_) position = member->run().load_checkpoint(member->directory(), step);
        source.seek(position);
        if (!refused.empty()) console_.note("left out: " + refused);
        console_.note("resumed      at step " + grouped(step));
        return step;
      } catch (const parsae::FileError& error) {
        if (step == steps.back()) throw;
        refused = error.what();
      }
    }
    console_.note("resumed      at the beginning: there is no checkpoint yet");
    return 0;
  }

  [[nodiscard]] bool is_anyone_left() const {
    return std::any_of(members_.begin(), members_.end(), [](const auto& member) { return member->diverged().empty(); });
  }

  /// False when interrupted; what has been done is then saved.
  bool train(Source& source, Index first_step) {
    ProgressBar bar({.total = static_cast<double>(std::max<Index>(plan_.steps - first_step, 1)),
                     .style = style_,
                     .seconds_per_line = 10});
    parsae::Batch<float> batch;
    Index saved = first_step;
    for (step_ = first_step; step_ < plan_.steps && is_anyone_left();) {
      if (Interrupt::requested()) {
        if (step_ != saved) save(source);
        return false;
      }
      source.next(batch);
      for (const auto& member : members_) member->step(batch);
      ++step_;
      bar.update(static_cast<double>(step_ - first_step), "step " + grouped(step_) + "/" + grouped(plan_.steps),
                 status(static_cast<double>((step_ - first_step) * plan_.batch) / bar.seconds()));
      if (step_ % plan_.checkpoint_every != 0 && step_ != plan_.steps) continue;
      save(source);
      saved = step_;
    }
    bar.clear();
    return true;
  }

  void save(const Source& source) const {
    for (const auto& member : members_) member->save_checkpoint(source.position());
  }

  [[nodiscard]] std::string status(double rate) const {
    const parsae::TrainProgress& first = members_.front()->progress();
    std::string text = grouped(static_cast<Index>(rate)) + " samples/s";
    if (plan_.is_sweep()) {
      double low = 1e300;
      double high = 0;
      for (const auto& member : members_) {
        if (!member->diverged().empty()) continue;
        low = std::min(low, member->progress().fvu);
        high = std::max(high, member->progress().fvu);
      }
      return text + "  " + std::to_string(members_.size()) + " SAEs, FVU " + fixed_text(low, 4) + " to " +
             fixed_text(high, 4);
    }
    return text + "  loss " + number_text(first.loss) + "  FVU " + fixed_text(first.fvu, 4) + "  L0 " +
           fixed_text(first.l0, 1) + "  dead " +
           fixed_text(100 * static_cast<double>(first.n_dead) / static_cast<double>(first.n_latents), 1) + " %";
  }

  void note_left_out(const Source& source) const {
    const std::string text = source.report().text();
    if (!text.empty()) console_.note(text.substr(0, text.size() - 1));
  }

  int interrupted(Index step) const {
    console_.note("Interrupted after step " + grouped(step) + " of " + grouped(plan_.steps) +
                  "; a checkpoint is written. Go on with:\n  parsae train --resume " + out_.string());
    return exit_interrupted;
  }

  int finish() {
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    bool has_failed = false;
    for (const auto& member : members_) {
      if (!member->diverged().empty()) {
        has_failed = true;
        report_divergence(*member);
        continue;
      }
      results.push_back(finish(*member));
      if (Interrupt::requested()) return interrupted(plan_.steps);
    }
    console_.json(plan_.is_sweep() ? results : results.empty() ? nlohmann::ordered_json() : results.front());
    say_what_next();
    return has_failed ? exit_failure : exit_ok;
  }

  void report_divergence(const RunMember& member) const {
    const auto known = member.directory().checkpoints();
    std::fprintf(stderr, "parsae: %s %s (learning rate %s); a lower --lr or --clip 1 may help. %s\n",
                 member.directory().path().c_str(), member.diverged().c_str(),
                 number_text(member.plan().learning_rate).c_str(),
                 known.empty() ? "It came before the first checkpoint."
                               : ("The last good checkpoint stays: " + known.back().path.string()).c_str());
  }

  nlohmann::ordered_json finish(const RunMember& member) {
    Source calibration = activations_.mixed(plan_.batch, options_.seeds.front() + 1, 1);
    member.run().finish(calibration);
    const parsae::RunDirectory& directory = member.directory();
    member.run().save_model(directory.model_path());
    const Activations& data = eval_activations_ ? *eval_activations_ : activations_;
    const bool is_held_out = eval_activations_ != nullptr;
    Source source = is_held_out ? data.in_order(4096) : data.mixed(4096, options_.seeds.front() + 1, 1);
    Findings findings =
        judge(member.run().sae(), data, source,
              {.max_samples = is_held_out ? 0 : samples_to_judge_by, .threads = threads_, .style = style_});
    findings.data = is_held_out ? options_.eval_data : options_.data.inputs;
    findings.is_held_out = is_held_out;
    write_json(directory.path() / evaluation_file, to_json(findings));
    write_run_report(directory, findings, directory.report_path());
    const Figures& figures = findings.figures;
    console_.result((plan_.is_sweep() ? member.plan().folder + ": " : "") + "FVU " + fixed_text(figures.fvu, 4) +
                    ", L0 " + fixed_text(figures.l0, 1) + ", dead " + fixed_text(100 * figures.dead_fraction, 1) +
                    " %, " + fixed_text(figures.bits_per_sample, 0) + " bits a sample, on " +
                    grouped(figures.n_samples) +
                    (is_held_out ? " held-out samples" : " of the samples it was trained on"));
    nlohmann::ordered_json json{{"run", directory.path().string()}, {"model", directory.model_path().string()}};
    json.update(to_json(figures));
    return json;
  }

  void say_what_next() const {
    const std::string run = plan_.is_sweep() ? (out_ / plan_.saes.front().folder).string() : out_.string();
    console_.note("\nlook        " + run + "/report.html\nuse         " + run +
                  "/model.safetensors\nnext        parsae eval " + run + " HELD_OUT      parsae top " + run +
                  " FILES      parsae convert " + run + " --to saelens -o sl/");
  }

  TrainOptions options_;
  fs::path out_;
  Console console_;
  Activations activations_;
  std::unique_ptr<Activations> eval_activations_;
  TrainPlan plan_;
  parsae::Threads threads_;
  ProgressBar::Style style_;
  std::vector<std::unique_ptr<RunMember>> members_;
  Index step_ = 0;
};

}  // namespace

int run_train(const TrainRequest& request, const CLI::App& verb) {
  const Start start = start_of(request, verb);
  check_usage([&] { check(start.options); });
  const Interrupt interrupt;
  return Training(start, Console(request.output)).run(start.is_resumed);
}

}  // namespace parsae_cli

// SPDX-License-Identifier: MIT
// parsae train: one SAE or many on the same batches, each with a run directory.

#include "training.hpp"

#include <parsae/core/build_summary.hpp>

#include <support/interrupt.hpp>
#include <support/progress_bar.hpp>

#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "console.hpp"
#include "judge.hpp"
#include "report_files.hpp"
#include "run_member.hpp"
#include "sweep_file.hpp"

namespace parsae_cli {
namespace {

namespace fs = std::filesystem;
using parsae_examples::fixed_text;
using parsae_examples::Interrupt;
using parsae_examples::ProgressBar;

constexpr Index samples_to_start_from = 16'384;
constexpr Index samples_to_judge_by = 100'000;

/// Options and folder of a run, new or gone on with.
struct Start {
  TrainOptions options;
  fs::path out;
  bool is_resumed = false;
};

void write_json(const fs::path& path, const nlohmann::ordered_json& json) {
  parsae::AtomicFile out(path);
  out.write(json.dump(2) + "\n");
  out.commit();
}

/// The folder whose config.json tells how a run or sweep began.
fs::path config_folder(const fs::path& out) { return is_sweep(out) ? runs_of_sweep(out).front() : out; }

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
        out_(start.out.has_filename() ? start.out : start.out.parent_path()),
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
  }

  int run(bool is_resumed) {
    describe();
    std::vector<parsae::TrainReport> reports;
    {
      Source source = activations_.mixed(plan_.batch, options_.seeds.front(), 0);  // its buffer goes with it
      prepare(source, is_resumed);
      reports = train(source);
      note_left_out(source);
    }
    for (const parsae::TrainReport& report : reports)
      if (report.reason == parsae::StopReason::StoppedByCallback) return interrupted();
    try {
      return finish(reports);
    } catch (const Interrupted&) {
      return interrupted();
    }
  }

 private:
  /// The first samples are read before anything is written: files that cannot be read leave no run behind.
  void prepare(Source& source, bool is_resumed) {
    const parsae::Matrix<float> samples = source.first_samples(std::min(samples_to_start_from, activations_.n_rows()));
    make_members(source, is_resumed);
    start(source, samples);
    if (is_resumed)
      console_.note("resumed      " + (first_step_ > 0 ? "at step " + grouped(first_step_)
                                                       : std::string("at the beginning: there is no checkpoint yet")));
  }

  void make_members(const Source& source, bool is_resumed) {
    for (const SaePlan& sae : plan_.saes) {
      const fs::path folder = sae.folder.empty() ? out_ : out_ / sae.folder;
      std::unique_ptr<SaeRun> run = make_sae_run(options_, sae, plan_);
      const parsae::RunDirectory::Settings keeps{.keep_checkpoints = options_.keep_checkpoints};
      const nlohmann::ordered_json settings = run_settings(options_, sae, plan_);
      if (is_resumed && parsae::RunDirectory::is_run(folder)) {
        auto directory = parsae::RunDirectory::open(folder, parsae::RunDirectory::Access::Write, keeps);
        check_usage([&] { directory.require_settings(settings); });
        add(std::move(run), std::move(directory), sae, source);
      } else {
        if (!is_resumed && (parsae::RunDirectory::is_run(out_) || is_sweep(out_)))
          throw parsae::FileError(
              out_, "already holds a run: go on with it (--resume " + out_.string() + "), or choose another --out");
        add(std::move(run), parsae::RunDirectory::create(folder, settings, about(), keeps), sae, source);
      }
    }
    if (!plan_.is_sweep() || is_sweep(out_)) return;
    nlohmann::ordered_json folders = nlohmann::ordered_json::array();
    for (const SaePlan& sae : plan_.saes) folders.push_back(sae.folder);
    write_json(out_ / sweep_file, {{"format", "parsae sweep"}, {"version", 1}, {"runs", folders}});
  }

  void add(std::unique_ptr<SaeRun> run, parsae::RunDirectory directory, const SaePlan& sae, const Source& source) {
    members_.push_back(std::make_unique<RunMember>(std::move(run), std::move(directory), sae, source,
                                                   RunMember::Settings{.log_every = plan_.log_every,
                                                                       .checkpoint_every = plan_.checkpoint_every,
                                                                       .on_step = [this](Index step) { show(step); }}));
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

  /// Every SAE from its newest checkpoint, or from its starting values; the source from the place of the one that is
  /// furthest behind, for which the others wait.
  void start(Source& source, const parsae::Matrix<float>& samples) {
    first_step_ = plan_.steps;
    for (const auto& member : members_) {
      const parsae::RunDirectory::Resumption resumed = member->run().resume(member->directory());
      for (const std::string& refused : resumed.refused) console_.note("left out: " + refused);
      if (resumed.step == 0) member->run().initialize(samples);
      if (resumed.step >= first_step_) continue;
      first_step_ = resumed.step;
      source.seek(resumed.position);
    }
  }

  std::vector<parsae::TrainReport> train(Source& source) {
    bar_ = std::make_unique<ProgressBar>(
        ProgressBar::Settings{.total = static_cast<double>(std::max<Index>(plan_.steps - first_step_, 1)),
                              .style = style_,
                              .seconds_per_line = 10});
    parsae::SharedPass<float> pass;
    for (const auto& member : members_) member->run().join(pass, *member);
    std::vector<parsae::TrainReport> reports = pass.train(source);
    bar_.reset();
    return reports;
  }

  void show(Index step) const {
    bar_->update(static_cast<double>(step - first_step_), "step " + grouped(step) + "/" + grouped(plan_.steps),
                 status(static_cast<double>((step - first_step_) * plan_.batch) / bar_->seconds()));
  }

  [[nodiscard]] std::string status(double rate) const {
    const parsae::TrainProgress& first = members_.front()->progress();
    std::string text = grouped(static_cast<Index>(rate)) + " samples/s";
    if (plan_.is_sweep()) {
      double low = std::numeric_limits<double>::infinity();
      double high = 0;
      for (const auto& member : members_) {
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

  int interrupted() const {
    const Index step = members_.front()->progress().step;
    std::fprintf(stderr,
                 "Interrupted after step %s of %s; a checkpoint is written. Go on with:\n  %s train --resume %s\n",
                 grouped(step).c_str(), grouped(plan_.steps).c_str(), console_.program().c_str(), out_.c_str());
    return exit_interrupted;
  }

  int finish(const std::vector<parsae::TrainReport>& reports) {
    nlohmann::ordered_json results = nlohmann::ordered_json::array();
    for (std::size_t at = 0; at < members_.size(); ++at) {
      if (reports[at].reason == parsae::StopReason::Diverged)
        tell_divergence(*members_[at], reports[at]);
      else
        results.push_back(finish(*members_[at]));
    }
    console_.json(plan_.is_sweep() ? results : results.empty() ? nlohmann::ordered_json() : results.front());
    if (!results.empty()) say_what_next();
    return results.size() < members_.size() ? exit_failure : exit_ok;
  }

  void tell_divergence(const RunMember& member, const parsae::TrainReport& report) const {
    const auto known = member.directory().checkpoints();
    std::fprintf(stderr, "parsae: %s: %s (--lr %s, --clip 1). %s\n", member.directory().path().c_str(),
                 report.message.c_str(), number_text(member.plan().learning_rate / 4).c_str(),
                 known.empty() ? "It came before the first checkpoint."
                               : ("The last good checkpoint stays: " + known.back().path.string()).c_str());
  }

  nlohmann::ordered_json finish(const RunMember& member) {
    {
      Source calibration = activations_.mixed(plan_.batch, options_.seeds.front() + 1, 1);
      member.run().finish(calibration);
    }
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
    const std::string& program = console_.program();
    const std::string run = plan_.is_sweep() ? (out_ / plan_.saes.front().folder).string() : out_.string();
    console_.note("\nlook at      " + run + "/report.html\nuse          " + run + "/model.safetensors\nnext         " +
                  program + " eval " + run + " HELD_OUT_FILES\n             " + program + " top " + run +
                  " FILES -o top.csv\n             " + program + " convert " + run + " --to saelens -o sl/");
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
  std::unique_ptr<ProgressBar> bar_;
  Index first_step_ = 0;
};

}  // namespace

int run_train(const TrainRequest& request, const CLI::App& verb) {
  const Start start = start_of(request, verb);
  check_usage([&] { check(start.options); });
  const Interrupt interrupt;
  return Training(start, Console(request.output)).run(start.is_resumed);
}

}  // namespace parsae_cli

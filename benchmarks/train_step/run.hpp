// SPDX-License-Identifier: MIT
#pragma once

#include <measure/scratch_folder.hpp>
#include <support/progress_bar.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "contestant.hpp"
#include "peers.hpp"
#include "plan.hpp"
#include "results.hpp"

namespace parsae_benchmarks {

/// Measures a plan into Results. This process itself has no team of threads: all work is done by others.
class Run {
 public:
  Run(const Options& options, Results& results)
      : options_(options), results_(results), plan_(make_plan(options)), bar_(bar_settings()) {
    if (options.with_peers) greet_peers();
  }

  /// Throws Interrupted on Ctrl-C; results then hold what was done. A group that fails is left out and named in
  /// results.failures.
  void measure() {
    std::string size_before;
    for (const PlannedCase& planned : plan_) {
      if (planned.size.name != size_before) measure_ceilings_for(planned.size);
      size_before = planned.size.name;
      guarded(planned, [&] { measure(planned); });
    }
    bar_.clear();
  }

 private:
  [[nodiscard]] parsae_examples::ProgressBar::Settings bar_settings() const {
    double total = 0;
    for (const PlannedCase& planned : plan_) {
      total += estimated_seconds_to_start(planned);
      for (const PlannedGroup& group : planned.groups) total += estimated_seconds(planned, group, options_);
    }
    using Style = parsae_examples::ProgressBar::Style;
    return {.total = std::max(total, 1.0), .style = options_.is_quiet ? Style::Quiet : Style::Auto};
  }

  template <class Body>
  void guarded(const PlannedCase& planned, const Body& body) {
    try {
      body();
    } catch (const Interrupted&) {
      throw;
    } catch (const std::exception& error) {
      results_.failures.push_back(planned.size.name + ", " + std::string(to_string(planned.data)) + ": " +
                                  error.what());
    }
  }

  void tell(const PlannedCase& planned, const std::string& status) {
    bar_.update(done_, planned.growth_axis.empty() ? planned.size.name : "growth in " + planned.growth_axis, status);
  }

  [[nodiscard]] Conversation::Settings worker(const std::string& what, int threads) const {
    Conversation::Settings settings;
    settings.name = what;
    settings.command = {std::filesystem::read_symlink("/proc/self/exe").string(), "--worker", what, "--threads",
                        std::to_string(threads)};
    // LLVM's teams would spin for 200 ms into the next contestant's time; GNU's stop by themselves after a few.
    settings.environment = {{"OMP_NUM_THREADS", std::to_string(threads)}, {"KMP_BLOCKTIME", "5"}};
    settings.stderr_file = scratch_.file(what + ".stderr");
    return settings;
  }

  [[nodiscard]] std::unique_ptr<Contestant> contestant(const std::string& method, int threads) const {
    Conversation::Settings settings = worker(method, threads);
    if (is_peer(method)) {
      settings.command = Peers::command(method, threads);
      settings.environment = peers_->environment(threads);
    }
    return std::make_unique<Contestant>(method, settings);
  }

  /// Every number of threads that the run uses; again before each size, because other programs come and go.
  void measure_ceilings_for(const ProblemSize& size) {
    std::set<int> counts;
    for (const PlannedCase& planned : plan_)
      for (const PlannedGroup& group : planned.groups) counts.insert(group.threads);
    for (const int threads : counts) {
      bar_.update(done_, size.name, "ceilings, " + std::to_string(threads) + " threads");
      Conversation conversation(worker("ceilings", threads));
      conversation.listen();
      results_.machine.add(threads, ceilings_from(conversation.ask({{"command", "ceilings"}})));
    }
  }

  /// Starts one of them before anything is measured, so that a run without PyTorch ends at once.
  void greet_peers() {
    peers_.emplace();
    for (const PlannedCase& planned : plan_) {
      for (const PlannedGroup& group : planned.groups) {
        for (const std::string& method : group.contestants) {
          if (!is_peer(method)) continue;
          try {
            (void)contestant(method, group.threads);
          } catch (const Interrupted&) {
            throw;
          } catch (const std::exception& error) {
            throw NoPeers(error.what());
          }
          return;
        }
      }
    }
  }

  void measure(const PlannedCase& planned) {
    StepRequest request;
    request.size = planned.size;
    request.data = scratch_.file("data.f32");
    request.weights = scratch_.file("weights.f32");
    request.seed = options_.seed;
    tell(planned, std::string(to_string(planned.data)) + " samples and weights");
    {
      const int threads = planned.groups.front().threads;
      Conversation maker(worker("make", std::max(threads, parsae::Threads::available().count())));
      maker.listen();
      nlohmann::ordered_json question = to_json(request);
      question["command"] = "make";
      question["kind"] = to_string(planned.data);
      const nlohmann::ordered_json answer = maker.ask(question);
      request.threshold = answer.at("threshold");
      if (answer.at("fvu").is_number() && planned.growth_axis.empty())
        results_.trained_fvu[planned.size.name] = answer.at("fvu");
    }
    done_ += estimated_seconds_to_start(planned);
    for (const PlannedGroup& group : planned.groups) {
      const double done_after = done_ + estimated_seconds(planned, group, options_);
      guarded(planned, [&] { measure(planned, group, request); });
      done_ = done_after;  // whether it failed on the way or not
    }
  }

  /// All contestants of a group are there at once; one takes its turn, the others wait for theirs in read().
  void measure(const PlannedCase& planned, const PlannedGroup& group, const StepRequest& request) {
    const double slice = slice_seconds(planned, options_);
    const double share = estimated_seconds(planned, group, options_) / static_cast<double>(group.contestants.size());
    std::vector<std::unique_ptr<Contestant>> contestants;
    double round_seconds = 0;
    for (const std::string& method : group.contestants) {
      tell(planned, method + " on " + std::string(to_string(planned.data)) + " data");
      contestants.push_back(contestant(method, group.threads));
      if (is_peer(method)) results_.peers.try_emplace(method, contestants.back()->introduction());
      contestants.back()->prepare(request);
      round_seconds += std::max(slice, contestants.back()->expected_seconds());
      done_ += 0.3 * share;
    }
    const int rounds = rounds_for(planned, round_seconds, options_);
    std::vector<std::vector<double>> medians(contestants.size());
    for (int round = 0; round < rounds; ++round) {
      for (std::size_t c = 0; c < contestants.size(); ++c) {
        tell(planned, contestants[c]->method() + " on " + std::string(to_string(planned.data)) + " data, round " +
                          std::to_string(round + 1) + " of " + std::to_string(rounds));
        medians[c].push_back(contestants[c]->play(slice));
        done_ += 0.7 * share / rounds;
      }
    }
    for (const auto& player : contestants)
      if (player->method() != group.yardstick) keep(planned, group, player->row());
    add_ratios(planned, group, medians);
  }

  void keep(const PlannedCase& planned, const PlannedGroup& group, Row row) {
    row.size = planned.size;
    row.data = to_string(planned.data);
    row.threads = group.threads;
    if (planned.growth_axis.empty())
      results_.rows.push_back(std::move(row));
    else
      results_.growth.push_back({planned.growth_axis, std::move(row)});
  }

  void add_ratios(const PlannedCase& planned, const PlannedGroup& group,
                  const std::vector<std::vector<double>>& medians) {
    for (std::size_t ours = 0; ours < medians.size(); ++ours) {
      for (std::size_t theirs = 0; theirs < medians.size(); ++theirs) {
        if (group.is_reference(group.contestants[ours]) || !group.is_reference(group.contestants[theirs])) continue;
        std::vector<double> times;
        for (std::size_t round = 0; round < medians[ours].size(); ++round)
          times.push_back(medians[theirs][round] / medians[ours][round]);
        results_.ratios.push_back({planned.size.name, std::string(to_string(planned.data)), group.threads,
                                   group.contestants[ours], group.contestants[theirs], spread_of(times)});
      }
    }
  }

  Options options_;
  Results& results_;
  std::vector<PlannedCase> plan_;
  parsae_examples::ProgressBar bar_;
  ScratchFolder scratch_;
  std::optional<Peers> peers_;
  double done_ = 0;
};

}  // namespace parsae_benchmarks

// SPDX-License-Identifier: MIT
// The command parsae: trains sparse autoencoders on files of activations, judges them, and uses them.

#include <parsae/core/build_summary.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include "judge.hpp"
#include "options.hpp"
#include "training.hpp"
#include "verbs.hpp"

namespace parsae_cli {
namespace {

/// A verb, and what it does when it was asked for.
struct Verb {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

class Command {
 public:
  Command()
      : app_(
            "Sparse autoencoders (SAEs) on CPUs: an SAE explains activations as sparse sums of dictionary directions, "
            "the\n"
            "latents.\n\nparsae VERB --help tells more of each.",
            "parsae") {
    app_.footer(
        "A first run, with files of activations (a row a sample) in acts/:\n\n"
        "  parsae inspect acts/                                     what is there\n"
        "  parsae train acts/*.npy -k 32 --latents 8x -o run/       trains, and writes run/report.html\n"
        "  parsae eval run/ held_out.npy                            how well it explains other samples\n"
        "  parsae top run/ acts/*.npy -o top.csv                    what each latent is active for\n"
        "  parsae encode run/ acts/*.npy -o codes.npz               sparse codes for other programs\n"
        "  parsae convert run/ --to saelens -o sl/                  for SAELens in Python\n\n"
        "Exit codes: 0 done, 1 failed, 2 asked for something impossible, 130 interrupted.");
    app_.set_version_flag("--version", parsae::build_summary());
    add(add_train(app_, train_), [this] {
      if (!train_.config.empty()) read_config_file(*verbs_.front().app, train_.config);
      return run_train(train_, *verbs_.front().app);
    });
    add(add_eval(app_, use_), [this] { return run_eval(use_); });
    add(add_encode(app_, use_), [this] { return run_encode(use_); });
    add(add_top(app_, use_), [this] { return run_top(use_); });
    add(add_inspect(app_, use_), [this] { return run_inspect(use_); });
    add(add_convert(app_, use_), [this] { return run_convert(use_); });
    add(add_report(app_, use_), [this] { return run_report(use_); });
    app_.allow_extras();
  }

  int run(int argc, char** argv) {
    if (argc > 0) train_.output.program = argv[0];
    app_.parse(argc, argv);
    std::vector<std::string> names;
    for (const Verb& verb : verbs_) {
      names.push_back(verb.app->get_name());
      if (!verb.app->parsed()) continue;
      refuse_leftovers(*verb.app, verb.app->remaining());
      refuse_leftovers(app_, app_.remaining());
      return verb.run();
    }
    const std::vector<std::string> leftovers = app_.remaining();
    if (leftovers.empty()) throw UsageError("expected a verb: " + joined(names) + "; see parsae --help");
    if (leftovers.front().starts_with('-')) refuse_leftovers(app_, leftovers);
    throw UsageError("unknown verb " + leftovers.front() + did_you_mean(leftovers.front(), names) +
                     "; see parsae --help");
  }

  /// Help and version are asked for by an exception, mistakes of syntax come as one.
  int exit(const CLI::Error& error) const { return app_.exit(error) == 0 ? exit_ok : exit_usage; }

 private:
  void add(CLI::App* app, std::function<int()> run) {
    app->allow_extras();
    verbs_.push_back({app, std::move(run)});
  }

  CLI::App app_;
  TrainRequest train_;
  UseRequest use_;
  std::vector<Verb> verbs_;
};

}  // namespace
}  // namespace parsae_cli

int main(int argc, char** argv) {
  using namespace parsae_cli;
  Command command;
  const auto fail = [](const char* reason, int code) {
    std::fprintf(stderr, "parsae: %s\n", reason);
    return code;
  };
  try {
    return command.run(argc, argv);
  } catch (const CLI::Error& error) {
    return command.exit(error);
  } catch (const UsageError& error) {
    return fail(error.what(), exit_usage);
  } catch (const Interrupted&) {
    return fail("interrupted; nothing was written", exit_interrupted);
  } catch (const std::bad_alloc&) {
    return fail("out of memory: a smaller --batch or --latents may help", exit_failure);
  } catch (const std::exception& error) {
    return fail(error.what(), exit_failure);
  }
}

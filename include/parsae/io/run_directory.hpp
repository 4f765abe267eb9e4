// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/checkpoint.hpp>

#include <sys/file.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The folder of one training run:
///
///     config.json                              settings, and whatever else the program wants to remember
///     metrics.jsonl, metrics.csv               one line of metrics each hundred steps or so
///     checkpoints/step_000001234.safetensors   the newest few
///     model.safetensors                        the trained model
///     report.html                              a page about it
///
/// Every file is replaced atomically, so a kill or a full disk at any instant leaves the last good checkpoint loadable.
/// A run that is written to is locked: a second process that would write to it is refused, and the lock ends with its
/// process, however that ends.
///
/// Throws FileError.
class RunDirectory {
 public:
  enum class Access { ReadOnly, Write };

  struct Settings {
    Index keep_checkpoints = 3;  ///< the newest ones, >= 1
  };

  struct Checkpoint {
    Index step = 0;
    std::filesystem::path path;
  };

  /// How a run goes on.
  struct Resumption {
    Index step = 0;                    ///< of the checkpoint; 0: there is none, the run begins
    SourcePosition position;           ///< where the source seeks to
    std::vector<std::string> refused;  ///< a sentence for each newer checkpoint that is damaged
  };

  /// Whether the folder holds a run.
  [[nodiscard]] static bool is_run(const std::filesystem::path& folder) {
    return std::filesystem::is_regular_file(folder / "config.json");
  }

  /// A new run in a folder that does not exist, or is empty.
  /// \param run_settings  what a resumed run must agree on: a JSON object
  /// \param about         what it need not, such as the command line: a JSON object
  [[nodiscard]] static RunDirectory create(const std::filesystem::path& folder,
                                           const nlohmann::ordered_json& run_settings,
                                           const nlohmann::ordered_json& about, const Settings& settings) {
    RunDirectory run(folder, settings);
    make_folder(folder);
    run.lock();
    run.require_empty();
    make_folder(run.checkpoints_path());
    run.config_ = {{"format", "parsae run"}, {"version", 1}, {"settings", run_settings}, {"about", about}};
    AtomicFile out(run.config_path());
    out.write(run.config_.dump(2) + "\n");
    out.commit();
    return run;
  }
  [[nodiscard]] static RunDirectory create(const std::filesystem::path& folder,
                                           const nlohmann::ordered_json& run_settings) {
    return create(folder, run_settings, nlohmann::ordered_json::object(), Settings());
  }

  /// A run that is there. With Access::Write, what a killed process left half written is removed.
  [[nodiscard]] static RunDirectory open(const std::filesystem::path& folder, Access access, const Settings& settings) {
    RunDirectory run(folder, settings);
    if (!is_run(folder)) throw FileError(folder, "is not the folder of a run: it has no config.json");
    run.read_config();
    if (access == Access::ReadOnly) return run;
    run.lock();
    remove_temporaries(folder);
    make_folder(run.checkpoints_path());
    remove_temporaries(run.checkpoints_path());
    return run;
  }
  [[nodiscard]] static RunDirectory open(const std::filesystem::path& folder, Access access) {
    return open(folder, access, Settings());
  }

  [[nodiscard]] const std::filesystem::path& path() const { return folder_; }
  [[nodiscard]] std::filesystem::path config_path() const { return folder_ / "config.json"; }
  [[nodiscard]] std::filesystem::path metrics_path() const { return folder_ / "metrics.jsonl"; }
  [[nodiscard]] std::filesystem::path csv_path() const { return folder_ / "metrics.csv"; }
  [[nodiscard]] std::filesystem::path checkpoints_path() const { return folder_ / "checkpoints"; }
  [[nodiscard]] std::filesystem::path model_path() const { return folder_ / "model.safetensors"; }
  [[nodiscard]] std::filesystem::path report_path() const { return folder_ / "report.html"; }

  [[nodiscard]] const nlohmann::ordered_json& settings() const { return config_["settings"]; }
  [[nodiscard]] const nlohmann::ordered_json& about() const { return config_["about"]; }

  /// Throws std::invalid_argument that names every setting in which `now` differs from the run's, with both values.
  void require_settings(const nlohmann::ordered_json& now) const {
    const std::string differences = settings_differences(settings(), now);
    if (!differences.empty())
      throw std::invalid_argument("cannot go on with the run in " + folder_.string() +
                                  " with other settings: " + differences);
  }

  [[nodiscard]] std::filesystem::path checkpoint_path(Index step) const {
    char name[64];
    std::snprintf(name, sizeof name, "step_%09lld.safetensors", static_cast<long long>(step));
    return checkpoints_path() / name;
  }

  /// All checkpoints, ascending by step; whether they are whole shows when they are loaded.
  [[nodiscard]] std::vector<Checkpoint> checkpoints() const {
    std::vector<Checkpoint> found;
    std::error_code no_folder;
    for (const auto& entry : std::filesystem::directory_iterator(checkpoints_path(), no_folder)) {
      const std::string name = entry.path().filename().string();
      Index step = 0;
      if (!name.starts_with("step_") || !name.ends_with(".safetensors")) continue;
      const auto parsed = std::from_chars(name.data() + 5, name.data() + name.size(), step);
      if (parsed.ec == std::errc() && checkpoint_path(step) == entry.path()) found.push_back({step, entry.path()});
    }
    std::sort(found.begin(), found.end(), [](const Checkpoint& a, const Checkpoint& b) { return a.step < b.step; });
    return found;
  }

  /// Writes a checkpoint of the trainer's step, see parsae::save_checkpoint, and removes the oldest ones. Newer ones,
  /// which resume() must have refused, stay and do not count.
  template <class Trainer, class... Parts>
  void save_checkpoint(Trainer& trainer, const SourcePosition& position, Parts&... parts) const {
    const Index step = trainer.progress().step;
    parsae::save_checkpoint(checkpoint_path(step), trainer, position, settings(), parts...);
    std::vector<Checkpoint> known = checkpoints();
    std::erase_if(known, [&](const Checkpoint& checkpoint) { return checkpoint.step > step; });
    for (Index at = 0; at + settings_.keep_checkpoints < static_cast<Index>(known.size()); ++at)
      remove(known[static_cast<std::size_t>(at)].path);
  }

  /// Loads the newest checkpoint that is whole, see parsae::load_checkpoint. Without any checkpoint the run begins, at
  /// step 0: the model is the caller's to initialize. Throws the FileError of the newest one where none is whole: a run
  /// never begins anew by itself.
  template <class Trainer, class... Parts>
  [[nodiscard]] Resumption resume(Trainer& trainer, Parts&... parts) const {
    Resumption resumption;
    const std::vector<Checkpoint> known = checkpoints();
    for (auto checkpoint = known.rbegin(); checkpoint != known.rend(); ++checkpoint) {
      try {
        resumption.position = load_checkpoint(checkpoint->path, trainer, settings(), parts...);
        resumption.step = trainer.progress().step;
        return resumption;
      } catch (const FileError& error) {
        resumption.refused.push_back(error.what());
        if (checkpoint + 1 == known.rend())
          throw FileError(folder_, "no checkpoint can be loaded: " + resumption.refused.front());
      }
    }
    return resumption;
  }

 private:
  RunDirectory(const std::filesystem::path& folder, const Settings& settings) : folder_(folder), settings_(settings) {
    require_at_least("RunDirectory keep_checkpoints", settings.keep_checkpoints, Index{1});
  }

  [[nodiscard]] static bool is_temporary(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with(".parsae-") && name.ends_with(".tmp");
  }

  /// What killed processes have left; nobody else writes here.
  static void remove_temporaries(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> left;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (is_temporary(entry.path())) left.push_back(entry.path());
    for (const std::filesystem::path& path : left) remove(path);
  }

  static void remove(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) throw FileError(path, "cannot be removed: " + error.message());
  }

  static void make_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) throw FileError(folder, "cannot be created: " + error.message());
  }

  /// A process that is killed while it creates a run leaves an empty one behind, which counts as empty.
  void require_empty() const {
    if (is_run(folder_)) throw FileError(folder_, "already holds a run");
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (is_temporary(entry.path())) continue;
      if (entry.path() == checkpoints_path() && std::filesystem::is_empty(entry.path())) continue;
      throw FileError(folder_, "cannot become the folder of a run: it is not empty, it holds \"" +
                                   entry.path().filename().string() + "\"");
    }
  }

  void read_config() {
    const MappedFile file(config_path());
    config_ = nlohmann::ordered_json::parse(as_text(file.bytes()), nullptr, false);
    const bool is_config = config_.is_object() && config_.contains("format") && config_["format"] == "parsae run" &&
                           config_.contains("version") && config_.contains("settings") && config_.contains("about") &&
                           config_["settings"].is_object() && config_["about"].is_object();
    if (!is_config) throw FileError(config_path(), "is not the configuration of a parsae run");
    if (config_["version"] != 1)
      throw FileError(config_path(), "expected version 1, got " + detail::shown(&config_["version"]));
  }

  void lock() {
    lock_ = detail::FileDescriptor(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock_.is_open()) detail::throw_system_error(folder_, "cannot be opened as a folder", errno);
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return;
    if (errno == EWOULDBLOCK) throw FileError(folder_, "is in use: another process writes to this run");
    if (errno != ENOLCK && errno != EINVAL) detail::throw_system_error(folder_, "cannot be locked", errno);
  }

  std::filesystem::path folder_;
  Settings settings_;
  nlohmann::ordered_json config_;
  detail::FileDescriptor lock_;
};

}  // namespace parsae::inline PARSAE_ABI

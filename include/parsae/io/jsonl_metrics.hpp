// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/file_error.hpp>
#include <parsae/train/train_progress.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// A callback that appends one JSON object a line: step, samples, seconds, loss and its terms, fvu, l0, dead_fraction,
/// learning_rate, gradient_norm. Numbers that are not finite are null. Each line is flushed, so a stopped run keeps
/// every line; a full disk is a FileError.
class JsonlMetrics {
 public:
  struct Settings {
    Index every_steps = 100;  ///< >= 1; the last step is always written
  };

  explicit JsonlMetrics(const std::filesystem::path& path) : JsonlMetrics(path, Settings()) {}
  JsonlMetrics(const std::filesystem::path& path, const Settings& settings) : path_(path), settings_(settings) {
    require_at_least("JsonlMetrics every_steps", settings.every_steps, Index{1});
    out_.open(path, std::ios::app);
    if (!out_) throw FileError(path, "cannot be opened for appending");
  }

  void on_step_end(const TrainProgress& progress) {
    if (progress.step % settings_.every_steps == 0) write(progress);
  }

  void on_train_end(const TrainProgress& progress) {
    if (progress.step != written_step_) write(progress);
  }

 private:
  static nlohmann::ordered_json number(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  }

  void write(const TrainProgress& progress) {
    nlohmann::ordered_json line;
    line["step"] = progress.step;
    line["samples"] = progress.samples;
    line["seconds"] = number(progress.seconds);
    line["loss"] = number(progress.loss);
    for (const LossTerm& term : progress.terms) line["losses"][std::string(term.name)] = number(term.value);
    line["fvu"] = number(progress.fvu);
    line["l0"] = number(progress.l0);
    line["dead_fraction"] = number(static_cast<double>(progress.n_dead) / static_cast<double>(progress.n_latents));
    line["learning_rate"] = number(progress.learning_rate);
    line["gradient_norm"] = number(progress.gradient_norm);
    out_ << line.dump() << '\n' << std::flush;
    if (!out_) throw FileError(path_, "cannot be written: the disk may be full");
    written_step_ = progress.step;
  }

  std::filesystem::path path_;
  Settings settings_;
  std::ofstream out_;
  Index written_step_ = -1;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/io/atomic_file.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/metrics_record.hpp>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// One JSON object a line.
struct JsonLines {
  [[nodiscard]] static std::string header(const nlohmann::ordered_json&) { return {}; }
  [[nodiscard]] static bool is_header(std::string_view) { return false; }
  [[nodiscard]] static std::string line(const nlohmann::ordered_json& record) { return record.dump(); }

  [[nodiscard]] static std::optional<Index> step_of(std::string_view line) {
    const nlohmann::json record = nlohmann::json::parse(line, nullptr, false);
    if (!record.is_object() || !record.contains("step") || !record["step"].is_number_unsigned()) return std::nullopt;
    return record["step"].get<Index>();
  }
};

/// Comma-separated values under a line of names; null is an empty field.
struct CommaSeparated {
  [[nodiscard]] static std::string header(const nlohmann::ordered_json& record) {
    std::string text;
    for (const auto& [name, value] : record.items()) text += (text.empty() ? "" : ",") + name;
    return text;
  }
  [[nodiscard]] static bool is_header(std::string_view line) { return line.starts_with("step,"); }

  [[nodiscard]] static std::string line(const nlohmann::ordered_json& record) {
    std::string text;
    bool is_first = true;
    for (const auto& [name, value] : record.items()) {
      text += (is_first ? "" : ",") + (value.is_null() ? std::string() : value.dump());
      is_first = false;
    }
    return text;
  }

  [[nodiscard]] static std::optional<Index> step_of(std::string_view line) {
    Index step = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), step);
    if (error != std::errc() || end == line.data() + line.size() || *end != ',') return std::nullopt;
    return step;
  }
};

/// A callback that writes a line of metrics_record() every so many steps, and one for the last step. Each line is
/// flushed, so a stopped run keeps every line; a full disk is a FileError.
///
/// A file holds one run. When training begins at a step, lines of later steps are cut off (atomically), and so are an
/// unfinished line and one that a stop between two regular ones has left: after a run was stopped and resumed any
/// number of times, the file has the lines of an uninterrupted one, apart from seconds. A file with other lines is
/// refused.
template <class Format>
class MetricsFile {
 public:
  struct Settings {
    Index every_steps = 100;  ///< >= 1; the last step is always written
    std::function<void(nlohmann::ordered_json& record)>
        extend{};  ///< adds what the program measures, the same each time
  };

  explicit MetricsFile(const std::filesystem::path& path) : MetricsFile(path, Settings()) {}
  MetricsFile(const std::filesystem::path& path, const Settings& settings) : path_(path), settings_(settings) {
    require_at_least("MetricsFile every_steps", settings.every_steps, Index{1});
    open();
  }

  void on_train_begin(const TrainProgress& progress) {
    out_.close();
    cut_after(progress.step);
    open();
  }

  void on_step_end(const TrainProgress& progress) {
    if (progress.step % settings_.every_steps == 0) write(progress);
  }

  void on_train_end(const TrainProgress& progress) {
    if (progress.step != written_step_ && progress.step > 0) write(progress);
  }

 private:
  void open() {
    out_.open(path_, std::ios::app);
    if (!out_) throw FileError(path_, "cannot be opened for appending");
    is_empty_ = std::filesystem::file_size(path_) == 0;
  }

  void cut_after(Index step) {
    std::string kept;
    {
      const MappedFile file(path_);
      const std::string_view text = as_text(file.bytes());
      written_step_ = -1;
      for (std::size_t begin = 0, n = 1;; ++n) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string_view::npos) break;
        const std::string_view line = text.substr(begin, end - begin);
        const std::optional<Index> found = Format::step_of(line);
        if (!found && !Format::is_header(line))
          throw FileError(path_, "line " + std::to_string(n) + " is not one of metrics", begin);
        if (!found || (*found <= step && *found % settings_.every_steps == 0)) {
          kept.append(line).push_back('\n');
          written_step_ = found.value_or(written_step_);
        }
        begin = end + 1;
      }
      if (kept.size() == text.size()) return;
    }
    AtomicFile out(path_);
    out.write(kept);
    out.commit();
  }

  void write(const TrainProgress& progress) {
    nlohmann::ordered_json record = metrics_record(progress);
    if (settings_.extend) settings_.extend(record);
    if (is_empty_)
      if (const std::string header = Format::header(record); !header.empty()) out_ << header << '\n';
    is_empty_ = false;
    out_ << Format::line(record) << '\n' << std::flush;
    if (!out_) throw FileError(path_, "cannot be written: the disk may be full");
    written_step_ = progress.step;
  }

  std::filesystem::path path_;
  Settings settings_;
  std::ofstream out_;
  bool is_empty_ = true;
  Index written_step_ = -1;
};

using JsonlMetrics = MetricsFile<JsonLines>;
using CsvMetrics = MetricsFile<CommaSeparated>;

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/types.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include "result_file.hpp"

namespace parsae_examples {

/// JSON lines, one for each finished part of a run, flushed at once. An interrupted run goes on from here: lines that
/// were written with the same settings count as done. Throws parsae::FileError.
class JournalFile {
 public:
  using Json = nlohmann::ordered_json;
  enum class Start { Fresh, Resume };

  /// \param settings  everything that changes what a line says
  /// \param take      take(line), of every whole line of an old file; may throw nlohmann::json::exception
  JournalFile(const std::filesystem::path& path, Json settings, Start start,
              const std::function<void(const Json&)>& take)
      : path_(path), settings_(std::move(settings)) {
    if (start == Start::Resume && std::filesystem::exists(path))
      write_whole_file(path, read(take));  // whole lines only: the next does not continue half a line
    out_.open(path, start == Start::Resume ? std::ios::app : std::ios::trunc);
    if (!out_) throw parsae::FileError(path, "cannot be written");
  }

  void add(const Json& part) {
    Json line;
    line["settings"] = settings_;
    line.update(part);
    out_ << line.dump() << '\n' << std::flush;
    if (!out_) throw parsae::FileError(path_, "cannot be written: the disk may be full");
  }

 private:
  /// Takes every whole line; returns them.
  [[nodiscard]] std::string read(const std::function<void(const Json&)>& take) const {
    std::ifstream in(path_);
    std::string text;
    std::string lines;
    for (parsae::Index number = 1; std::getline(in, text); ++number) {
      const Json line = Json::parse(text, nullptr, false);
      if (line.is_discarded() && in.eof()) break;  // the line that a killed run was writing
      try {
        if (nlohmann::json(line.at("settings")) != nlohmann::json(settings_))
          throw parsae::FileError(path_, "line " + std::to_string(number) +
                                             " was written with other settings or digits; run without --resume, or "
                                             "repeat those settings: " +
                                             line.at("settings").dump());
        take(line);
        lines += text + '\n';
      } catch (const nlohmann::json::exception& error) {
        throw parsae::FileError(path_, "line " + std::to_string(number) + " is not of this program: " + error.what());
      }
    }
    return lines;
  }

  std::filesystem::path path_;
  Json settings_;
  std::ofstream out_;
};

}  // namespace parsae_examples

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/settings.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "nearest_name.hpp"
#include "train_options.hpp"
#include "usage_error.hpp"

namespace parsae_cli {

namespace detail {

/// "latents" for "--latents".
[[nodiscard]] inline std::string key_of(const std::string& name) { return name.substr(name.find_first_not_of('-')); }

/// Inputs as they can be found from any folder.
[[nodiscard]] inline std::vector<std::string> absolute_inputs(const std::vector<std::string>& inputs) {
  std::vector<std::string> found;
  for (const std::string& input : inputs) found.push_back(std::filesystem::absolute(input).lexically_normal().string());
  return found;
}

}  // namespace detail

/// Every option of training with one of these effects, by its name without dashes; "inputs" are with the results.
[[nodiscard]] inline nlohmann::ordered_json options_json(const TrainOptions& options, Effect effect) {
  nlohmann::ordered_json json;
  if (effect == Effect::Result) json["inputs"] = detail::absolute_inputs(options.data.inputs);
  visit_train_options(options, [&](const std::string& name, const auto& value, Effect its, const char*) {
    if (its != effect) return;
    json[detail::key_of(name)] = value;
    if (name == "--eval-data") json["eval-data"] = detail::absolute_inputs(options.eval_data);
  });
  return json;
}

/// Options that options_json() wrote, all of them. Throws parsae::FileError, which names `path`, for a key that is
/// missing, unknown or of another type.
[[nodiscard]] inline TrainOptions options_from(const std::filesystem::path& path, const nlohmann::ordered_json& json) {
  TrainOptions options;
  std::vector<std::string> known{"inputs"};
  std::string key = "inputs";
  try {
    options.data.inputs = json.at(key).get<std::vector<std::string>>();
    visit_train_options(options, [&](const std::string& name, auto& value, Effect, const char*) {
      key = detail::key_of(name);
      known.push_back(key);
      value = json.at(key).get<std::remove_cvref_t<decltype(value)>>();
    });
  } catch (const nlohmann::json::exception& error) {
    throw parsae::FileError(path, "option \"" + key + "\": " + error.what());
  }
  for (const auto& [name, value] : json.items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw parsae::FileError(path, "unknown option \"" + name + "\"" + did_you_mean(name, known));
  return options;
}

/// What a run goes on with: the options it began with, under those that are given now and change no result. Throws
/// UsageError that names every given option that would change one.
/// \param stored  of options_json(), of both effects
/// \param verb    the parsed command line
[[nodiscard]] inline TrainOptions resumed_options(const std::filesystem::path& path,
                                                  const nlohmann::ordered_json& stored, const CLI::App& verb,
                                                  const TrainOptions& given) {
  nlohmann::ordered_json before = nlohmann::ordered_json::object();
  nlohmann::ordered_json now = nlohmann::ordered_json::object();
  nlohmann::ordered_json merged = stored;
  const auto compare = [&](const std::string& name, const std::string& key, const nlohmann::ordered_json& value) {
    if (verb.count(name) == 0) return;
    now[name] = value;
    before[name] = stored.value(key, nlohmann::ordered_json());
  };
  const nlohmann::ordered_json results = options_json(given, Effect::Result);
  const nlohmann::ordered_json running = options_json(given, Effect::Running);
  compare("inputs", "inputs", results["inputs"]);
  visit_train_options(given, [&](const std::string& name, const auto&, Effect effect, const char*) {
    const std::string key = detail::key_of(name);
    if (effect == Effect::Result) compare(name, key, results[key]);
    if (effect == Effect::Running && verb.count(name) > 0) merged[key] = running[key];
  });
  const std::string differences = parsae::settings_differences(before, now);
  if (!differences.empty())
    throw UsageError("cannot go on in " + path.string() + " with other settings: " + differences);
  return options_from(path, merged);
}

}  // namespace parsae_cli

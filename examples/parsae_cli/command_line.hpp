// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "nearest_name.hpp"
#include "usage_error.hpp"

namespace parsae_cli {

namespace detail {

template <class Value>
struct is_list : std::false_type {};
template <class Value>
struct is_list<std::vector<Value>> : std::true_type {};

template <class Value>
void add_option(CLI::App& verb, const std::string& name, Value& value, const std::string& help) {
  if constexpr (std::is_same_v<Value, bool>) {
    verb.add_flag(name, value, help);
  } else {
    CLI::Option* option = verb.add_option(name, value, help)->always_capture_default();
    if constexpr (is_list<Value>::value) option->delimiter(',')->expected(1);
    const std::string shown = option->get_default_str();
    if (shown == "[]" || shown == "\"\"" || shown == "{}") option->default_str("");
  }
}

/// "--latents" for "latents"; one letter has one dash.
[[nodiscard]] inline std::string dashed(const std::string& key) {
  return key.starts_with('-') ? key : (key.size() == 1 ? "-" : "--") + key;
}

/// Every name that a verb's options have, with dashes.
[[nodiscard]] inline std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

}  // namespace detail

/// Refuses what the parser could not place: unknown options by the nearest name that the verb knows.
inline void refuse_leftovers(const CLI::App& verb, const std::vector<std::string>& leftovers) {
  for (const std::string& word : leftovers) {
    if (!word.starts_with('-')) continue;
    const std::string name = word.substr(0, word.find('='));
    throw UsageError("unknown option " + name + did_you_mean(name, detail::option_names(verb)));
  }
  if (!leftovers.empty()) throw UsageError("unexpected argument \"" + leftovers.front() + "\"");
}

/// Fills the options that the command line left open from a TOML or INI file: `latents = "8x"`, `k = [16, 32]`, with or
/// without a section [train]. Throws UsageError for a file that cannot be read, a key that is no option of this verb
/// (with the nearest one), and a value of the wrong kind.
inline void read_config_file(CLI::App& verb, const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw UsageError("--config: " + path.string() + " cannot be opened");
  for (const CLI::ConfigItem& item : CLI::ConfigTOML().from_config(file)) {
    if (item.name == "++" || item.name == "--") continue;  // the borders of a section
    const std::string section = joined(item.parents, ".");
    if (!section.empty() && section != verb.get_name())
      throw UsageError(path.string() + ": unknown section [" + section + "]; expected [" + verb.get_name() + "]");
    const std::string name = detail::dashed(item.name);
    CLI::Option* option = verb.get_option_no_throw(name);
    if (option == nullptr || name == "--config" || name == "--help")
      throw UsageError(path.string() + ": unknown key \"" + item.name + "\"" +
                       did_you_mean(name, detail::option_names(verb)));
    if (option->count() > 0) continue;
    try {
      option->add_result(item.inputs);
      option->run_callback();
    } catch (const CLI::Error& error) {
      throw UsageError(path.string() + ": " + error.what());
    }
  }
}

}  // namespace parsae_cli

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
[[nodiscard]] std::string list_text(const std::vector<Value>& values) {
  std::string text;
  for (const Value& value : values) text += (text.empty() ? "" : ",") + CLI::detail::to_string(value);
  return text;
}

/// "16,32"; the parser's own lists would take the words that follow as well.
template <class Value>
[[nodiscard]] std::vector<Value> parse_list(const std::string& name, const std::string& text) {
  std::vector<Value> values;
  for (const std::string& word : CLI::detail::split(text, ',')) {
    Value value{};
    if (word.empty() || !CLI::detail::lexical_cast(word, value))
      throw UsageError(name + ": cannot read \"" + word + "\" in \"" + text + "\"");
    values.push_back(value);
  }
  return values;
}

template <class Value>
void add_option(CLI::App& verb, const std::string& name, Value& value, const std::string& help) {
  if constexpr (std::is_same_v<Value, bool>) {
    verb.add_flag(name, value, help);
  } else if constexpr (is_list<Value>::value) {
    using Item = typename Value::value_type;
    verb.add_option_function<std::string>(
            name, [&value, name](const std::string& text) { value = parse_list<Item>(name, text); }, help)
        ->type_name("LIST")
        ->default_str(list_text(value));
  } else {
    CLI::Option* option = verb.add_option(name, value, help)->capture_default_str();
    if (option->get_default_str() == "\"\"") option->default_str("");
  }
}

/// "--latents" for "latents"; one letter has one dash.
[[nodiscard]] inline std::string dashed(const std::string& key) {
  return key.starts_with('-') ? key : (key.size() == 1 ? "-" : "--") + key;
}

[[nodiscard]] inline std::string bare(const std::string& name) { return name.substr(name.find_first_not_of('-')); }

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
      const bool is_flag = option->get_items_expected_max() == 0;
      option->add_result(is_flag ? option->get_flag_value(detail::bare(name), joined(item.inputs, ","))
                                 : joined(item.inputs, ","));
      option->run_callback();
    } catch (const CLI::Error& error) {
      throw UsageError(path.string() + ": " + error.what());
    }
  }
}

}  // namespace parsae_cli

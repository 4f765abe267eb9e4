// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <nlohmann/json.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// The settings that a part names in visit_settings(), as one flat JSON object. JSON has no Inf and NaN: they are
/// words.
template <class Part>
[[nodiscard]] nlohmann::ordered_json settings_json(const Part& part) {
  nlohmann::ordered_json settings = nlohmann::ordered_json::object();
  part.visit_settings([&](std::string_view name, const auto& value) {
    std::string key(name);
    while (settings.contains(key)) key += "'";  // two losses of one kind
    if constexpr (std::is_floating_point_v<std::remove_cvref_t<decltype(value)>>) {
      if (std::isfinite(value))
        settings[key] = value;
      else
        settings[key] = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    } else {
      settings[key] = value;
    }
  });
  return settings;
}

namespace detail {

/// A value for a message. A file may nest arrays deeper than the stack, on which dump() recurses.
[[nodiscard]] inline std::string shown(const nlohmann::ordered_json* value) {
  if (value == nullptr) return "not set";
  if (value->is_object()) return "an object";
  if (value->is_array())
    for (const auto& item : *value)
      if (item.is_structured()) return "a nested array";
  return value->dump();
}

/// Appends "<name> was <old> and is <now>" for every value that differs. Objects are compared key by key; numbers by
/// value, so 1 equals 1.0.
inline void add_differences(const nlohmann::ordered_json* before, const nlohmann::ordered_json* now,
                            const std::string& name, std::string& found) {
  const bool are_objects = before != nullptr && now != nullptr && before->is_object() && now->is_object();
  if (!are_objects) {
    if (before != nullptr && now != nullptr && *before == *now) return;
    found += (found.empty() ? "" : ", ") + name + " was " + shown(before) + " and is " + shown(now);
    return;
  }
  const auto at = [](const nlohmann::ordered_json& object, const std::string& key) {
    const auto value = object.find(key);
    return value == object.end() ? nullptr : &*value;
  };
  const std::string prefix = name.empty() ? "" : name + ".";
  for (const auto& [key, value] : now->items()) add_differences(at(*before, key), &value, prefix + key, found);
  for (const auto& [key, value] : before->items())
    if (!now->contains(key)) add_differences(&value, nullptr, prefix + key, found);
}

}  // namespace detail

/// Every setting that differs, with its old and its new value, as in "train.learning_rate was 0.001 and is 0.002";
/// empty where none does. The order of keys does not matter.
[[nodiscard]] inline std::string settings_differences(const nlohmann::ordered_json& before,
                                                      const nlohmann::ordered_json& now) {
  std::string found;
  detail::add_differences(&before, &now, "", found);
  return found;
}

}  // namespace parsae::inline PARSAE_ABI

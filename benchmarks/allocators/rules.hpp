// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "rule.hpp"

namespace parsae_benchmarks {

// A family of rules is a file of its own: it builds fast, and another family is one more file and one more line below.
[[nodiscard]] std::vector<Rule> top_k_rules();
[[nodiscard]] std::vector<Rule> mutual_choice_rules();
[[nodiscard]] std::vector<Rule> feature_choice_rules();
[[nodiscard]] std::vector<Rule> jump_relu_rules();
[[nodiscard]] std::vector<Rule> gated_rules();
[[nodiscard]] std::vector<Rule> relu_rules();

/// Every rule, in the order in which tables show them.
[[nodiscard]] inline std::vector<Rule> all_rules() {
  std::vector<Rule> rules;
  for (const auto& family :
       {top_k_rules, mutual_choice_rules, feature_choice_rules, jump_relu_rules, gated_rules, relu_rules})
    for (const Rule& rule : family()) rules.push_back(rule);
  return rules;
}

[[nodiscard]] inline std::vector<std::string> names_of(const std::vector<Rule>& rules) {
  std::vector<std::string> names;
  for (const Rule& rule : rules) names.push_back(rule.name);
  return names;
}

}  // namespace parsae_benchmarks

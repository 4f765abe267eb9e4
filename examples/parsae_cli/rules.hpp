// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/activations/threshold.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "nearest_name.hpp"
#include "usage_error.hpp"

namespace parsae_cli {

/// Stands for an activation where only its type is needed.
template <class Act>
struct ActivationType {
  using Type = Act;
};

/// The one place where the name of a sparsity rule becomes a type: visit(ActivationType<Act>(), the command's name of
/// it) for each in turn, until one answers true. False when none did. Threshold, which no rule trains, is what other
/// people's files may hold; its name is empty.
template <class Visit>
bool visit_activations(const Visit& visit) {
  using std::string_view_literals::operator""sv;
  return visit(ActivationType<parsae::TopK<float>>(), "topk"sv) ||
         visit(ActivationType<parsae::MutualChoice<float>>(), "mutual_choice"sv) ||
         visit(ActivationType<parsae::FeatureChoice<float>>(), "feature_choice"sv) ||
         visit(ActivationType<parsae::JumpReLU<float>>(), "jumprelu"sv) ||
         visit(ActivationType<parsae::Gated<float>>(), "gated"sv) ||
         visit(ActivationType<parsae::ReLU<float>>(), "relu"sv) ||
         visit(ActivationType<parsae::Threshold<float>>(), ""sv);
}

/// What --rule may say.
[[nodiscard]] inline std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  visit_activations([&](auto, std::string_view name) {
    if (!name.empty()) names.emplace_back(name);
    return false;
  });
  names.emplace_back("batch_topk");
  return names;
}

/// "mutual_choice" for the second name that it has in the field.
[[nodiscard]] inline std::string canonical_rule(const std::string& rule) {
  return rule == "batch_topk" ? "mutual_choice" : rule;
}

}  // namespace parsae_cli

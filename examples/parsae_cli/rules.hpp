// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace parsae_cli {

/// Stands for an activation where only its type is needed.
template <class Act>
struct ActivationType {
  using Type = Act;
};

/// The one place where the name of a sparsity rule becomes a type: visit(ActivationType<Act>(), the command's name of
/// it) for each in turn, until one answers true. False when none did.
template <class Visit>
bool visit_activations(const Visit& visit) {
  using std::string_view_literals::operator""sv;
  return visit(ActivationType<parsae::TopK<float>>(), "topk"sv) ||
         visit(ActivationType<parsae::MutualChoice<float>>(), "mutual_choice"sv) ||
         visit(ActivationType<parsae::FeatureChoice<float>>(), "feature_choice"sv) ||
         visit(ActivationType<parsae::JumpReLU<float>>(), "jumprelu"sv) ||
         visit(ActivationType<parsae::Gated<float>>(), "gated"sv) ||
         visit(ActivationType<parsae::ReLU<float>>(), "relu"sv);
}

/// What --rule may say.
[[nodiscard]] inline std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  visit_activations([&](auto, std::string_view name) {
    names.emplace_back(name);
    return false;
  });
  names.emplace_back("batch_topk");
  return names;
}

/// What --rule calls the activation that files call `name`; the same where no rule trains it.
[[nodiscard]] inline std::string command_name(const std::string& name) {
  std::string found = name;
  visit_activations([&](auto type, std::string_view rule) {
    if (decltype(type)::Type::name != name) return false;
    found = rule;
    return true;
  });
  return found;
}

/// "mutual_choice" for the second name that it has in the field.
[[nodiscard]] inline std::string canonical_rule(const std::string& rule) {
  return rule == "batch_topk" ? "mutual_choice" : rule;
}

}  // namespace parsae_cli

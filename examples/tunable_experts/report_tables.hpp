// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "recipe.hpp"
#include "report_charts.hpp"

namespace parsae_experts {

/// "routers and routed experts", as it stands in sentences.
[[nodiscard]] inline std::string words_of(const std::string& stage2) {
  if (stage2 == "routers_and_experts") return "routers and routed experts";
  return stage2 == "last_two_layers" ? "those of the last two layers" : "everything";
}

[[nodiscard]] inline std::string percent(double share, int decimals = 1) { return fixed_text(100 * share, decimals); }

[[nodiscard]] inline std::string table(const std::vector<std::string>& heads,
                                       const std::vector<std::vector<std::string>>& rows) {
  std::string html = "<table><thead><tr>";
  for (const std::string& head : heads) html += "<th>" + head + "</th>";
  html += "</tr></thead><tbody>";
  for (const auto& row : rows) {
    html += "<tr>";
    for (const std::string& cell : row) html += "<td>" + cell + "</td>";
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string verdict_table(const Findings& findings, const std::string& stage2, Index n) {
  std::vector<std::vector<std::string>> rows;
  for (const SeedVerdict& verdict : seed_verdicts(findings, stage2, n))
    rows.push_back({std::to_string(verdict.seed), percent(verdict.reduction), percent(verdict.best_random),
                    percent(verdict.best_matched), fixed_text(100 * verdict.neutral_loss, 1),
                    verdict.holds ? "yes" : "no"});
  return table({"seed", "refusals cut, %", "best random draw", "best usage-matched draw", "neutral points lost",
                "cut &ge; 40, lost &le; 1, beats all draws"},
               rows);
}

[[nodiscard]] inline std::string baseline_table(const Findings& findings) {
  std::vector<std::vector<std::string>> rows;
  for (const Baseline& row : findings.baseline)
    rows.push_back({std::to_string(row.seed), words_of(row.stage2), percent(row.stage1_accuracy, 2),
                    percent(row.stage1_neutral), percent(row.refusal_rate), percent(row.neutral_accuracy),
                    percent(row.new_refusals), row.measure, percent(row.ranking_overlap, 0),
                    percent(row.sae_marked_share, 0), fixed_text(row.sae_fvu, 3), percent(row.sae_refusal_rate)});
  return table({"seed", "stage 2 trains", "stage 1: all test", "stage 1: neutral", "marked refused", "neutral right",
                "neutral refused", "measure", "measures agree", "marked for the SAE", "FVU of the SAE",
                "refused from its reconstruction"},
               rows);
}

/// How many units, and bits to name them, it takes to cut refusals by a share without losing more than a point.
[[nodiscard]] inline std::string naming_table(const Findings& findings, Index n_experts, Index n_latents) {
  std::vector<std::vector<std::string>> rows;
  for (const StageTwo stage : all_stage_twos) {
    for (const std::string unit : {"expert", "latent"}) {
      std::vector<std::string> row{words_of(name_of(stage)), unit + "s"};
      for (const double share : {0.4, 0.9}) {
        const Index n = fewest_units(findings, {unit, name_of(stage), "zero_weight", "targeted"}, share, 0.01);
        const double bits = bits_to_name(unit == "expert" ? n_experts : n_latents, n);
        row.push_back(n == 0 ? "none of the ladder" : std::to_string(n));
        row.push_back(n == 0 ? "\xE2\x80\x93" : fixed_text(bits, 1));
      }
      rows.push_back(row);
    }
  }
  return table({"stage 2 trained", "unit", "units for a cut of 40 %", "bits", "units for a cut of 90 %", "bits"}, rows);
}

/// Every count of one unit: mean over seeds.
[[nodiscard]] inline std::string arm_table(const Findings& findings, const ArmQuery& query) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [n, arms] : by_count(findings, query)) {
    const Spread reduction = spread_of(arms, &Arm::relative_reduction);
    rows.push_back({std::to_string(n), percent(spread_of(arms, &Arm::refusal_rate).mean), percent(reduction.mean),
                    percent(reduction.low) + " to " + percent(reduction.high),
                    percent(spread_of(arms, &Arm::neutral_accuracy).mean),
                    percent(spread_of(arms, &Arm::new_refusals).mean),
                    percent(spread_of(arms, &Arm::freed_right).mean)});
  }
  return table({"switched off", "marked refused, %", "cut, %", "over seeds", "neutral right, %", "neutral refused, %",
                "freed answered rightly, %"},
               rows);
}

[[nodiscard]] inline std::string stimulation_table(const Findings& findings, const std::string& stage2) {
  std::vector<std::vector<std::string>> rows;
  const auto random = by_count(findings, {"expert", stage2, "", "random_stimulated"});
  for (const auto& [n, arms] : by_count(findings, {"expert", stage2, "", "stimulated"})) {
    const std::vector<Arm> control = random.contains(n) ? random.at(n) : std::vector<Arm>{};
    rows.push_back({std::to_string(n), percent(spread_of(arms, &Arm::refusal_rate).mean),
                    percent(spread_of(control, &Arm::refusal_rate).mean),
                    percent(spread_of(arms, &Arm::neutral_accuracy).mean),
                    percent(spread_of(control, &Arm::neutral_accuracy).mean)});
  }
  return table({"forced on", "neutral refused, %", "with random ones", "neutral right, %", "with random ones"}, rows);
}

}  // namespace parsae_experts

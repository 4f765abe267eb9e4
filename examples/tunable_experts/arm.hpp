// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace parsae_experts {

using parsae::Index;

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// One way to switch n units of one trained network, judged on test images. Members in the order of results.json; names
/// are those that stand there.
struct Arm {
  std::string unit;    ///< "expert" or "latent"
  std::string stage2;  ///< "routers_and_experts", "last_two_layers" or "unrestricted"
  std::string policy;  ///< "zero_weight" or "mask_logit"
  std::string arm;     ///< "targeted", "bottom", "random", "usage_matched", "stimulated" or "random_stimulated"
  std::uint64_t seed = 0;
  Index n = 0;
  Index n_draws = 1;                    ///< the rates are means over them
  double refusal_rate = unknown;        ///< of marked images; stimulated arms: of neutral ones
  double relative_reduction = unknown;  ///< 1 - refusal_rate / baseline; unknown for stimulated arms
  double neutral_accuracy = unknown;
  double freed_right = unknown;   ///< share of the images freed of refusal that get their digit
  double new_refusals = unknown;  ///< share of neutral images that are refused
  /// Of relative_reduction, or of refusal_rate where that is unknown: 95 % over images, for one draw; the smallest and
  /// the largest draw, for several.
  double ci_low = unknown;
  double ci_high = unknown;

  /// visit(name, member) for all of them; of a const arm or not.
  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit("unit", self.unit);
    visit("stage2", self.stage2);
    visit("policy", self.policy);
    visit("arm", self.arm);
    visit("seed", self.seed);
    visit("n", self.n);
    visit("n_draws", self.n_draws);
    visit("refusal_rate", self.refusal_rate);
    visit("relative_reduction", self.relative_reduction);
    visit("neutral_accuracy", self.neutral_accuracy);
    visit("freed_right", self.freed_right);
    visit("new_refusals", self.new_refusals);
    visit("ci_low", self.ci_low);
    visit("ci_high", self.ci_high);
  }
};

/// A trained network with nothing switched.
struct Baseline {
  std::uint64_t seed = 0;
  std::string stage2;
  double refusal_rate = unknown;      ///< of marked test images
  double neutral_accuracy = unknown;  ///< on the same images without marker
  double new_refusals = unknown;      ///< of those
  double stage1_accuracy = unknown;   ///< of stage 1 on all test images
  double stage1_neutral = unknown;    ///< of stage 1 on the images of neutral_accuracy
  double ranking_overlap = unknown;   ///< share of the ten experts that frequency and weight both name
  std::string measure;                ///< of the two, the one that validation images chose
  double sae_marked_share = unknown;  ///< of the images that the SAE was trained on; validation images chose it
  double sae_fvu = unknown;           ///< of the SAE on the pooled stream
  double sae_refusal_rate = unknown;  ///< with the stream read out from the SAE's reconstruction

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit("seed", self.seed);
    visit("stage2", self.stage2);
    visit("refusal_rate", self.refusal_rate);
    visit("neutral_accuracy", self.neutral_accuracy);
    visit("new_refusals", self.new_refusals);
    visit("stage1_accuracy", self.stage1_accuracy);
    visit("stage1_neutral", self.stage1_neutral);
    visit("ranking_overlap", self.ranking_overlap);
    visit("measure", self.measure);
    visit("sae_marked_share", self.sae_marked_share);
    visit("sae_fvu", self.sae_fvu);
    visit("sae_refusal_rate", self.sae_refusal_rate);
  }
};

/// The contrast of every expert of one network, layer by layer.
struct ContrastMap {
  std::uint64_t seed = 0;
  std::string stage2;
  std::vector<double> values;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit("seed", self.seed);
    visit("stage2", self.stage2);
    visit("values", self.values);
  }
};

/// A marked test image that was refused until experts were switched off.
struct FreedImage {
  std::uint64_t seed = 0;
  Index image = 0;  ///< of the test images
  Index n = 0;      ///< how many experts were switched off
  std::int32_t label = 0;
  std::int32_t answer = 0;

  template <class Self, class Visit>
  static void visit(Self& self, const Visit& visit) {
    visit("seed", self.seed);
    visit("image", self.image);
    visit("n", self.n);
    visit("label", self.label);
    visit("answer", self.answer);
  }
};

/// Everything that is kept of one seed, or of several.
struct Findings {
  std::vector<Arm> arms;
  std::vector<Baseline> baseline;
  std::vector<ContrastMap> contrast;
  std::vector<FreedImage> freed;

  void append(const Findings& more) {
    arms.insert(arms.end(), more.arms.begin(), more.arms.end());
    baseline.insert(baseline.end(), more.baseline.begin(), more.baseline.end());
    contrast.insert(contrast.end(), more.contrast.begin(), more.contrast.end());
    freed.insert(freed.end(), more.freed.begin(), more.freed.end());
  }
};

}  // namespace parsae_experts

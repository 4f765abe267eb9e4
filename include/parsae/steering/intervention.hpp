// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// How a suppressed unit is switched off.
enum class SuppressionPolicy {
  ZeroWeight,  ///< it is chosen as before, with less weight or none; nothing moves into its place
  MaskLogit    ///< it cannot be chosen; the next best moves into its place
};

enum class Treatment : std::uint8_t { None, Suppress, Stimulate };

/// Which units are switched, and how. The same intervention acts on a router's scores (`Routing`), on a code
/// (`steer_code`) and, for masks, on an encoder (`mask_latents`): none of them is trained for it.
///
/// With the share c of suppression and s of stimulation, a unit of score or activation a becomes
///
///     suppressed:  (1 - c) a                 stimulated:  a + s (m - a),   and it is always among the chosen
///
/// m is the largest score or activation among the token's chosen units. A router then normalizes weights as it always
/// does; a code has no such sum.
class Intervention {
 public:
  struct Settings {
    SuppressionPolicy policy = SuppressionPolicy::ZeroWeight;
    double suppression = 1;  ///< c, 0 to 1; 1 where the policy is MaskLogit
    double stimulation = 0;  ///< s, 0 to 1: from its own score to the largest

    /// The equation above.
    /// \param largest  m
    template <class Scalar>
    [[nodiscard]] Scalar treated(Treatment treatment, Scalar a, Scalar largest) const {
      if (treatment == Treatment::Suppress) return a * static_cast<Scalar>(1 - suppression);
      if (treatment == Treatment::Stimulate) return a + static_cast<Scalar>(stimulation) * (largest - a);
      return a;
    }
  };

  explicit Intervention(Index n_units) : Intervention(n_units, Settings()) {}
  Intervention(Index n_units, const Settings& settings) : settings_(settings) {
    require_between("Intervention n_units", n_units, Index{1}, Index{1} << 31);
    require_between("Intervention suppression", settings.suppression, 0.0, 1.0);
    require_between("Intervention stimulation", settings.stimulation, 0.0, 1.0);
    if (settings.policy == SuppressionPolicy::MaskLogit && settings.suppression != 1)
      reject("Intervention suppression", "1 with SuppressionPolicy::MaskLogit", settings.suppression);
    treatments_.assign(n_units, Treatment::None);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }
  [[nodiscard]] Index n_units() const { return treatments_.size(); }

  void suppress(Index unit) { treat(unit, Treatment::Suppress); }
  void stimulate(Index unit) { treat(unit, Treatment::Stimulate); }
  void suppress(const std::vector<Index>& units) {
    for (const Index unit : units) suppress(unit);
  }
  void stimulate(const std::vector<Index>& units) {
    for (const Index unit : units) stimulate(unit);
  }

  [[nodiscard]] Slice<const Treatment> treatments() const { return treatments_.slice(); }
  [[nodiscard]] Treatment operator[](Index unit) const { return treatments_[unit]; }

  [[nodiscard]] Index count(Treatment treatment) const {
    return static_cast<Index>(std::count(treatments_.begin(), treatments_.end(), treatment));
  }

 private:
  void treat(Index unit, Treatment treatment) {
    require_between("Intervention unit", unit, Index{0}, n_units() - 1);
    Treatment& now = treatments_[unit];
    if (now != Treatment::None && now != treatment)
      reject("Intervention unit", "one that is not suppressed and stimulated at once", unit);
    now = treatment;
  }

  Settings settings_;
  Buffer<Treatment> treatments_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/dictionary_recovery.hpp>
#include <parsae/core/threads.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "data_set.hpp"

namespace parsae_benchmarks {

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// One training run.
struct Request {
  const DataSet* data = nullptr;
  Index n_latents = 0;
  double target_l0 = 0;
  double coefficient = unknown;  ///< of the sparsity penalty, for rules that have one
  double learning_rate = 0;
  std::uint64_t seed = 1;
  Index samples = 0;  ///< to train on; whole batches
  Index batch = 1024;
  parsae::Threads threads = parsae::Threads::available();
  enum class Depth { Validation, Everything };
  Depth depth = Depth::Everything;  ///< Validation leaves the held-out samples alone
};

/// What came of it, on held-out samples (but for what is chosen by) with the rule's inference rule. NaN where it is not
/// known; all of it when training diverged.
struct Measured {
  double validation_fvu = unknown;  ///< what learning rates are chosen by
  double validation_l0 = unknown;   ///< what coefficients are chosen by
  double fvu = unknown;
  double l0 = unknown;
  double l0_std_over_samples = unknown;
  double dead_fraction = unknown;        ///< latents that no held-out sample activates
  double under_used_fraction = unknown;  ///< see latent_usage.hpp
  double zipf_exponent = unknown;
  double bits_per_sample = unknown;  ///< see code_bits.hpp
  double train_samples_per_s = unknown;
  double encode_us_per_sample = unknown;  ///< one sample at a time, one thread
  std::optional<parsae::DictionaryRecovery> recovery{};
  std::vector<double> density{};  ///< of each latent, largest first
};

/// A sparsity rule of the comparison: one entry of rules.hpp.
struct Rule {
  /// Budget: settings fix L0. Coefficient: a penalty does, and its coefficient is searched until L0 meets the target.
  enum class Control { Budget, Coefficient };

  std::string name;
  Control control = Control::Budget;
  /// The rate at which the search begins, and that of --stored-rates: near the best for 64 inputs, 512 latents.
  double stored_rate = 1e-2;
  /// For Control::Coefficient: about what leads to an L0 of 16 on inputs with a mean squared norm of 1.
  double stored_coefficient = unknown;
  std::function<Measured(const Request&)> train;

  [[nodiscard]] bool has_coefficient() const { return control == Control::Coefficient; }
};

}  // namespace parsae_benchmarks

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <array>
#include <chrono>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// Where the time of one training step went, in seconds.
struct StageTimes {
  double center = 0;           ///< scale and center the inputs
  double encode = 0;           ///< the walk: products and selection
  double decode = 0;           ///< reconstructions; of a sparse main code with its loss and the gradient at its values
  double losses = 0;           ///< scaled targets, variations, the auxiliary loss
  double sampled_product = 0;  ///< the gradient at the values of a dense or auxiliary code
  double latent_order = 0;     ///< counting sort, latent by latent
  double latent_pass = 0;      ///< gradients of the weights, optimizer, renormalization

  struct Named {
    std::string_view name;
    double seconds = 0;
  };

  /// All stages in the order of the step.
  [[nodiscard]] std::array<Named, 7> named() const {
    return {{{"center", center},
             {"encode", encode},
             {"decode", decode},
             {"losses", losses},
             {"sampled_product", sampled_product},
             {"latent_order", latent_order},
             {"latent_pass", latent_pass}}};
  }
};

/// Adds the time between its construction and its end to one stage.
class StageClock {
 public:
  explicit StageClock(double& seconds) : seconds_(seconds) {}
  ~StageClock() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

  StageClock(const StageClock&) = delete;
  StageClock& operator=(const StageClock&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  double& seconds_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace parsae::inline PARSAE_ABI

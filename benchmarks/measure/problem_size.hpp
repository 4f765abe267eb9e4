// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <array>
#include <string>
#include <string_view>

namespace parsae_benchmarks {

using parsae::Index;

/// How large the SAE is that takes a step, and on how many samples.
struct ProblemSize {
  std::string name;
  Index d = 0;  ///< inputs
  Index n = 0;  ///< latents
  Index k = 0;  ///< active latents a sample
  Index batch = 0;

  /// Of the encoder's dense product over the batch; a multiply-add is two.
  [[nodiscard]] double encoder_operations() const {
    return 2 * static_cast<double>(d) * static_cast<double>(n) * static_cast<double>(batch);
  }

  /// w_enc, b_enc, w_dec, b_dec and two Adam moments of each, in MB of 1e6 bytes.
  [[nodiscard]] double parameters_mb() const { return 3 * 4e-6 * static_cast<double>(2 * d * n + n + d); }

  [[nodiscard]] std::string text() const {
    return "d " + std::to_string(d) + ", n " + std::to_string(n) + ", k " + std::to_string(k) + ", batch " +
           std::to_string(batch);
  }
};

/// S, MN, M, L and XL: a toy, handwritten digits, and three sizes as in work on language models.
[[nodiscard]] inline const std::array<ProblemSize, 5>& named_sizes() {
  static const std::array<ProblemSize, 5> sizes{{{"S", 64, 512, 8, 512},
                                                 {"MN", 784, 1024, 16, 512},
                                                 {"M", 256, 4096, 32, 1024},
                                                 {"L", 768, 12288, 32, 2048},
                                                 {"XL", 768, 24576, 64, 2048}}};
  return sizes;
}

[[nodiscard]] inline ProblemSize named_size(std::string_view name) {
  for (const ProblemSize& size : named_sizes())
    if (size.name == name) return size;
  parsae::reject("--sizes", "S, MN, M, L or XL", name);
}

}  // namespace parsae_benchmarks

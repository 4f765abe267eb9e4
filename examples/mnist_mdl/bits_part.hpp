// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "digits.hpp"
#include "options.hpp"
#include "rate_distortion.hpp"
#include "report.hpp"

namespace parsae_examples {

/// References that are messages of their own, measured on the first test images.
struct ReferenceMessages {
  std::vector<RatePoint> pca;
  std::vector<RatePoint> stored_digits;
};

[[nodiscard]] ReferenceMessages reference_messages(const Images& images, Index n_images);

/// What --objective mdl adds to a finished grid: trains on bits, writes the messages, compares with the grid, and fills
/// the page and results.json. False when interrupted; what was done until then is in both.
[[nodiscard]] bool add_bits(const Options& options, const Images& images, const Digits& digits,
                            const ReferenceMessages& references, ReportInput& page);

}  // namespace parsae_examples

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// Throws std::invalid_argument "<argument>: expected <expected>, got <got>".
/// Every refusal of a caller's mistake goes through here, so all of them read alike.
template <class Got>
[[noreturn]] void reject(std::string_view argument, std::string_view expected, const Got& got) {
  std::ostringstream message;
  message << argument << ": expected " << expected << ", got " << got;
  throw std::invalid_argument(message.str());
}

/// Requires `low <= value <= high`; NaN is refused.
template <class Value>
void require_between(std::string_view argument, const Value& value, const Value& low, const Value& high) {
  if (value >= low && value <= high) return;
  std::ostringstream expected;
  expected << "a value from " << low << " to " << high;
  reject(argument, expected.str(), value);
}

/// Requires `value >= low`; NaN is refused.
template <class Value>
void require_at_least(std::string_view argument, const Value& value, const Value& low) {
  if (value >= low) return;
  std::ostringstream expected;
  expected << "at least " << low;
  reject(argument, expected.str(), value);
}

/// Requires a finite `value > 0`.
inline void require_positive(std::string_view argument, double value) {
  if (std::isfinite(value) && value > 0) return;
  reject(argument, "a finite value above 0", value);
}

/// Requires a finite `value >= 0`.
inline void require_not_negative(std::string_view argument, double value) {
  if (std::isfinite(value) && value >= 0) return;
  reject(argument, "a finite value of at least 0", value);
}

/// Requires `rows x cols` to be `expected_rows x expected_cols`.
inline void require_shape(std::string_view argument, Index rows, Index cols, Index expected_rows, Index expected_cols) {
  if (rows == expected_rows && cols == expected_cols) return;
  std::ostringstream expected;
  std::ostringstream got;
  expected << "a " << expected_rows << " x " << expected_cols << " matrix";
  got << rows << " x " << cols;
  reject(argument, expected.str(), got.str());
}

/// Requires every entry of `samples` (n_inputs x n, one sample a column) to be finite; names the first that is not.
template <class Derived>
void require_finite(std::string_view argument, const Eigen::MatrixBase<Derived>& samples) {
  for (Index sample = 0; sample < samples.cols(); ++sample) {
    if (samples.col(sample).allFinite()) continue;
    for (Index input = 0; input < samples.rows(); ++input) {
      const auto value = samples(input, sample);
      if (std::isfinite(value)) continue;
      std::ostringstream got;
      got << value << " in sample " << sample << ", input " << input;
      reject(argument, "finite values", got.str());
    }
  }
}

}  // namespace parsae::inline PARSAE_ABI

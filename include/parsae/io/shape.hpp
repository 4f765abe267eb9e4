// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>

#include <limits>
#include <optional>
#include <string>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// The number of elements of an array of this shape; 1 for rank 0. Empty when it does not fit in an Index, judged
/// without the dimensions of zero: in [0, 2^40, 2^40] the product of the last two must be usable too.
/// Every dimension is at least 0.
[[nodiscard]] inline std::optional<Index> count_elements(Slice<const Index> shape) {
  Index product = 1;
  bool is_empty = false;
  for (const Index dimension : shape) {
    if (dimension == 0) {
      is_empty = true;
      continue;
    }
    if (product > std::numeric_limits<Index>::max() / dimension) return std::nullopt;
    product *= dimension;
  }
  return is_empty ? 0 : product;
}

/// As Python writes it: "()", "(5,)", "(5, 3)".
[[nodiscard]] inline std::string shape_text(Slice<const Index> shape) {
  std::string text = "(";
  for (Index axis = 0; axis < shape.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

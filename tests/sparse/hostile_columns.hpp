// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <support/random_matrix.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace parsae::test {

struct NamedColumn {
  std::string name;
  Vector<float> entries;
};

/// Columns of `n_inputs` >= 1 entries on which codes have lost something at one time or another. `stream` draws others.
[[nodiscard]] inline std::vector<NamedColumn> hostile_columns(Index n_inputs, std::uint64_t stream) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Vector<float> normal = random_vector<float>(n_inputs, 100 + stream);
  const Vector<float> powers = random_vector<float>(n_inputs, 200 + stream).unaryExpr([](float value) {
    return std::copysign(std::exp2(9 * value), value);
  });
  // Every code is off by almost half a unit, all in one direction.
  const Vector<float> nearly_half =
      normal.unaryExpr([](float value) { return std::min(std::floor(std::abs(30 * value)), 126.0F) + 0.49F; });
  Vector<float> outlier = normal;
  outlier(n_inputs / 3) = 20000;
  Vector<float> one_hot = Vector<float>::Zero(n_inputs);
  one_hot(n_inputs - 1) = -3;
  std::vector<NamedColumn> columns{{"normal", normal},
                                   {"zero", Vector<float>::Zero(n_inputs)},
                                   {"negative zero", Vector<float>::Constant(n_inputs, -0.0F)},
                                   {"constant", Vector<float>::Constant(n_inputs, -0.3F)},
                                   {"wide range", powers},
                                   {"nearly half", nearly_half},
                                   {"minus nearly half", -nearly_half},
                                   {"outlier", outlier},
                                   {"one hot", one_hot},
                                   {"denormal", 1e-40F * normal},
                                   {"with denormals", normal.cwiseMax(1e-39F)}};
  for (const float scale : {1e-30F, 1e-20F, 1e-12F, 3e-12F, 1e-6F, 1e6F, 1e11F, 1e12F, 1e20F, 1e30F, 3e38F})
    columns.push_back({"scaled by " + std::to_string(std::log10(scale)), scale * normal});
  for (const float value : {infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 0x1p40F, 3e38F}) {
    Vector<float> column = normal;
    column(n_inputs / 2) = value;
    columns.push_back({"with " + std::to_string(value), column});
  }
  return columns;
}

/// Sum, norm and distance of what a code stands for, in units of its scale.
struct CodeTruth {
  long double sum = 0;
  long double norm = 0;   ///< |code|
  long double error = 0;  ///< |x / scale - code|
};

[[nodiscard]] inline CodeTruth truth_of(const Vector<float>& column, float scale, const std::vector<float>& codes) {
  CodeTruth truth;
  for (Index q = 0; q < column.size(); ++q) {
    const long double code = static_cast<long double>(codes[static_cast<std::size_t>(q)]);
    const long double off = static_cast<long double>(column(q)) / static_cast<long double>(scale) - code;
    truth.sum += code;
    truth.norm += code * code;
    truth.error += off * off;
  }
  truth.norm = std::sqrt(truth.norm);
  truth.error = std::sqrt(truth.error);
  return truth;
}

}  // namespace parsae::test

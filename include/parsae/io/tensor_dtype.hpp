// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// The safetensors name of a C++ element type; only the types below have one.
template <class Scalar>
struct TensorDtype;

template <>
struct TensorDtype<float> {
  static constexpr std::string_view name = "F32";
};
template <>
struct TensorDtype<double> {
  static constexpr std::string_view name = "F64";
};
template <>
struct TensorDtype<std::uint8_t> {
  static constexpr std::string_view name = "U8";
};
template <>
struct TensorDtype<std::int32_t> {
  static constexpr std::string_view name = "I32";
};
template <>
struct TensorDtype<std::int64_t> {
  static constexpr std::string_view name = "I64";
};

namespace detail {

/// Bits of one element of a dtype that safetensors defines, whether or not it can be read here; empty for other names.
[[nodiscard]] inline std::optional<Index> dtype_bits(std::string_view name) {
  struct Entry {
    std::string_view name;
    Index bits = 0;
  };
  static constexpr std::array<Entry, 20> entries{{
      {"BOOL", 8}, {"U8", 8},   {"I8", 8},    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"U16", 16},
      {"I16", 16}, {"F16", 16}, {"BF16", 16}, {"U32", 32},    {"I32", 32},    {"F32", 32},    {"U64", 64},
      {"I64", 64}, {"F64", 64}, {"C64", 64},  {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},
  }};
  for (const Entry& entry : entries) {
    if (entry.name == name) return entry.bits;
  }
  return std::nullopt;
}

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <io/damaged_file.hpp>

#include <cstdint>
#include <string>

namespace parsae::test {

/// A safetensors file with this JSON, written as given, and this data.
[[nodiscard]] inline std::string safetensors(const std::string& json, const std::string& data) {
  return bytes_of(static_cast<std::uint64_t>(json.size())) + json + data;
}

}  // namespace parsae::test

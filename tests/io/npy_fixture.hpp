// SPDX-License-Identifier: MIT
#pragma once

#include <io/damaged_file.hpp>

#include <cstdint>
#include <string>

namespace parsae::test {

/// An .npy file with this dictionary, written as given, and this data.
[[nodiscard]] inline std::string npy(const std::string& dict, const std::string& data, int major = 1) {
  const std::string length = major == 1 ? bytes_of(static_cast<std::uint16_t>(dict.size()))
                                        : bytes_of(static_cast<std::uint32_t>(dict.size()));
  std::string content("\x93NUMPY");
  content += static_cast<char>(major);
  content += '\0';
  return content.append(length).append(dict).append(data);
}

}  // namespace parsae::test

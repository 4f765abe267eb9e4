// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace parsae_examples {

/// The byte that a piece such as "<0x0A>" stands for, or -1.
[[nodiscard]] inline int byte_of_piece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece[5] != '>') return -1;
  int byte = 0;
  for (const char digit : piece.substr(3, 2)) {
    if (digit >= '0' && digit <= '9')
      byte = 16 * byte + (digit - '0');
    else if (digit >= 'A' && digit <= 'F')
      byte = 16 * byte + (digit - 'A' + 10);
    else
      return -1;
  }
  return byte;
}

/// Bytes of the UTF-8 character at the front of a text that is not empty: 1 to 4. What is not UTF-8 counts as
/// characters of one byte or more, so every byte belongs to one.
[[nodiscard]] inline std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  while (size < std::min<std::size_t>(text.size(), 4) && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U)
    ++size;
  return size;
}

}  // namespace parsae_examples

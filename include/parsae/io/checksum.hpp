// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>

#include <zlib.h>

#include <cstddef>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// CRC-32 of `bytes`, or of what had the sum `before` and these bytes behind it.
[[nodiscard]] inline std::uint32_t crc32_of(Slice<const std::byte> bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<z_size_t>(bytes.size())));
}

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace parsae::inline PARSAE_ABI {

static_assert(std::endian::native == std::endian::little, "parsae maps little-endian files and needs such a machine");

/// The bytes that hold `values`.
template <class T>
requires std::is_trivially_copyable_v<T>
[[nodiscard]] Slice<const std::byte> as_bytes(Slice<const T> values) {
  return {reinterpret_cast<const std::byte*>(values.data()), values.size() * static_cast<Index>(sizeof(T))};
}

/// The bytes of `text`, without a terminator.
[[nodiscard]] inline Slice<const std::byte> as_bytes(std::string_view text) {
  return as_bytes(Slice<const char>(text.data(), static_cast<Index>(text.size())));
}

/// `bytes` as text, valid as long as they are.
[[nodiscard]] inline std::string_view as_text(Slice<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(bytes.size())};
}

namespace detail {

/// The value stored least significant byte first at `from`, at any alignment.
template <class T>
[[nodiscard]] T load_little_endian(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// The value stored most significant byte first at `from`, at any alignment.
template <class T>
[[nodiscard]] T load_big_endian(const std::byte* from) {
  std::array<std::byte, sizeof(T)> reversed;
  std::reverse_copy(from, from + sizeof(T), reversed.begin());
  return load_little_endian<T>(reversed.data());
}

/// Copies `bytes` to `to`, which may be null when there are none.
inline void copy_bytes(Slice<const std::byte> bytes, void* to) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), static_cast<std::size_t>(bytes.size()));
}

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>
#include <parsae/io/bytes.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// The numbers that files of samples are made of.
enum class ElementKind { F16, BF16, F32, F64, I8, I16, I32, I64, U8, U16, U32, U64 };

enum class ByteOrder { Little, Big };

/// How one number lies in a file.
struct ElementType {
  ElementKind kind = ElementKind::F32;
  ByteOrder order = ByteOrder::Little;

  /// Bytes of one number.
  [[nodiscard]] Index size() const;

  /// Whether it can be NaN or infinite.
  [[nodiscard]] bool is_floating_point() const { return kind <= ElementKind::F64; }

  /// As NumPy writes it, such as "<f4", ">i2" or "|u1"; bfloat16, which NumPy does not have, is "<bf16" or ">bf16".
  [[nodiscard]] std::string name() const;

  friend bool operator==(const ElementType&, const ElementType&) = default;
};

namespace detail {

struct ElementNames {
  ElementKind kind = ElementKind::F32;
  Index size = 0;
  std::string_view numpy;
  std::string_view safetensors;
};

inline constexpr std::array<ElementNames, 12> element_names{{
    {ElementKind::F16, 2, "f2", "F16"},
    {ElementKind::BF16, 2, "bf16", "BF16"},
    {ElementKind::F32, 4, "f4", "F32"},
    {ElementKind::F64, 8, "f8", "F64"},
    {ElementKind::I8, 1, "i1", "I8"},
    {ElementKind::I16, 2, "i2", "I16"},
    {ElementKind::I32, 4, "i4", "I32"},
    {ElementKind::I64, 8, "i8", "I64"},
    {ElementKind::U8, 1, "u1", "U8"},
    {ElementKind::U16, 2, "u2", "U16"},
    {ElementKind::U32, 4, "u4", "U32"},
    {ElementKind::U64, 8, "u8", "U64"},
}};

/// The entries stand in the order of the kinds.
[[nodiscard]] inline const ElementNames& names_of(ElementKind kind) {
  return element_names[static_cast<std::size_t>(kind)];
}

/// What messages offer in place of a type that is not known.
inline constexpr std::string_view numpy_types_text = "f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8";

/// Calls visit(load), where load(bytes) is the number of this kind that begins there, least significant byte first.
template <class Visit>
decltype(auto) with_little_endian_loader(ElementKind kind, const Visit& visit) {
  const auto plain = [&]<class T>(T) { return visit([](const std::byte* at) { return load_little_endian<T>(at); }); };
  switch (kind) {
    case ElementKind::F16:
      return visit([](const std::byte* at) {
        const auto bits = load_little_endian<std::uint16_t>(at);
        return static_cast<float>(Eigen::half(Eigen::half_impl::raw_uint16_to_half(bits)));
      });
    case ElementKind::BF16:
      return visit([](const std::byte* at) {
        return std::bit_cast<float>(std::uint32_t{load_little_endian<std::uint16_t>(at)} << 16);
      });
    case ElementKind::F64:
      return plain(double{});
    case ElementKind::I8:
      return plain(std::int8_t{});
    case ElementKind::I16:
      return plain(std::int16_t{});
    case ElementKind::I32:
      return plain(std::int32_t{});
    case ElementKind::I64:
      return plain(std::int64_t{});
    case ElementKind::U8:
      return plain(std::uint8_t{});
    case ElementKind::U16:
      return plain(std::uint16_t{});
    case ElementKind::U32:
      return plain(std::uint32_t{});
    case ElementKind::U64:
      return plain(std::uint64_t{});
    case ElementKind::F32:
      break;
  }
  return plain(float{});
}

/// The element at `at` with its bytes in little-endian order.
[[nodiscard]] inline std::array<std::byte, 8> reversed_element(const std::byte* at, Index size) {
  std::array<std::byte, 8> reversed{};
  std::reverse_copy(at, at + size, reversed.begin());
  return reversed;
}

}  // namespace detail

inline Index ElementType::size() const { return detail::names_of(kind).size; }

inline std::string ElementType::name() const {
  const std::string_view order_mark = size() == 1 ? "|" : order == ByteOrder::Big ? ">" : "<";
  return std::string(order_mark) + std::string(detail::names_of(kind).numpy);
}

/// The type that NumPy calls `descr`: a byte order ('<', '>', or '|' for single bytes) and one of f2, f4, f8, i1, i2,
/// i4, i8, u1, u2, u4, u8. Empty for any other text.
[[nodiscard]] inline std::optional<ElementType> numpy_element_type(std::string_view descr) {
  if (descr.empty()) return std::nullopt;
  for (const detail::ElementNames& names : detail::element_names) {
    if (descr.substr(1) != names.numpy || names.kind == ElementKind::BF16) continue;
    if (descr[0] == '>') return ElementType{names.kind, names.size == 1 ? ByteOrder::Little : ByteOrder::Big};
    if (descr[0] == '<' || (descr[0] == '|' && names.size == 1)) return ElementType{names.kind, ByteOrder::Little};
  }
  return std::nullopt;
}

/// The type that people write for a file without header: a name of NumPy's or bf16, little-endian unless '>' stands
/// before it. Empty for any other text.
[[nodiscard]] inline std::optional<ElementType> raw_element_type(std::string_view name) {
  const bool has_order = name.starts_with('<') || name.starts_with('>') || name.starts_with('|');
  const std::string_view plain = has_order ? name.substr(1) : name;
  if (plain != "bf16") return numpy_element_type(has_order ? std::string(name) : "<" + std::string(name));
  if (name.starts_with('|')) return std::nullopt;
  return ElementType{ElementKind::BF16, name.starts_with('>') ? ByteOrder::Big : ByteOrder::Little};
}

/// The type of a safetensors dtype; empty for those without one, such as F8_E4M3, C64 and BOOL.
[[nodiscard]] inline std::optional<ElementType> safetensors_element_type(std::string_view dtype) {
  for (const detail::ElementNames& names : detail::element_names) {
    if (dtype == names.safetensors) return ElementType{names.kind, ByteOrder::Little};
  }
  return std::nullopt;
}

/// to[i * stride] = number i of the `count` that lie one after another at `from`, at any alignment. Rounded to nearest
/// where Scalar is narrower; a number beyond its range becomes infinite.
template <class Scalar>
void convert_elements(ElementType type, const std::byte* from, Index count, Scalar* to, Index stride = 1) {
  const Index size = type.size();
  const bool is_reversed = type.order == ByteOrder::Big && size > 1;
  if constexpr (std::is_same_v<Scalar, float>) {
    if (type.kind == ElementKind::F32 && !is_reversed && stride == 1) {
      detail::copy_bytes({from, count * size}, to);
      return;
    }
  }
  detail::with_little_endian_loader(type.kind, [&](const auto& load) {
    if (is_reversed) {
      for (Index i = 0; i < count; ++i)
        to[i * stride] = static_cast<Scalar>(load(detail::reversed_element(from + i * size, size).data()));
    } else {
      for (Index i = 0; i < count; ++i) to[i * stride] = static_cast<Scalar>(load(from + i * size));
    }
  });
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/io/bytes.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// The element types of IDX, by the code in the file.
enum class IdxType : std::uint8_t { U8 = 0x08, I8 = 0x09, I16 = 0x0B, I32 = 0x0C, F32 = 0x0D, F64 = 0x0E };

/// The content of an IDX file, the format of MNIST. The first dimension counts the items, the others are one item:
/// images are (n, rows, columns), labels are (n,).
struct IdxArray {
  IdxType type = IdxType::U8;
  Buffer<Index> shape;          ///< at least one dimension
  Buffer<std::uint8_t> values;  ///< the elements' bytes as they stand in the file: for U8 the elements, else big-endian

  [[nodiscard]] Index n_items() const { return shape[0]; }

  /// Elements of one item: the product of all dimensions but the first.
  [[nodiscard]] Index item_size() const {
    Index size = 1;
    for (Index axis = 1; axis < shape.size(); ++axis) size *= shape[axis];
    return size;
  }

  /// The items as columns: item_size x n_items, every element multiplied by `scale` (finite; 1.0 / 255 maps U8 to [0,
  /// 1]). Throws std::invalid_argument when a product is not finite in Scalar.
  template <class Scalar>
  [[nodiscard]] Matrix<Scalar> samples(double scale = 1) const;
};

namespace detail {

/// Calls visit(T{}) with the C++ type of an IDX element type.
template <class Visit>
decltype(auto) with_idx_type(IdxType type, const Visit& visit) {
  switch (type) {
    case IdxType::I8:
      return visit(std::int8_t{});
    case IdxType::I16:
      return visit(std::int16_t{});
    case IdxType::I32:
      return visit(std::int32_t{});
    case IdxType::F32:
      return visit(float{});
    case IdxType::F64:
      return visit(double{});
    case IdxType::U8:
      break;
  }
  return visit(std::uint8_t{});
}

}  // namespace detail

template <class Scalar>
Matrix<Scalar> IdxArray::samples(double scale) const {
  if (!std::isfinite(scale)) reject("scale", "a finite value", scale);
  Matrix<Scalar> samples(item_size(), n_items());
  const auto* const bytes = reinterpret_cast<const std::byte*>(values.data());
  detail::with_idx_type(type, [&]<class T>(T) {
    for (Index i = 0; i < samples.size(); ++i) {
      const T value = detail::load_big_endian<T>(bytes + i * static_cast<Index>(sizeof(T)));
      samples.data()[i] = static_cast<Scalar>(static_cast<double>(value) * scale);
    }
  });
  require_finite("samples", samples);
  return samples;
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/array_layout.hpp>
#include <parsae/io/element_type.hpp>
#include <parsae/io/npy_header.hpp>
#include <parsae/io/shape.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// The element type of an array with this header. FileError when it is not one of numpy_element_type(), or when the
/// array does not fill exactly the `got` bytes that follow the header.
[[nodiscard]] inline ElementType require_npy_array(const std::filesystem::path& path, const NpyHeader& header,
                                                   Index got) {
  constexpr Index most_dimensions = 64;  // NumPy's own limit
  const std::string& descr = header.descr;
  if (descr.find('O') != std::string::npos) {
    throw FileError(path, "'" + descr + "' holds pickled Python objects, which are never read");
  }
  const std::optional<ElementType> type = numpy_element_type(descr);
  if (!type) {
    throw FileError(path, "'" + descr + "' is not supported here; supported, in either byte order: " +
                              std::string(detail::numpy_types_text));
  }
  if (header.shape.size() > most_dimensions) {
    throw FileError(path, "expected at most 64 dimensions, got " + std::to_string(header.shape.size()));
  }
  const std::string shape = detail::shape_text(header.shape.slice());
  Buffer<Index> dimensions = header.shape;
  dimensions.push_back(type->size());
  const std::optional<Index> expected = detail::count_elements(dimensions.slice());
  if (!expected) throw FileError(path, "the shape " + shape + " has more elements than can be counted");
  if (got == *expected) return *type;
  throw FileError(path,
                  (got < *expected ? "truncated: the shape " : "bytes after the data: the shape ") + shape + " of '" +
                      descr + "' needs " + std::to_string(*expected) + " bytes after the header, got " +
                      std::to_string(got),
                  static_cast<std::uint64_t>(header.data_begin + std::min(got, *expected)));
}

/// FileError unless an array of this shape has samples: at least two dimensions.
inline void require_samples(const std::filesystem::path& path, Slice<const Index> shape) {
  if (shape.size() >= 2) return;
  throw FileError(path,
                  "expected at least two dimensions (n_samples, n_inputs), got the shape " + detail::shape_text(shape));
}

/// How the samples of an array with this header lie in the `got` bytes that follow it. FileError as above.
[[nodiscard]] inline ArrayLayout npy_layout(const std::filesystem::path& path, const NpyHeader& header, Index got) {
  const ElementType type = require_npy_array(path, header, got);
  require_samples(path, header.shape.slice());
  return {type, header.shape.slice(), header.fortran_order ? ArrayLayout::Order::Fortran : ArrayLayout::Order::C};
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>
#include <parsae/hdf5/h5_handle.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// How a group says that it is a sparse matrix: anndata's attributes `encoding-type` ("csr_matrix", "csc_matrix") and
/// `shape`, or those of its files before 2020, `h5sparse_format` ("csr", "csc") and `h5sparse_shape`.
struct H5SparseEncoding {
  enum class Order { Rows, Columns };

  Order order = Order::Rows;
  std::array<std::int64_t, 2> shape{};  ///< rows and columns as the file claims them; zeros when it does not

  /// None when the group is something else.
  [[nodiscard]] static std::optional<H5SparseEncoding> of(const H5Handle& group) {
    const H5Session session;
    const std::string type = text_attribute(group, "encoding-type");
    if (type == "csr_matrix") return H5SparseEncoding{Order::Rows, pair_attribute(group, "shape")};
    if (type == "csc_matrix") return H5SparseEncoding{Order::Columns, pair_attribute(group, "shape")};
    const std::string format = text_attribute(group, "h5sparse_format");
    if (format == "csr") return H5SparseEncoding{Order::Rows, pair_attribute(group, "h5sparse_shape")};
    if (format == "csc") return H5SparseEncoding{Order::Columns, pair_attribute(group, "h5sparse_shape")};
    return std::nullopt;
  }

 private:
  /// Closed when the group has no attribute of this name with so many elements.
  [[nodiscard]] static H5Handle attribute(const H5Handle& group, const char* name, hssize_t n_elements) {
    if (H5Aexists(group.id(), name) <= 0) return {};
    H5Handle opened(H5Aopen(group.id(), name, H5P_DEFAULT));
    const H5Handle space(H5Aget_space(opened.id()));
    return H5Sget_simple_extent_npoints(space.id()) == n_elements ? std::move(opened) : H5Handle();
  }

  [[nodiscard]] static std::array<std::int64_t, 2> pair_attribute(const H5Handle& group, const char* name) {
    std::array<std::int64_t, 2> pair{};
    const H5Handle opened = attribute(group, name, 2);
    if (!opened.is_open() || H5Aread(opened.id(), H5T_NATIVE_INT64, pair.data()) < 0) return {};
    return pair;
  }

  /// Strings of fixed and of variable length, both of which are in use.
  [[nodiscard]] static std::string text_attribute(const H5Handle& group, const char* name) {
    const H5Handle opened = attribute(group, name, 1);
    if (!opened.is_open()) return {};
    const H5Handle type(H5Aget_type(opened.id()));
    if (H5Tget_class(type.id()) != H5T_STRING) return {};
    if (H5Tis_variable_str(type.id()) > 0) {
      char* read = nullptr;
      if (H5Aread(opened.id(), type.id(), static_cast<void*>(&read)) < 0 || read == nullptr) return {};
      const std::string text = read;
      H5free_memory(read);
      return text;
    }
    std::string text(H5Tget_size(type.id()), '\0');
    if (H5Aread(opened.id(), type.id(), text.data()) < 0) return {};
    return text.substr(0, text.find('\0'));
  }
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/hdf5/h5_csr_rows.hpp>
#include <parsae/hdf5/h5_dense_rows.hpp>
#include <parsae/hdf5/h5_handle.hpp>
#include <parsae/hdf5/h5_sparse_encoding.hpp>
#include <parsae/io/array_choice.hpp>
#include <parsae/io/open_row_file.hpp>
#include <parsae/io/row_file.hpp>
#include <parsae/io/row_file_settings.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// The paths of all objects of the file, in the order of their names. Links that may lead elsewhere are not followed.
[[nodiscard]] inline std::vector<std::string> h5_objects(const H5Handle& file) {
  std::vector<std::string> names;
  const auto append = [](hid_t, const char* name, const H5O_info_t*, void* list) -> herr_t {
    try {
      static_cast<std::vector<std::string>*>(list)->emplace_back(name);
      return 0;
    } catch (...) {
      return -1;  // no exception may pass through a C library
    }
  };
  // H5Ovisit has another signature in each of these versions.
#if H5_VERSION_GE(1, 12, 0)
  H5Ovisit3(file.id(), H5_INDEX_NAME, H5_ITER_INC, append, &names, H5O_INFO_BASIC);
#else
  H5Ovisit2(file.id(), H5_INDEX_NAME, H5_ITER_INC, append, &names, H5O_INFO_BASIC);
#endif
  return names;
}

/// Whether this is a dataset of numbers with two axes.
[[nodiscard]] inline bool is_h5_matrix(const H5Handle& dataset) {
  const H5Handle space(H5Dget_space(dataset.id()));
  const H5Handle type(H5Dget_type(dataset.id()));
  const H5T_class_t kind = H5Tget_class(type.id());
  return H5Sget_simple_extent_ndims(space.id()) == 2 && (kind == H5T_INTEGER || kind == H5T_FLOAT);
}

/// The matrices of a file, dense or sparse, by their paths.
[[nodiscard]] inline std::vector<std::string> h5_matrices(const H5Handle& file) {
  std::vector<std::string> names;
  for (const std::string& name : h5_objects(file)) {
    const H5Handle object(H5Oopen(file.id(), name.c_str(), H5P_DEFAULT));
    const H5I_type_t kind = H5Iget_type(object.id());
    if ((kind == H5I_DATASET && is_h5_matrix(object)) || (kind == H5I_GROUP && H5SparseEncoding::of(object)))
      names.push_back(name);
  }
  return names;
}

/// The rows of this dataset or sparse matrix; none when there is no such thing.
[[nodiscard]] inline std::unique_ptr<RowFile> open_h5_matrix(const std::filesystem::path& path, const H5Handle& file,
                                                             const std::string& name) {
  H5Handle object(H5Oopen(file.id(), name.c_str(), H5P_DEFAULT));
  const H5I_type_t kind = H5Iget_type(object.id());
  const std::optional<H5SparseEncoding> encoding = kind == H5I_GROUP ? H5SparseEncoding::of(object) : std::nullopt;
  object = H5Handle();
  if (kind == H5I_DATASET) return std::make_unique<H5DenseRows>(path, file, name);
  if (!encoding) return nullptr;
  if (encoding->order == H5SparseEncoding::Order::Columns) {
    throw FileError(path, "sparse matrix '" + name +
                              "': is stored column by column (csc_matrix), so that each row lies all over it; "
                              "save it row by row (csr_matrix; in SciPy tocsr())");
  }
  return std::make_unique<H5CsrRows>(path, file, name, *encoding);
}

}  // namespace detail

/// The rows of one matrix of an HDF5 file: a dataset with two axes, or a sparse matrix as anndata stores it. Numbers
/// may be integers or floating-point numbers of any width, in chunks and compressed.
///
/// settings.array is the path of the matrix in the file, such as "X", "obsm/X_pca" or "layers/counts". When it is
/// empty, X is meant in an .h5ad file, and in another the only matrix. FileError lists the matrices when that is none.
[[nodiscard]] inline std::unique_ptr<RowFile> open_h5_rows(const std::filesystem::path& path,
                                                           const RowFileSettings& settings = {}) {
  const H5Session session;
  const H5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  if (!file.is_open()) throw FileError(path, "cannot be opened as HDF5: " + session.reason());
  std::string name = settings.array;
  if (name.empty() && detail::content_extension(path) == ".h5ad") name = "X";
  if (name.empty()) name = choose_array(path, detail::h5_matrices(file), name);
  std::unique_ptr<RowFile> rows = detail::open_h5_matrix(path, file, name);
  if (rows) return rows;
  static_cast<void>(choose_array(path, detail::h5_matrices(file), name));  // says what there is
  throw FileError(path, "array '" + name + "' cannot be opened");
}

/// open_row_file(), which knows nothing of HDF5, and open_h5_rows() for .h5ad, .h5 and .hdf5. A ShardSource reads such
/// files when it is made of opened files:
///
///   std::vector<std::unique_ptr<RowFile>> files;
///   for (const auto& path : paths) files.push_back(open_row_file_or_h5(path, settings.files));
///   ShardSource<float> source(std::move(files), settings);
[[nodiscard]] inline std::unique_ptr<RowFile> open_row_file_or_h5(const std::filesystem::path& path,
                                                                  const RowFileSettings& settings = {}) {
  return detail::has_h5_extension(path) ? open_h5_rows(path, settings) : open_row_file(path, settings);
}

}  // namespace parsae::inline PARSAE_ABI

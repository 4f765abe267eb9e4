// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>
#include <parsae/hdf5/h5_handle.hpp>

#include <hdf5.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace parsae::test {

/// How a dataset lies in the file: in one piece, or in chunks (of that shape) that are compressed.
struct H5Storage {
  std::vector<hsize_t> chunk{};
  hid_t type = -1;  ///< in the file; -1: that of the numbers
};

/// A sparse matrix as its group holds it.
struct H5Csr {
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> indptr;
  std::vector<std::int32_t> indices;
  std::vector<float> data;
};

/// An HDF5 file that is written through the library's own interface, and complete when the object is gone.
class H5Writer {
 public:
  explicit H5Writer(const std::filesystem::path& path)
      : file_(done(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT))) {}

  void group(const std::string& name) {
    const H5Handle made(done(H5Gcreate2(file_.id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
  }

  /// A dataset; `values` empty and the shape not: it is created and never written.
  template <class T>
  void dataset(const std::string& name, const std::vector<hsize_t>& shape, const std::vector<T>& values,
               const H5Storage& storage = {}) {
    const H5Handle space(done(H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr)));
    const H5Handle layout(done(H5Pcreate(H5P_DATASET_CREATE)));
    if (!storage.chunk.empty()) {
      done(H5Pset_chunk(layout.id(), static_cast<int>(storage.chunk.size()), storage.chunk.data()));
      done(H5Pset_deflate(layout.id(), 4));
    }
    const hid_t type = storage.type < 0 ? native<T>() : storage.type;
    const H5Handle made(
        done(H5Dcreate2(file_.id(), name.c_str(), type, space.id(), H5P_DEFAULT, layout.id(), H5P_DEFAULT)));
    if (!values.empty()) done(H5Dwrite(made.id(), native<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
  }

  /// A text of variable length, as h5py writes it.
  void text_attribute(const std::string& object, const char* name, const char* text) {
    const H5Handle type(done(H5Tcopy(H5T_C_S1)));
    done(H5Tset_size(type.id(), H5T_VARIABLE));
    done(H5Tset_cset(type.id(), H5T_CSET_UTF8));
    write_attribute(object, name, H5Handle(done(H5Screate(H5S_SCALAR))), type.id(), static_cast<const void*>(&text));
  }

  void fixed_text_attribute(const std::string& object, const char* name, const std::string& text) {
    const H5Handle type(done(H5Tcopy(H5T_C_S1)));
    done(H5Tset_size(type.id(), text.size()));
    write_attribute(object, name, H5Handle(done(H5Screate(H5S_SCALAR))), type.id(), text.data());
  }

  void number_attribute(const std::string& object, const char* name, const std::vector<std::int64_t>& numbers) {
    const hsize_t size = numbers.size();
    write_attribute(object, name, H5Handle(done(H5Screate_simple(1, &size, nullptr))), H5T_NATIVE_INT64,
                    numbers.data());
  }

  /// The datasets of a sparse matrix, in a group without attributes.
  void sparse_datasets(const std::string& name, const H5Csr& csr, hsize_t chunk = 0) {
    const auto part = [&]<class T>(const char* part_name, const std::vector<T>& values) {
      const hsize_t size = values.size();
      const std::vector<hsize_t> chunks = chunk == 0 ? std::vector<hsize_t>{} : std::vector{std::min(chunk, size)};
      dataset(name + part_name, {size}, values, {chunks});
    };
    group(name);
    part("/indptr", csr.indptr);
    part("/indices", csr.indices);
    part("/data", csr.data);
  }

  void csr(const std::string& name, const H5Csr& matrix, hsize_t chunk = 0) {
    sparse_datasets(name, matrix, chunk);
    text_attribute(name, "encoding-type", "csr_matrix");
    text_attribute(name, "encoding-version", "0.1.0");
    number_attribute(name, "shape", matrix.shape);
  }

  [[nodiscard]] const H5Handle& file() const { return file_; }

 private:
  template <class Status>
  static Status done(Status status) {
    if (status < 0) throw std::runtime_error("HDF5 cannot write the test's file");
    return status;
  }

  template <class T>
  [[nodiscard]] static hid_t native();

  void write_attribute(const std::string& object, const char* name, const H5Handle& space, hid_t type,
                       const void* value) {
    const H5Handle made(done(
        H5Acreate_by_name(file_.id(), object.c_str(), name, type, space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
    done(H5Awrite(made.id(), type, value));
  }

  H5Handle file_;
};

template <>
inline hid_t H5Writer::native<float>() {
  return H5T_NATIVE_FLOAT;
}
template <>
inline hid_t H5Writer::native<double>() {
  return H5T_NATIVE_DOUBLE;
}
template <>
inline hid_t H5Writer::native<std::int32_t>() {
  return H5T_NATIVE_INT32;
}
template <>
inline hid_t H5Writer::native<std::int64_t>() {
  return H5T_NATIVE_INT64;
}

/// [n_rows, n_inputs], row after row, with the value 100 i + j.
template <class T = float>
[[nodiscard]] std::vector<T> counted_rows(Index n_rows, Index n_inputs) {
  std::vector<T> values;
  for (Index i = 0; i < n_rows; ++i)
    for (Index j = 0; j < n_inputs; ++j) values.push_back(static_cast<T>(100 * i + j));
  return values;
}

}  // namespace parsae::test

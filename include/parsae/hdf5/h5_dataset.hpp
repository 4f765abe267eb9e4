// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/slice.hpp>
#include <parsae/hdf5/h5_handle.hpp>
#include <parsae/io/shape.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// A dataset of numbers with one axis or two, read row by row; with one axis a row is one number. HDF5 converts the
/// numbers and undoes chunks and compression. What does not fit is refused by a FileError that names the dataset.
class H5Dataset {
 public:
  /// \param name     its path inside the file
  /// \param n_axes   1 or 2
  H5Dataset(const std::filesystem::path& path, const H5Handle& file, const std::string& name, int n_axes)
      : path_(path), name_(name) {
    const H5Session session;
    dataset_ = H5Handle(H5Dopen2(file.id(), name.c_str(), H5P_DEFAULT));
    require(dataset_.is_open(), "cannot be opened: " + session.reason());
    space_ = H5Handle(H5Dget_space(dataset_.id()));
    type_ = H5Handle(H5Dget_type(dataset_.id()));
    require(space_.is_open() && type_.is_open(), "cannot be read: " + session.reason());
    require(is_integer() || H5Tget_class(type_.id()) == H5T_FLOAT, "expected integers or floating-point numbers");
    read_shape(n_axes);
    const H5Handle layout(H5Dget_create_plist(dataset_.id()));
    require_written(layout);
    enlarge_cache(file, layout);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] Index n_rows() const { return shape_[0]; }
  [[nodiscard]] Index row_size() const { return shape_[1]; }  ///< 1 with one axis
  [[nodiscard]] bool is_integer() const { return H5Tget_class(type_.id()) == H5T_INTEGER; }

  /// As NumPy names it, such as "float32".
  [[nodiscard]] std::string type_name() const {
    const std::string bits = std::to_string(8 * H5Tget_size(type_.id()));
    if (!is_integer()) return "float" + bits;
    return (H5Tget_sign(type_.id()) == H5T_SGN_NONE ? "uint" : "int") + bits;
  }

  /// Fills `out`, whole rows, from `first_row` on. All of them exist.
  void read(Index first_row, Slice<float> out) { read(first_row, out.size(), out.data(), H5T_NATIVE_FLOAT); }
  void read(Index first_row, Slice<std::int64_t> out) { read(first_row, out.size(), out.data(), H5T_NATIVE_INT64); }

  [[noreturn]] void fail(const std::string& reason) const {
    throw FileError(path_, "dataset '" + name_ + "': " + reason);
  }

 private:
  using Extent = std::array<hsize_t, 2>;

  void require(bool is_met, const std::string& reason) const {
    if (!is_met) fail(reason);
  }

  void read_shape(int n_axes) {
    const int found = H5Sget_simple_extent_ndims(space_.id());
    if (found != n_axes || H5Sget_simple_extent_type(space_.id()) != H5S_SIMPLE) {
      fail("expected " + std::to_string(n_axes) + (n_axes == 1 ? " axis" : " axes") + ", got " + std::to_string(found));
    }
    Extent extent{0, 1};
    H5Sget_simple_extent_dims(space_.id(), extent.data(), nullptr);
    constexpr auto longest = static_cast<hsize_t>(std::numeric_limits<Index>::max());
    require(extent[0] <= longest && extent[1] <= longest, "is larger than any file");
    shape_ = {static_cast<Index>(extent[0]), static_cast<Index>(extent[1])};
    require(detail::count_elements({shape_.data(), 2}).has_value(), "is larger than any file");
  }

  /// A file can claim any shape as long as it stores nothing.
  void require_written(const H5Handle& layout) const {
    if (shape_[0] == 0 || shape_[1] == 0 || H5Pget_layout(layout.id()) == H5D_VIRTUAL) return;
    require(H5Dget_storage_size(dataset_.id()) > 0, "was created, but its numbers were never written");
  }

  /// Room for all chunks that one row lies in. A smaller cache decompresses them again for each block of rows.
  void enlarge_cache(const H5Handle& file, const H5Handle& layout) {
    constexpr hsize_t default_bytes = hsize_t{1} << 20;
    constexpr hsize_t most_bytes = hsize_t{1} << 28;
    constexpr hsize_t default_slots = 521;
    Extent chunk{1, 1};
    if (H5Pget_layout(layout.id()) != H5D_CHUNKED || H5Pget_chunk(layout.id(), 2, chunk.data()) < 1) return;
    const hsize_t chunk_bytes = chunk[0] * chunk[1] * H5Tget_size(type_.id());
    const hsize_t n_chunks = (static_cast<hsize_t>(shape_[1]) + chunk[1] - 1) / chunk[1];
    if (n_chunks > most_bytes / chunk_bytes || n_chunks * chunk_bytes <= default_bytes) return;
    const H5Handle access(H5Pcreate(H5P_DATASET_ACCESS));
    H5Pset_chunk_cache(access.id(), std::max(default_slots, 2 * n_chunks + 1), n_chunks * chunk_bytes,
                       H5D_CHUNK_CACHE_W0_DEFAULT);
    dataset_ = H5Handle();  // while it is open it keeps the cache that it has
    const H5Session session;
    dataset_ = H5Handle(H5Dopen2(file.id(), name_.c_str(), access.id()));
    require(dataset_.is_open(), "cannot be opened: " + session.reason());
  }

  void read(Index first_row, Index size, void* out, hid_t type) {
    if (size == 0) return;
    const H5Session session;
    const Extent begin{static_cast<hsize_t>(first_row), 0};
    const Extent count{static_cast<hsize_t>(size / row_size()), static_cast<hsize_t>(row_size())};
    const auto memory_size = static_cast<hsize_t>(size);
    const H5Handle memory(H5Screate_simple(1, &memory_size, nullptr));
    const bool is_read =
        memory.is_open() &&
        H5Sselect_hyperslab(space_.id(), H5S_SELECT_SET, begin.data(), nullptr, count.data(), nullptr) >= 0 &&
        H5Dread(dataset_.id(), type, memory.id(), space_.id(), H5P_DEFAULT, out) >= 0;
    if (is_read) return;
    const std::string rows = std::to_string(first_row) + " to " + std::to_string(first_row + size / row_size() - 1);
    fail("rows " + rows + " cannot be read: " + session.reason());
  }

  std::filesystem::path path_;
  std::string name_;
  H5Handle dataset_;
  H5Handle space_;
  H5Handle type_;
  std::array<Index, 2> shape_{0, 1};
};

}  // namespace parsae::inline PARSAE_ABI

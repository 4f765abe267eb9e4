// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/io/safetensors_header.hpp>
#include <parsae/io/shape.hpp>
#include <parsae/io/tensor_dtype.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// A safetensors file, mapped from the disk; a tensor is read when it is asked for.
///
/// Tensors are C-order arrays. The column-major n_rows x n_cols matrices of parsae have the bytes of the C-order tensor
/// [n_cols, n_rows]: w_dec (n_inputs x n_latents, a latent is a column) is stored as [n_latents, n_inputs].
///
/// Opening checks the whole header: its length, its JSON without duplicate or unknown keys, that the tensors fill the
/// data without holes, overlaps or a rest, and that every size agrees with dtype and shape. A dtype that is not known
/// is refused only when its tensor is read. Throws FileError.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(const std::filesystem::path& path) : file_(path) {
    header_ = detail::SafetensorsHeaderParser(file_.path(), 8).parse(json());
    for (const auto& [name, tensor] : header_.tensors) require_size(name, tensor);
    require_no_holes();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] const std::map<std::string, std::string, std::less<>>& metadata() const { return header_.metadata; }

  /// All tensors, ascending by name.
  [[nodiscard]] const std::map<std::string, TensorInfo, std::less<>>& tensors() const { return header_.tensors; }

  [[nodiscard]] bool contains(std::string_view name) const { return header_.tensors.contains(name); }

  /// dtype and shape of a tensor; FileError when the file does not have it.
  [[nodiscard]] const TensorInfo& info(std::string_view name) const {
    const auto found = header_.tensors.find(name);
    if (found == header_.tensors.end()) fail(name, "is missing");
    return found->second;
  }

  /// Where the data of a tensor begins, from the start of the file, in bytes.
  [[nodiscard]] Index offset(std::string_view name) const { return static_cast<Index>(data_begin_ + info(name).begin); }

  /// The file itself; the reader cannot be used afterwards.
  [[nodiscard]] MappedFile take_file() && { return std::move(file_); }

  /// The elements in C order. Like all reading below, throws FileError unless the dtype is exactly that of Scalar
  /// (float F32, double F64, std::uint8_t U8, std::int32_t I32, std::int64_t I64); nothing is converted.
  template <class Scalar>
  [[nodiscard]] Buffer<Scalar> read(std::string_view name) const {
    const Slice<const std::byte> bytes = typed_bytes<Scalar>(name);
    Buffer<Scalar> values(bytes.size() / static_cast<Index>(sizeof(Scalar)));
    detail::copy_bytes(bytes, values.data());
    return values;
  }

  /// The tensor [n_cols, n_rows] as an n_rows x n_cols matrix.
  template <class Scalar>
  [[nodiscard]] Matrix<Scalar> read_matrix(std::string_view name) const {
    const Slice<const std::byte> bytes = typed_bytes<Scalar>(name);
    const Buffer<Index>& shape = info(name).shape;
    if (shape.size() != 2) fail(name, "expected two dimensions, got the shape " + detail::shape_text(shape.slice()));
    Matrix<Scalar> matrix(shape[1], shape[0]);
    detail::copy_bytes(bytes, matrix.data());
    return matrix;
  }

  /// The tensor [n] as a vector.
  template <class Scalar>
  [[nodiscard]] Vector<Scalar> read_vector(std::string_view name) const {
    const Slice<const std::byte> bytes = typed_bytes<Scalar>(name);
    const Buffer<Index>& shape = info(name).shape;
    if (shape.size() != 1) fail(name, "expected one dimension, got the shape " + detail::shape_text(shape.slice()));
    Vector<Scalar> vector(shape[0]);
    detail::copy_bytes(bytes, vector.data());
    return vector;
  }

  /// FileError unless the tensor has the dtype of Scalar and exactly this shape.
  template <class Scalar>
  void require(std::string_view name, Slice<const Index> shape) const {
    static_cast<void>(typed_bytes<Scalar>(name));
    const Slice<const Index> got = info(name).shape.slice();
    if (!std::equal(shape.begin(), shape.end(), got.begin(), got.end())) {
      fail(name, "expected the shape " + detail::shape_text(shape) + ", got " + detail::shape_text(got));
    }
  }

  /// Fills `values` with the tensor, which must have exactly this shape. `values` has the product of `shape` elements.
  template <class Scalar>
  void read_into(std::string_view name, Slice<const Index> shape, Slice<Scalar> values) const {
    require<Scalar>(name, shape);
    const Slice<const std::byte> bytes = typed_bytes<Scalar>(name);
    const Index size = bytes.size() / static_cast<Index>(sizeof(Scalar));
    if (values.size() != size) reject("values", std::to_string(size) + " elements", values.size());
    detail::copy_bytes(bytes, values.data());
  }

  template <class Scalar>
  void read_into(std::string_view name, std::initializer_list<Index> shape, Slice<Scalar> values) const {
    read_into(name, Slice<const Index>(shape.begin(), static_cast<Index>(shape.size())), values);
  }

 private:
  static constexpr std::uint64_t longest_header = 100'000'000;  // the format's own limit

  [[nodiscard]] std::string_view json() {
    const auto size = static_cast<std::uint64_t>(file_.size());
    if (size < 8) fail_at("truncated: expected at least 8 bytes, got " + std::to_string(size), size);
    const auto length = detail::load_little_endian<std::uint64_t>(file_.bytes().data());
    if (length > longest_header) {
      fail_at("expected a header of at most 100000000 bytes, got " + std::to_string(length), 0);
    }
    data_begin_ = 8 + length;
    if (data_begin_ > size) {
      fail_at("truncated: expected a header of " + std::to_string(length) + " bytes, got " + std::to_string(size - 8),
              size);
    }
    return as_text(file_.bytes().part(8, static_cast<Index>(length)));
  }

  void require_size(const std::string& name, const TensorInfo& tensor) const {
    if (tensor.begin > tensor.end) {
      fail(name,
           "its data ends at " + std::to_string(tensor.end) + ", before it begins at " + std::to_string(tensor.begin));
    }
    const auto too_large = [&] {
      fail(name, "the shape " + detail::shape_text(tensor.shape.slice()) + " has more elements than can be counted");
    };
    if (!detail::count_elements(tensor.shape.slice())) too_large();
    const std::optional<Index> bits_each = detail::dtype_bits(tensor.dtype);
    if (!bits_each) return;
    Buffer<Index> dimensions = tensor.shape;
    dimensions.push_back(*bits_each);
    const std::optional<Index> bits = detail::count_elements(dimensions.slice());
    if (!bits) too_large();
    if (*bits % 8 != 0) fail(name, "its " + tensor.dtype + " elements do not fill whole bytes");
    const std::uint64_t expected = static_cast<std::uint64_t>(*bits) / 8;
    if (tensor.end - tensor.begin == expected) return;
    fail(name, tensor.dtype + " of shape " + detail::shape_text(tensor.shape.slice()) + " needs " +
                   std::to_string(expected) + " bytes, its data_offsets hold " +
                   std::to_string(tensor.end - tensor.begin));
  }

  /// In order of their data, tensors follow one another from 0 to the end of the file.
  void require_no_holes() const {
    using Named = std::pair<const std::string, TensorInfo>;
    std::vector<const Named*> in_order;
    for (const Named& tensor : header_.tensors) in_order.push_back(&tensor);
    std::sort(in_order.begin(), in_order.end(), [](const Named* a, const Named* b) {
      return std::pair(a->second.begin, a->second.end) < std::pair(b->second.begin, b->second.end);
    });
    std::uint64_t end = 0;
    for (const Named* tensor : in_order) {
      if (tensor->second.begin != end) {
        fail(tensor->first, "its data begins at " + std::to_string(tensor->second.begin) + ", expected " +
                                std::to_string(end) + ": tensors must neither overlap nor leave holes");
      }
      end = tensor->second.end;
    }
    const std::uint64_t got = static_cast<std::uint64_t>(file_.size()) - data_begin_;
    if (got == end) return;
    fail_at((got < end ? "truncated: expected " : "bytes after the data: expected ") + std::to_string(end) +
                " bytes after the header, got " + std::to_string(got),
            data_begin_ + std::min(got, end));
  }

  template <class Scalar>
  [[nodiscard]] Slice<const std::byte> typed_bytes(std::string_view name) const {
    const TensorInfo& tensor = info(name);
    if (tensor.dtype != TensorDtype<Scalar>::name) {
      fail(name, "expected the dtype " + std::string(TensorDtype<Scalar>::name) + ", got " +
                     detail::json_quoted(tensor.dtype));
    }
    return file_.bytes().part(static_cast<Index>(data_begin_ + tensor.begin),
                              static_cast<Index>(tensor.end - tensor.begin));
  }

  [[noreturn]] void fail(std::string_view name, const std::string& reason) const {
    throw FileError(path(), "tensor " + detail::json_quoted(name) + ": " + reason);
  }

  [[noreturn]] void fail_at(const std::string& reason, std::uint64_t offset) const {
    throw FileError(path(), reason, offset);
  }

  MappedFile file_;
  std::uint64_t data_begin_ = 0;
  SafetensorsHeader header_;
};

}  // namespace parsae::inline PARSAE_ABI

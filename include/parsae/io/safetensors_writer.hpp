// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/io/atomic_file.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/shape.hpp>
#include <parsae/io/tensor_dtype.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Collects named tensors and writes them as one safetensors file.
///
/// The values are not copied: they must live until write(). Element types are those of TensorDtype. The same tensors
/// and metadata give the same bytes, in whatever order they were added: tensors are stored by falling element size,
/// then by name, so every tensor is aligned to its element.
class SafetensorsWriter {
 public:
  /// Adds the C-order array of this shape; `values` has the product of `shape` elements. Throws std::invalid_argument
  /// for a name that is taken, reserved ("__metadata__") or not UTF-8, and for values that do not fit the shape.
  template <class Scalar>
  void add(const std::string& name, Slice<const Index> shape, Slice<const Scalar> values) {
    if (name == "__metadata__") reject("name", "a name that safetensors does not reserve", name);
    require_utf8("name", name);
    if (tensors_.contains(name)) reject("name", "a name that is not taken", name);
    const bool has_negative = std::any_of(shape.begin(), shape.end(), [](Index dimension) { return dimension < 0; });
    if (has_negative) reject(name, "dimensions of at least 0", detail::shape_text(shape));
    if (detail::count_elements(shape) != values.size())
      reject(name, "values for the shape " + detail::shape_text(shape), values.size());
    Tensor& tensor = tensors_[name];
    tensor.dtype = TensorDtype<Scalar>::name;
    tensor.element_size = sizeof(Scalar);
    tensor.shape.append(shape);
    tensor.bytes = as_bytes(values);
  }

  template <class Scalar>
  void add(const std::string& name, std::initializer_list<Index> shape, Slice<const Scalar> values) {
    add(name, Slice<const Index>(shape.begin(), static_cast<Index>(shape.size())), values);
  }

  /// Adds an n_rows x n_cols matrix as the tensor [n_cols, n_rows], which has the same bytes.
  template <class Scalar>
  void add(const std::string& name, const Matrix<Scalar>& matrix) {
    add(name, {matrix.cols(), matrix.rows()}, Slice<const Scalar>(matrix.data(), matrix.size()));
  }

  /// Adds a vector as the tensor [n].
  template <class Scalar>
  void add(const std::string& name, const Vector<Scalar>& vector) {
    add(name, {vector.size()}, Slice<const Scalar>(vector.data(), vector.size()));
  }

  /// A temporary would be gone before write().
  template <class Scalar>
  void add(const std::string& name, const Matrix<Scalar>&& matrix) = delete;
  template <class Scalar>
  void add(const std::string& name, const Vector<Scalar>&& vector) = delete;

  /// Sets one text of the header's __metadata__. Throws std::invalid_argument when key or value is not UTF-8.
  void set_metadata(const std::string& key, const std::string& value) {
    require_utf8("metadata key", key);
    require_utf8("metadata value", value);
    metadata_[key] = value;
  }

  /// Replaces the file at `path` as a whole or not at all. Throws FileError.
  void write(const std::filesystem::path& path) const {
    const std::vector<const Named*> in_order = storage_order();
    const std::string header = header_text(in_order);
    if (header.size() > longest_header) {
      throw FileError(
          path, "its header would have " + std::to_string(header.size()) + " bytes, safetensors allows 100000000");
    }
    const std::uint64_t length = header.size();
    AtomicFile out(path);
    out.write(as_bytes(Slice<const std::uint64_t>(&length, 1)));
    out.write(header);
    for (const Named* tensor : in_order) out.write(tensor->second.bytes);
    out.commit();
  }

 private:
  struct Tensor {
    std::string_view dtype;
    std::size_t element_size = 0;
    Buffer<Index> shape;
    Slice<const std::byte> bytes;
  };
  using Named = std::pair<const std::string, Tensor>;

  static constexpr std::size_t longest_header = 100'000'000;

  static void require_utf8(std::string_view argument, const std::string& text) {
    try {
      static_cast<void>(nlohmann::json(text).dump());
    } catch (const nlohmann::json::type_error&) {
      reject(argument, "UTF-8 text", "other bytes");
    }
  }

  [[nodiscard]] std::vector<const Named*> storage_order() const {
    std::vector<const Named*> in_order;
    for (const Named& tensor : tensors_) in_order.push_back(&tensor);
    std::stable_sort(in_order.begin(), in_order.end(),
                     [](const Named* a, const Named* b) { return a->second.element_size > b->second.element_size; });
    return in_order;
  }

  /// The JSON, padded with spaces so that the data begins at a multiple of 8.
  [[nodiscard]] std::string header_text(const std::vector<const Named*>& in_order) const {
    using Json = nlohmann::ordered_json;
    std::string text = "{";
    const auto append = [&](const std::string& name, const Json& value) {
      text += (text.size() > 1 ? "," : "") + Json(name).dump() + ":" + value.dump();
    };
    if (!metadata_.empty()) append("__metadata__", metadata_);
    Index begin = 0;
    for (const Named* named : in_order) {
      const Tensor& tensor = named->second;
      Json entry;
      entry["dtype"] = tensor.dtype;
      entry["shape"] = Json::array();
      for (const Index dimension : tensor.shape) entry["shape"].push_back(dimension);
      entry["data_offsets"] = {begin, begin + tensor.bytes.size()};
      append(named->first, entry);
      begin += tensor.bytes.size();
    }
    text += "}";
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
  }

  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace parsae::inline PARSAE_ABI

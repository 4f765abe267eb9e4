// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/io/mapped_file.hpp>

#include <language/gguf_cursor.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace parsae_examples {

/// A GGUF file (versions 2 and 3, little-endian), mapped from the disk.
///
/// Opening reads the whole header: every key, of which scalars and texts are kept and arrays are stepped over, and
/// every tensor's name, shape and place. What it allocates is in proportion to the bytes that are there, whatever
/// counts the file claims. Throws parsae::FileError with the offset for what is truncated, repeated, misplaced or of
/// unknown type.
class GgufFile {
 public:
  using Value = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;

  struct Tensor {
    parsae::Buffer<std::uint64_t> shape;  ///< 1 to 4 dimensions, the first one consecutive in memory
    std::uint32_t type = 0;               ///< 0: float32
    std::uint64_t begin = 0;              ///< of its data in the file
  };

  explicit GgufFile(const std::filesystem::path& path) : file_(path), at_(file_) {
    if (at_.text(4) != "GGUF") at_.fail("not a GGUF file: expected \"GGUF\"", 0);
    const auto version = at_.number<std::uint32_t>();
    if (version == 0x03000000 || version == 0x02000000) at_.fail("big-endian files are not read", 4);
    if (version != 2 && version != 3) at_.fail("expected version 2 or 3, got " + std::to_string(version), 4);
    const auto n_tensors = at_.number<std::uint64_t>();
    const auto n_keys = at_.number<std::uint64_t>();
    for (std::uint64_t i = 0; i < n_keys; ++i) read_key();
    read_alignment();
    for (std::uint64_t i = 0; i < n_tensors; ++i) read_tensor();
    place_tensors();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }

  /// Scalars and texts, ascending by key.
  [[nodiscard]] const std::map<std::string, Value, std::less<>>& metadata() const { return metadata_; }
  [[nodiscard]] const std::map<std::string, Tensor, std::less<>>& tensors() const { return tensors_; }

  /// The text of a key. Throws FileError when there is no such key or no text in it.
  [[nodiscard]] const std::string& text(std::string_view key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end() || !std::holds_alternative<std::string>(found->second))
      throw parsae::FileError(path(), "expected a text as " + std::string(key));
    return std::get<std::string>(found->second);
  }

  /// The elements of a float32 tensor, checked to lie in the file. Throws FileError for another type or a missing one.
  [[nodiscard]] parsae::Slice<const std::byte> float_bytes(std::string_view name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw parsae::FileError(path(), "has no tensor " + std::string(name));
    const Tensor& tensor = found->second;
    if (tensor.type != 0)
      at_.fail(found->first + ": expected type 0 (float32), got " + std::to_string(tensor.type), tensor.begin);
    const std::uint64_t left = static_cast<std::uint64_t>(file_.size()) - tensor.begin;
    std::uint64_t n = 1;
    for (const std::uint64_t dimension : tensor.shape) {
      if (dimension != 0 && n > left / 4 / dimension)
        at_.fail(found->first + ": its data lie beyond the file", tensor.begin);
      n *= dimension;
    }
    return file_.bytes().part(static_cast<Index>(tensor.begin), static_cast<Index>(4 * n));
  }

 private:
  static constexpr int deepest_array = 8;

  enum class Type : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, Text, Array, U64, I64, F64 };

  void read_key() {
    const std::uint64_t begin = at_.position();
    std::string key(at_.text(at_.number<std::uint64_t>()));
    if (key.empty() || key.size() > 65535)
      at_.fail("expected a key of 1 to 65535 bytes, got " + std::to_string(key.size()), begin);
    const auto type = static_cast<Type>(at_.number<std::uint32_t>());
    if (!keys_.emplace(key, begin).second) at_.fail("has the key " + key + " twice", begin);
    if (type == Type::Array)
      skip_array(0);
    else
      metadata_.emplace(std::move(key), read_value(type));
  }

  [[nodiscard]] Value read_value(Type type) {
    switch (type) {
      case Type::U8:
        return std::uint64_t{at_.number<std::uint8_t>()};
      case Type::U16:
        return std::uint64_t{at_.number<std::uint16_t>()};
      case Type::U32:
        return std::uint64_t{at_.number<std::uint32_t>()};
      case Type::U64:
        return at_.number<std::uint64_t>();
      case Type::I8:
        return std::int64_t{at_.number<std::int8_t>()};
      case Type::I16:
        return std::int64_t{at_.number<std::int16_t>()};
      case Type::I32:
        return std::int64_t{at_.number<std::int32_t>()};
      case Type::I64:
        return at_.number<std::int64_t>();
      case Type::F32:
        return double{at_.number<float>()};
      case Type::F64:
        return at_.number<double>();
      case Type::Text:
        return std::string(at_.text(at_.number<std::uint64_t>()));
      case Type::Bool: {
        const auto value = at_.number<std::uint8_t>();
        if (value > 1) at_.fail("expected 0 or 1 as truth value, got " + std::to_string(value), at_.position() - 1);
        return value == 1;
      }
      case Type::Array:
        break;
    }
    at_.fail("unknown type of value " + std::to_string(static_cast<std::uint32_t>(type)), at_.position() - 4);
  }

  /// Steps over an array whose element type comes next.
  void skip_array(int depth) {
    if (depth == deepest_array) at_.fail("arrays are nested too deeply", at_.position());
    const auto type = static_cast<Type>(at_.number<std::uint32_t>());
    const auto n = at_.number<std::uint64_t>();
    for (std::uint64_t i = 0; i < n; ++i) {
      if (type == Type::Array)
        skip_array(depth + 1);
      else
        static_cast<void>(read_value(type));
    }
  }

  void read_alignment() {
    const auto found = metadata_.find("general.alignment");
    if (found == metadata_.end()) return;
    const auto* const value = std::get_if<std::uint64_t>(&found->second);
    if (value == nullptr || *value == 0 || *value % 8 != 0 || *value > 1U << 30U)
      throw parsae::FileError(path(), "expected a multiple of 8 as general.alignment");
    alignment_ = *value;
  }

  void read_tensor() {
    const std::uint64_t begin = at_.position();
    const std::string name(at_.text(at_.number<std::uint64_t>()));
    if (name.size() > 64) at_.fail("expected a name of at most 64 bytes, got " + std::to_string(name.size()), begin);
    Tensor tensor;
    const auto n_dimensions = at_.number<std::uint32_t>();
    if (n_dimensions < 1 || n_dimensions > 4)
      at_.fail(name + ": expected 1 to 4 dimensions, got " + std::to_string(n_dimensions), begin);
    for (std::uint32_t i = 0; i < n_dimensions; ++i) tensor.shape.push_back(at_.number<std::uint64_t>());
    tensor.type = at_.number<std::uint32_t>();
    tensor.begin = at_.number<std::uint64_t>();
    if (tensor.begin % alignment_ != 0)
      at_.fail(name + ": expected an offset that is a multiple of " + std::to_string(alignment_) + ", got " +
                   std::to_string(tensor.begin),
               begin);
    if (!tensors_.emplace(name, std::move(tensor)).second) at_.fail("has the tensor " + name + " twice", begin);
  }

  /// Offsets count from the end of the header, padded.
  void place_tensors() {
    const std::uint64_t data = (at_.position() + alignment_ - 1) / alignment_ * alignment_;
    const auto size = static_cast<std::uint64_t>(file_.size());
    for (auto& [name, tensor] : tensors_) {
      if (data > size || tensor.begin > size - data)
        at_.fail(name + ": its data begin beyond the file", at_.position());
      tensor.begin += data;
    }
  }

  parsae::MappedFile file_;
  GgufCursor at_;
  std::uint64_t alignment_ = 32;
  std::map<std::string, std::uint64_t, std::less<>> keys_;  // where each begins
  std::map<std::string, Value, std::less<>> metadata_;
  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace parsae_examples

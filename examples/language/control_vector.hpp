// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/io/atomic_file.hpp>

#include <language/gguf_file.hpp>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace parsae_examples {

/// Directions that llama.cpp adds to the residual stream: `llama-cli --control-vector FILE`, or
/// `--control-vector-scaled FILE STRENGTH`. That of layer l is added behind block l, counted from 0: the stream that
/// llama.cpp calls "l_out-<l>", and the one that an SAE trained on it knows. Behind block 0 llama.cpp adds nothing.
struct ControlVector {
  std::string model_hint = {};                             ///< architecture of the model, such as "llama"; may be empty
  std::map<Index, parsae::Vector<float>> directions = {};  ///< by layer, >= 1; at least one, all of one size
};

/// Writes a GGUF file (version 3): the keys general.architecture = "controlvector", controlvector.model_hint and
/// controlvector.layer_count (int32, the number of directions), and for each layer a float32 tensor
/// "direction.<layer>". The same directions give the same bytes, and the file is replaced as a whole or not at all.
/// Throws std::invalid_argument for what llama.cpp would not take, and FileError.
inline void write_control_vector(const std::filesystem::path& path, const ControlVector& vector);

/// Reads what write_control_vector() or llama.cpp wrote. Throws FileError for anything else.
[[nodiscard]] inline ControlVector read_control_vector(const std::filesystem::path& path);

namespace detail {

inline constexpr std::string_view control_architecture = "controlvector";
inline constexpr std::string_view direction_prefix = "direction.";
inline constexpr std::uint64_t gguf_alignment = 32;

class GgufText {
 public:
  template <class T>
  void number(T value) {
    bytes_ += parsae::as_text(parsae::as_bytes(parsae::Slice<const T>(&value, 1)));
  }
  void text(std::string_view value) {
    number(std::uint64_t{value.size()});
    bytes_ += value;
  }
  /// Zeros up to a multiple of the alignment.
  void pad() { bytes_.append((gguf_alignment - bytes_.size() % gguf_alignment) % gguf_alignment, '\0'); }
  void raw(std::string_view bytes) { bytes_ += bytes; }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

inline void require_control_vector(const ControlVector& vector) {
  if (vector.directions.empty()) parsae::reject("control vector directions", "at least one", 0);
  const Index width = vector.directions.begin()->second.size();
  parsae::require_at_least("control vector width", width, Index{1});
  for (const auto& [layer, direction] : vector.directions) {
    parsae::require_between("control vector layer", layer, Index{1}, Index{std::numeric_limits<std::int32_t>::max()});
    parsae::require_shape("control vector direction", direction.size(), 1, width, 1);
    parsae::require_finite("control vector direction", direction);
  }
}

/// The layer that a tensor is for, or -1.
[[nodiscard]] inline Index layer_of_direction(std::string_view name) {
  if (!name.starts_with(direction_prefix)) return -1;
  const std::string_view digits = name.substr(direction_prefix.size());
  std::int32_t layer = -1;
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  return end.ec == std::errc() && end.ptr == digits.data() + digits.size() && layer >= 1 ? layer : -1;
}

}  // namespace detail

inline void write_control_vector(const std::filesystem::path& path, const ControlVector& vector) {
  detail::require_control_vector(vector);
  constexpr std::uint32_t text_type = 8;
  constexpr std::uint32_t int32_type = 5;
  constexpr std::uint32_t float32_tensor = 0;
  const std::string architecture(detail::control_architecture);
  detail::GgufText out;
  out.raw("GGUF");
  out.number(std::uint32_t{3});
  out.number(std::uint64_t{vector.directions.size()});
  out.number(std::uint64_t{3});
  out.text("general.architecture");
  out.number(text_type);
  out.text(architecture);
  out.text(architecture + ".model_hint");
  out.number(text_type);
  out.text(vector.model_hint);
  out.text(architecture + ".layer_count");
  out.number(int32_type);
  out.number(static_cast<std::int32_t>(vector.directions.size()));
  std::uint64_t offset = 0;
  for (const auto& [layer, direction] : vector.directions) {
    out.text(std::string(detail::direction_prefix) + std::to_string(layer));
    out.number(std::uint32_t{1});
    out.number(static_cast<std::uint64_t>(direction.size()));
    out.number(float32_tensor);
    out.number(offset);
    const std::uint64_t n_bytes = 4 * static_cast<std::uint64_t>(direction.size());
    offset += (n_bytes + detail::gguf_alignment - 1) / detail::gguf_alignment * detail::gguf_alignment;
  }
  out.pad();
  for (const auto& [layer, direction] : vector.directions) {
    out.raw(parsae::as_text(parsae::as_bytes(parsae::Slice<const float>(direction.data(), direction.size()))));
    out.pad();  // behind the last one, too: llama.cpp reads whole multiples
  }
  parsae::AtomicFile file(path);
  file.write(out.bytes());
  file.commit();
}

[[nodiscard]] inline ControlVector read_control_vector(const std::filesystem::path& path) {
  const GgufFile file(path);
  if (file.text("general.architecture") != detail::control_architecture)
    throw parsae::FileError(path, "expected the architecture controlvector, got " + file.text("general.architecture"));
  ControlVector vector;
  if (file.metadata().contains("controlvector.model_hint")) vector.model_hint = file.text("controlvector.model_hint");
  for (const auto& [name, tensor] : file.tensors()) {
    const Index layer = detail::layer_of_direction(name);
    if (layer < 0) throw parsae::FileError(path, "expected tensors named direction.<layer from 1>, got " + name);
    if (tensor.shape.size() != 1) throw parsae::FileError(path, name + ": expected one dimension");
    const parsae::Slice<const std::byte> bytes = file.float_bytes(name);
    parsae::Vector<float> direction(bytes.size() / 4);
    parsae::detail::copy_bytes(bytes, direction.data());
    if (direction.size() == 0 || !direction.allFinite())
      throw parsae::FileError(path, name + ": expected finite values, at least one");
    if (!vector.directions.empty() && vector.directions.begin()->second.size() != direction.size())
      throw parsae::FileError(path, name + ": expected the size of the other directions");
    if (!vector.directions.emplace(layer, std::move(direction)).second)
      throw parsae::FileError(path, "has two directions of layer " + std::to_string(layer));
  }
  if (vector.directions.empty()) throw parsae::FileError(path, "expected at least one direction, got none");
  return vector;
}

}  // namespace parsae_examples

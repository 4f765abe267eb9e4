// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/file_error.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// One entry of a safetensors header: elements in C order at bytes [begin, end) of the data.
struct TensorInfo {
  std::string dtype;
  Buffer<Index> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// What the JSON header of a safetensors file says.
struct SafetensorsHeader {
  std::map<std::string, TensorInfo, std::less<>> tensors;
  std::map<std::string, std::string, std::less<>> metadata;
};

namespace detail {

/// A name as JSON writes it: quoted, control characters escaped, whatever bytes it has.
[[nodiscard]] inline std::string json_quoted(std::string_view name) {
  using Json = nlohmann::json;
  return Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Builds a SafetensorsHeader from the events of nlohmann's parser. Reading events keeps what a JSON value would lose
/// (duplicate keys), and refuses anything that is not of the one allowed form before it is stored, however deep it
/// nests.
class SafetensorsHeaderParser {
 public:
  SafetensorsHeaderParser(const std::filesystem::path& path, std::uint64_t json_begin)
      : path_(path), json_begin_(json_begin) {}

  [[nodiscard]] SafetensorsHeader parse(std::string_view json) {
    if (!json.starts_with('{')) fail("expected a header that begins with '{'", json_begin_);
    // nlohmann's parser takes a NUL byte for the end of its input and would not look at what follows.
    const auto nul = json.find('\0');
    if (nul != std::string_view::npos) fail("the header contains a NUL byte", json_begin_ + nul);
    nlohmann::json::sax_parse(json.begin(), json.end(), this);
    return std::move(header_);
  }

  // The events, under the names that nlohmann's parser calls.
  bool null() { refuse("null"); }
  bool boolean(bool) { refuse("a boolean"); }
  bool number_integer(std::int64_t value) { refuse(std::to_string(value)); }
  bool number_float(double, const std::string& text) { refuse(text); }
  template <class Bytes>
  bool binary(Bytes&) {
    refuse("binary data");
  }

  bool number_unsigned(std::uint64_t value) {
    if (place_ == Place::Shape) {
      if (value > std::uint64_t{std::numeric_limits<Index>::max()})
        fail_entry("a dimension is too large to be counted");
      if (tensor_.shape.size() == most_dimensions) fail_entry("has more than 64 dimensions");
      tensor_.shape.push_back(static_cast<Index>(value));
    } else if (place_ == Place::Offsets && n_offsets_ < 2) {
      (n_offsets_ == 0 ? tensor_.begin : tensor_.end) = value;
      ++n_offsets_;
    } else {
      refuse(std::to_string(value));
    }
    return true;
  }

  bool string(const std::string& text) {
    if (place_ == Place::Dtype) {
      tensor_.dtype = text;
      place_ = Place::Tensor;
    } else if (place_ == Place::MetadataValue) {
      header_.metadata.emplace(metadata_key_, text);
      place_ = Place::Metadata;
    } else {
      refuse("the text " + json_quoted(text));
    }
    return true;
  }

  bool start_object(std::size_t) {
    switch (place_) {
      case Place::Start:
        place_ = Place::Top;
        break;
      case Place::TensorStart:
        place_ = Place::Tensor;
        break;
      case Place::MetadataStart:
        place_ = Place::Metadata;
        break;
      default:
        refuse("an object");
    }
    return true;
  }

  bool key(const std::string& text) {
    if (place_ == Place::Tensor) {
      begin_field(text);
    } else if (place_ == Place::Metadata) {
      if (header_.metadata.contains(text)) fail("the metadata key " + json_quoted(text) + " appears twice");
      metadata_key_ = text;
      place_ = Place::MetadataValue;
    } else {
      begin_entry(text);
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::Tensor) end_tensor();
    place_ = Place::Top;  // of the whole header as well: the parser itself then wants the end
    return true;
  }

  bool start_array(std::size_t) {
    switch (place_) {
      case Place::ShapeStart:
        place_ = Place::Shape;
        break;
      case Place::OffsetsStart:
        place_ = Place::Offsets;
        break;
      default:
        refuse("an array");
    }
    return true;
  }

  bool end_array() {
    if (place_ == Place::Offsets && n_offsets_ != 2) fail_entry("expected two data_offsets");
    place_ = Place::Tensor;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    fail("the header is not valid JSON", json_begin_ + position);
  }

 private:
  static constexpr Index most_dimensions = 64;

  enum class Place {
    Start,
    Top,
    MetadataStart,
    Metadata,
    MetadataValue,
    TensorStart,
    Tensor,
    Dtype,
    ShapeStart,
    Shape,
    OffsetsStart,
    Offsets
  };

  void begin_entry(const std::string& name) {
    if (name == "__metadata__") {
      if (has_metadata_) fail("the header has __metadata__ twice");
      has_metadata_ = true;
      place_ = Place::MetadataStart;
      return;
    }
    if (header_.tensors.contains(name)) fail("the tensor " + json_quoted(name) + " appears twice");
    name_ = name;
    tensor_ = TensorInfo{};
    n_offsets_ = 0;
    has_dtype_ = has_shape_ = has_offsets_ = false;
    place_ = Place::TensorStart;
  }

  void begin_field(const std::string& field) {
    if (field == "dtype") {
      begin_field(field, has_dtype_, Place::Dtype);
    } else if (field == "shape") {
      begin_field(field, has_shape_, Place::ShapeStart);
    } else if (field == "data_offsets") {
      begin_field(field, has_offsets_, Place::OffsetsStart);
    } else {
      fail_entry("has the unknown key " + json_quoted(field) + "; known: dtype, shape, data_offsets");
    }
  }

  void begin_field(const std::string& field, bool& seen, Place next) {
    if (seen) fail_entry("has the key " + field + " twice");
    seen = true;
    place_ = next;
  }

  void end_tensor() {
    if (!has_dtype_) fail_entry("has no dtype");
    if (!has_shape_) fail_entry("has no shape");
    if (!has_offsets_) fail_entry("has no data_offsets");
    header_.tensors.emplace(name_, std::move(tensor_));
  }

  [[nodiscard]] std::string_view expected() const {
    switch (place_) {
      case Place::Dtype:
        return "a text as dtype";
      case Place::ShapeStart:
        return "an array as shape";
      case Place::Shape:
        return "dimensions of at least 0";
      case Place::OffsetsStart:
        return "an array as data_offsets";
      case Place::Offsets:
        return "two data_offsets of at least 0";
      case Place::MetadataValue:
        return "a text as metadata";
      case Place::MetadataStart:
        return "an object as __metadata__";
      default:
        return "an object";
    }
  }

  [[noreturn]] void refuse(const std::string& got) const {
    const std::string reason = "expected " + std::string(expected()) + ", got " + got;
    if (place_ == Place::MetadataStart) fail(reason);
    if (place_ == Place::MetadataValue) fail("the metadata key " + json_quoted(metadata_key_) + ": " + reason);
    fail_entry(reason);
  }

  [[noreturn]] void fail_entry(const std::string& reason) const {
    fail("tensor " + json_quoted(name_) + ": " + reason);
  }
  [[noreturn]] void fail(const std::string& reason) const { throw FileError(path_, reason); }
  [[noreturn]] void fail(const std::string& reason, std::uint64_t offset) const {
    throw FileError(path_, reason, offset);
  }

  const std::filesystem::path& path_;
  std::uint64_t json_begin_;
  SafetensorsHeader header_;
  Place place_ = Place::Start;
  std::string metadata_key_;
  std::string name_;
  TensorInfo tensor_;
  int n_offsets_ = 0;
  bool has_metadata_ = false;
  bool has_dtype_ = false;
  bool has_shape_ = false;
  bool has_offsets_ = false;
};

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>

#include <language/llama_shape.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace parsae_examples {

/// The arrays of a checkpoint; all but Embedding, FinalNorm, the rotations and Classifier exist once a layer.
enum class LlamaTensor {
  Embedding,
  AttentionNorm,
  Query,
  Key,
  Value,
  AttentionOutput,
  FeedForwardNorm,
  Gate,
  Down,
  Up,
  FinalNorm,
  RotationCosines,
  RotationSines,
  Classifier
};

/// A checkpoint in the format of llama2.c, mapped from the disk: version 0 (seven integers and floats) and version 1 (a
/// header of 256 bytes that begins with "ak42" as an integer). Version 2 has quantized weights and is refused.
///
/// Reading checks every size of the header against the size of the file, and every weight for being finite. Throws
/// parsae::FileError; allocates nothing.
class LlamaCheckpoint {
 public:
  explicit LlamaCheckpoint(const std::filesystem::path& path) : file_(path) {
    read_header();
    require_shape();
    place_tensors();
    require_finite();
  }

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] const LlamaShape& shape() const { return shape_; }
  [[nodiscard]] int version() const { return version_; }

  /// False where the embedding is the classifier, too; tensor(Classifier) is the embedding then.
  [[nodiscard]] bool has_own_classifier() const { return has_own_classifier_; }

  /// Only version 0 stores RotationCosines and RotationSines, head_size / 2 x context each.
  [[nodiscard]] bool has_rotations() const { return version_ == 0; }

  /// A matrix [n_outputs, n_inputs] of the file as the n_inputs x n_outputs matrix with the same bytes: an output is a
  /// column. A norm is a width x 1 matrix, Embedding is width x n_vocabulary. Valid as long as this object lives.
  [[nodiscard]] Eigen::Map<const parsae::Matrix<float>> tensor(LlamaTensor which, Index layer = 0) const {
    const LlamaTensor stored =
        which == LlamaTensor::Classifier && !has_own_classifier_ ? LlamaTensor::Embedding : which;
    const Place& place = places_[static_cast<std::size_t>(stored)];
    return {place.data + layer * place.rows * place.cols, place.rows, place.cols};
  }

 private:
  struct Place {
    const float* data = nullptr;
    Index rows = 0;
    Index cols = 0;
    Index n_layers = 0;
  };

  static constexpr std::uint32_t magic = 0x616b3432;
  static constexpr Index n_sizes = 7;
  static constexpr Index versioned_header = 256;
  static constexpr Index longest_context = 1 << 20;
  static constexpr std::array<std::string_view, 7> size_names{"width",     "inner width", "layers", "heads",
                                                              "key heads", "vocabulary",  "context"};
  static constexpr std::array<std::string_view, 14> tensor_names{
      "the embedding",       "an attention norm",   "a query matrix", "a key matrix",  "a value matrix",
      "an attention output", "a feed-forward norm", "a gate matrix",  "a down matrix", "an up matrix",
      "the final norm",      "the cosines",         "the sines",      "the classifier"};

  void read_header() {
    require_bytes(4 * n_sizes);
    const auto first = integer(0);
    if (static_cast<std::uint32_t>(first) != magic) {
      read_sizes(0);
      has_own_classifier_ = shape_.n_vocabulary < 0;
      shape_.n_vocabulary = shape_.n_vocabulary < 0 ? -shape_.n_vocabulary : shape_.n_vocabulary;
      weights_begin_ = 4 * n_sizes;
      return;
    }
    version_ = integer(4);
    if (version_ == 2) fail("version 2 has quantized weights, which are not read; export it as version 0 or 1", 4);
    if (version_ != 1) fail("expected version 1 after the magic number, got " + std::to_string(version_), 4);
    require_bytes(versioned_header);
    read_sizes(8);
    const auto is_shared = std::to_integer<int>(file_.bytes()[8 + 4 * n_sizes]);
    if (is_shared > 1)
      fail("expected 0 or 1 for a shared classifier, got " + std::to_string(is_shared), 8 + 4 * n_sizes);
    has_own_classifier_ = is_shared == 0;
    weights_begin_ = versioned_header;
  }

  void read_sizes(Index offset) {
    sizes_begin_ = offset;
    Index* const sizes[] = {&shape_.width,      &shape_.inner_width,  &shape_.n_layers, &shape_.n_heads,
                            &shape_.n_kv_heads, &shape_.n_vocabulary, &shape_.context};
    for (Index* const size : sizes) {
      *size = integer(offset);
      offset += 4;
    }
  }

  void require_shape() const {
    const Index sizes[] = {shape_.width,      shape_.inner_width,  shape_.n_layers, shape_.n_heads,
                           shape_.n_kv_heads, shape_.n_vocabulary, shape_.context};
    Index offset = sizes_begin_;
    for (std::size_t i = 0; i < size_names.size(); ++i, offset += 4)
      if (sizes[i] < 1)
        fail(std::string(size_names[i]) + ": expected at least 1, got " + std::to_string(sizes[i]), offset);
    if (shape_.context > longest_context)  // version 1 stores nothing that would show it
      fail("expected a context of at most " + std::to_string(longest_context) + ", got " +
               std::to_string(shape_.context),
           sizes_begin_ + 24);
    if (shape_.width % shape_.n_heads != 0)
      fail("expected heads that divide the width " + std::to_string(shape_.width) + ", got " +
               std::to_string(shape_.n_heads),
           sizes_begin_ + 12);
    if (shape_.n_heads % shape_.n_kv_heads != 0)
      fail("expected key heads that divide the heads " + std::to_string(shape_.n_heads) + ", got " +
               std::to_string(shape_.n_kv_heads),
           sizes_begin_ + 16);
    if (shape_.head_size() % 2 != 0)
      fail("expected heads of even size, got " + std::to_string(shape_.head_size()), sizes_begin_ + 12);
  }

  void place_tensors() {
    using enum LlamaTensor;
    if (version_ == 0)
      place({Embedding, AttentionNorm, Query, Key, Value, AttentionOutput, FeedForwardNorm, Gate, Down, Up, FinalNorm,
             RotationCosines, RotationSines});
    else
      place({AttentionNorm, FeedForwardNorm, FinalNorm, Embedding, Query, Key, Value, AttentionOutput, Gate, Down, Up});
    if (has_own_classifier_) place({Classifier});
    if (weights_end_ != file_.size())
      fail("expected the end of the file after the weights, got " + std::to_string(file_.size() - weights_end_) +
               " more bytes",
           weights_end_);
  }

  void place(std::initializer_list<LlamaTensor> in_order) {
    if (weights_end_ == 0) weights_end_ = weights_begin_;
    for (const LlamaTensor which : in_order) {
      Place found = extent(which);
      // Sizes are below 2^31, so a product of two of them is safe; of three, only once it is known to be small.
      const Index left = (file_.size() - weights_end_) / 4;
      const Index size = found.rows * found.cols;
      if (size > left || found.n_layers > left / size) {
        fail("truncated: " + std::string(tensor_names[static_cast<std::size_t>(which)]) + " of " +
                 std::to_string(found.rows) + " x " + std::to_string(found.cols) + " for each of " +
                 std::to_string(found.n_layers) + " needs more than the " + std::to_string(left) +
                 " floats that are left",
             weights_end_);
      }
      found.data = reinterpret_cast<const float*>(file_.bytes().data() + weights_end_);
      weights_end_ += 4 * size * found.n_layers;
      places_[static_cast<std::size_t>(which)] = found;
    }
  }

  [[nodiscard]] Place extent(LlamaTensor which) const {
    const LlamaShape& s = shape_;
    switch (which) {
      case LlamaTensor::Embedding:
      case LlamaTensor::Classifier:
        return {nullptr, s.width, s.n_vocabulary, 1};
      case LlamaTensor::AttentionNorm:
      case LlamaTensor::FeedForwardNorm:
        return {nullptr, s.width, 1, s.n_layers};
      case LlamaTensor::Query:
      case LlamaTensor::AttentionOutput:
        return {nullptr, s.width, s.width, s.n_layers};
      case LlamaTensor::Key:
      case LlamaTensor::Value:
        return {nullptr, s.width, s.kv_width(), s.n_layers};
      case LlamaTensor::Gate:
      case LlamaTensor::Up:
        return {nullptr, s.width, s.inner_width, s.n_layers};
      case LlamaTensor::Down:
        return {nullptr, s.inner_width, s.width, s.n_layers};
      case LlamaTensor::FinalNorm:
        return {nullptr, s.width, 1, 1};
      case LlamaTensor::RotationCosines:
      case LlamaTensor::RotationSines:
        return {nullptr, s.head_size() / 2, s.context, 1};
    }
    return {};
  }

  void require_finite() const {
    const Index n = (weights_end_ - weights_begin_) / 4;
    const Eigen::Map<const parsae::Vector<float>> weights(
        reinterpret_cast<const float*>(file_.bytes().data() + weights_begin_), n);
    if (weights.allFinite()) return;
    Index first = 0;
    while (std::isfinite(weights(first))) ++first;
    fail("expected finite weights, got " + std::to_string(weights(first)), weights_begin_ + 4 * first);
  }

  void require_bytes(Index size) const {
    if (file_.size() < size)
      fail("truncated: expected a header of " + std::to_string(size) + " bytes, got " + std::to_string(file_.size()),
           file_.size());
  }

  [[nodiscard]] std::int32_t integer(Index offset) const {
    return parsae::detail::load_little_endian<std::int32_t>(file_.bytes().data() + offset);
  }

  [[noreturn]] void fail(const std::string& reason, Index offset) const {
    throw parsae::FileError(file_.path(), reason, static_cast<std::uint64_t>(offset));
  }

  parsae::MappedFile file_;
  LlamaShape shape_;
  int version_ = 0;
  bool has_own_classifier_ = false;
  Index sizes_begin_ = 0;
  Index weights_begin_ = 0;
  Index weights_end_ = 0;
  std::array<Place, tensor_names.size()> places_{};
};

}  // namespace parsae_examples

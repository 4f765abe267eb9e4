// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>

#include <io/damaged_file.hpp>
#include <language/llama_checkpoint.hpp>
#include <support/temporary_folder.hpp>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace parsae_examples::test {

using parsae::Matrix;
using parsae::Slice;
using parsae::Vector;

struct TinyModel {
  LlamaShape shape{
      .width = 16, .inner_width = 22, .n_layers = 3, .n_heads = 4, .n_kv_heads = 2, .n_vocabulary = 37, .context = 80};
  int version = 0;
  bool has_own_classifier = false;
};

/// A checkpoint with random weights, as llama2.c writes it.
class CheckpointBytes {
 public:
  explicit CheckpointBytes(const TinyModel& model) : shape_(model.shape) {
    if (model.version == 1) bytes_ += parsae::test::bytes_of(std::uint32_t{0x616b3432}) + parsae::test::bytes_of(1);
    const Index vocabulary =
        model.version == 0 && model.has_own_classifier ? -shape_.n_vocabulary : shape_.n_vocabulary;
    for (const Index size : {shape_.width, shape_.inner_width, shape_.n_layers, shape_.n_heads, shape_.n_kv_heads,
                             vocabulary, shape_.context})
      bytes_ += parsae::test::bytes_of(static_cast<std::int32_t>(size));
    if (model.version == 1) {
      bytes_ += static_cast<char>(model.has_own_classifier ? 0 : 1);
      bytes_.resize(256, '\0');
    }
    const Index d = shape_.width;
    const Index h = shape_.inner_width;
    const Index layers = shape_.n_layers;
    if (model.version == 0) embedding();
    norm(layers);
    if (model.version == 1) {
      norm(layers);
      norm(1);
      embedding();
    }
    matrices(d, d, layers);
    matrices(d, shape_.kv_width(), layers);
    matrices(d, shape_.kv_width(), layers);
    matrices(d, d, layers);
    if (model.version == 0) norm(layers);
    matrices(d, h, layers);
    matrices(h, d, layers);
    matrices(d, h, layers);
    if (model.version == 0) {
      norm(1);
      rotations([](double angle) { return std::cos(angle); });
      rotations([](double angle) { return std::sin(angle); });
    }
    if (model.has_own_classifier) embedding();
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void value(double v) { bytes_ += parsae::test::bytes_of(static_cast<float>(v)); }
  double normal() { return random_.normal(counter_++); }
  void embedding() {
    for (Index i = 0; i < shape_.n_vocabulary * shape_.width; ++i) value(normal());
  }
  void norm(Index layers) {
    for (Index i = 0; i < layers * shape_.width; ++i) value(1 + 0.2 * normal());
  }
  void matrices(Index n_inputs, Index n_outputs, Index layers) {
    const double scale = 1.5 / std::sqrt(static_cast<double>(n_inputs));
    for (Index i = 0; i < layers * n_inputs * n_outputs; ++i) value(scale * normal());
  }
  template <class Of>
  void rotations(const Of& of) {
    for (Index position = 0; position < shape_.context; ++position)
      for (Index i = 0; i < shape_.head_size(); i += 2)
        value(of(static_cast<double>(position) *
                 std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(shape_.head_size()))));
  }

  LlamaShape shape_;
  std::string bytes_;
  parsae::Random random_ = parsae::Random(77, 1);
  std::uint64_t counter_ = 0;
};

/// A checkpoint in a folder of its own.
class TinyCheckpoint {
 public:
  explicit TinyCheckpoint(const TinyModel& model = {})
      : path_(parsae::test::make_file(folder_ / "tiny.bin", CheckpointBytes(model).bytes())), checkpoint_(path_) {}

  [[nodiscard]] const LlamaCheckpoint& operator*() const { return checkpoint_; }
  [[nodiscard]] const LlamaCheckpoint* operator->() const { return &checkpoint_; }

 private:
  parsae::test::TemporaryFolder folder_;
  std::filesystem::path path_;
  LlamaCheckpoint checkpoint_;
};

/// What the model is, in plain loops over double, token by token.
class PlainLlama {
 public:
  using Stream = std::vector<double>;
  using Replace = std::function<void(Index layer, Index position, Stream& stream)>;

  struct Result {
    std::vector<std::vector<Stream>> streams;  // [position][layer]
    std::vector<Stream> logits;                // [position]
  };

  explicit PlainLlama(const LlamaCheckpoint& checkpoint) : checkpoint_(checkpoint), shape_(checkpoint.shape()) {}

  [[nodiscard]] Result run(const std::vector<Token>& tokens, const Replace& replace = {}) const {
    Result result;
    const auto n_layers = static_cast<std::size_t>(shape_.n_layers);
    std::vector<std::vector<Stream>> keys(n_layers);
    std::vector<std::vector<Stream>> values(n_layers);
    for (std::size_t p = 0; p < tokens.size(); ++p) {
      Stream x(column(LlamaTensor::Embedding, 0, tokens[p]));
      result.streams.emplace_back();
      for (std::size_t l = 0; l < n_layers; ++l) {
        const auto layer = static_cast<Index>(l);
        const Stream y = norm(x, LlamaTensor::AttentionNorm, layer);
        keys[l].push_back(turned(product(LlamaTensor::Key, layer, y), p));
        values[l].push_back(product(LlamaTensor::Value, layer, y));
        const Stream answers = attention(turned(product(LlamaTensor::Query, layer, y), p), keys[l], values[l]);
        add(x, product(LlamaTensor::AttentionOutput, layer, answers));
        const Stream z = norm(x, LlamaTensor::FeedForwardNorm, layer);
        Stream gate = product(LlamaTensor::Gate, layer, z);
        const Stream up = product(LlamaTensor::Up, layer, z);
        for (std::size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
        add(x, product(LlamaTensor::Down, layer, gate));
        if (replace) replace(layer, static_cast<Index>(p), x);
        result.streams.back().push_back(x);
      }
      result.logits.push_back(product(LlamaTensor::Classifier, 0, norm(x, LlamaTensor::FinalNorm, 0)));
    }
    return result;
  }

 private:
  [[nodiscard]] Stream column(LlamaTensor which, Index layer, Index j) const {
    Stream entries;
    for (Index i = 0; i < checkpoint_.tensor(which, layer).rows(); ++i)
      entries.push_back(checkpoint_.tensor(which, layer)(i, j));
    return entries;
  }

  [[nodiscard]] Stream product(LlamaTensor which, Index layer, const Stream& x) const {
    Stream y;
    for (Index j = 0; j < checkpoint_.tensor(which, layer).cols(); ++j) {
      const Stream w = column(which, layer, j);
      double sum = 0;
      for (std::size_t i = 0; i < x.size(); ++i) sum += w[i] * x[i];
      y.push_back(sum);
    }
    return y;
  }

  [[nodiscard]] Stream norm(const Stream& x, LlamaTensor which, Index layer) const {
    double squares = 0;
    for (const double v : x) squares += v * v;
    const double root = std::sqrt(squares / static_cast<double>(x.size()) + 1e-5);
    Stream y = column(which, layer, 0);
    for (std::size_t i = 0; i < x.size(); ++i) y[i] *= x[i] / root;
    return y;
  }

  [[nodiscard]] Stream turned(Stream heads, std::size_t position) const {
    const auto size = static_cast<std::size_t>(shape_.head_size());
    for (std::size_t i = 0; i < heads.size(); i += 2) {
      const double share = static_cast<double>(i % size) / static_cast<double>(size);
      const double angle = static_cast<double>(position) * std::pow(10000.0, -share);
      const double even = heads[i];
      heads[i] = even * std::cos(angle) - heads[i + 1] * std::sin(angle);
      heads[i + 1] = even * std::sin(angle) + heads[i + 1] * std::cos(angle);
    }
    return heads;
  }

  [[nodiscard]] Stream attention(const Stream& query, const std::vector<Stream>& keys,
                                 const std::vector<Stream>& values) const {
    const auto size = static_cast<std::size_t>(shape_.head_size());
    const auto group = static_cast<std::size_t>(shape_.n_heads / shape_.n_kv_heads);
    Stream answers(query.size(), 0.0);
    for (std::size_t head = 0; head < static_cast<std::size_t>(shape_.n_heads); ++head) {
      const std::size_t shared = head / group * size;
      Stream weights;
      double total = 0;
      for (const Stream& key : keys) {
        double score = 0;
        for (std::size_t c = 0; c < size; ++c) score += query[head * size + c] * key[shared + c];
        weights.push_back(std::exp(score / std::sqrt(static_cast<double>(size))));
        total += weights.back();
      }
      for (std::size_t t = 0; t < values.size(); ++t)
        for (std::size_t c = 0; c < size; ++c) answers[head * size + c] += weights[t] / total * values[t][shared + c];
    }
    return answers;
  }

  static void add(Stream& x, const Stream& y) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  }

  const LlamaCheckpoint& checkpoint_;
  LlamaShape shape_;
};

/// Any tokens, the same each time.
[[nodiscard]] inline std::vector<Token> random_tokens(Index n, Index n_vocabulary, std::uint64_t stream) {
  const parsae::Random random(5, stream);
  std::vector<Token> tokens;
  for (Index i = 0; i < n; ++i)
    tokens.push_back(
        static_cast<Token>(random.below(static_cast<std::uint64_t>(n_vocabulary), static_cast<std::uint64_t>(i))));
  return tokens;
}

[[nodiscard]] inline Slice<const Token> slice_of(const std::vector<Token>& tokens) {
  return {tokens.data(), static_cast<Index>(tokens.size())};
}

/// A file of the folder that PARSAE_TEST_DATA names, where real data lie that the project does not ship; none when it
/// is not there.
[[nodiscard]] inline std::optional<std::filesystem::path> real_data(const std::string& name) {
  const char* folder = std::getenv("PARSAE_TEST_DATA");
  if (folder == nullptr) return std::nullopt;
  std::filesystem::path path = std::filesystem::path(folder) / name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  return path;
}

}  // namespace parsae_examples::test

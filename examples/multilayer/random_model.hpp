// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>

#include <language/llama_shape.hpp>
#include <support/result_file.hpp>

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "model_files.hpp"

namespace parsae_examples::multilayer {

/// The sizes of the model of --random-model.
[[nodiscard]] inline LlamaShape random_model_shape() {
  return {
      .width = 16, .inner_width = 24, .n_layers = 4, .n_heads = 4, .n_kv_heads = 2, .n_vocabulary = 48, .context = 64};
}

namespace detail {

/// Values as the files of llama2.c hold them: little-endian, as this machine has them.
template <class Value>
void append_value(std::string& bytes, Value value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Appends n normal weights of standard deviation `scale` about `mean`.
class RandomWeights {
 public:
  explicit RandomWeights(std::uint64_t seed) : random_(seed, std::uint64_t{257} << 48) {}

  void append(std::string& bytes, Index n, double scale, double mean = 0) {
    for (Index i = 0; i < n; ++i) append_value(bytes, static_cast<float>(mean + scale * random_.normal(counter_++)));
  }

 private:
  parsae::Random random_;
  std::uint64_t counter_ = 0;
};

/// Version 0 of the format: seven integers, then every array for all layers.
[[nodiscard]] inline std::string random_checkpoint(const LlamaShape& shape, std::uint64_t seed) {
  std::string bytes;
  for (const Index size : {shape.width, shape.inner_width, shape.n_layers, shape.n_heads, shape.n_kv_heads,
                           shape.n_vocabulary, shape.context})
    append_value(bytes, static_cast<std::int32_t>(size));
  RandomWeights weights(seed);
  const Index d = shape.width;
  const Index layers = shape.n_layers;
  const double by_width = 1.5 / std::sqrt(static_cast<double>(d));
  weights.append(bytes, shape.n_vocabulary * d, 1);
  weights.append(bytes, layers * d, 0.1, 1);
  weights.append(bytes, layers * d * d, by_width);
  weights.append(bytes, 2 * layers * d * shape.kv_width(), by_width);
  weights.append(bytes, layers * d * d, by_width);
  weights.append(bytes, layers * d, 0.1, 1);
  weights.append(bytes, 3 * layers * d * shape.inner_width, by_width);
  weights.append(bytes, d, 0.1, 1);
  for (const bool is_sine : {false, true}) {
    for (Index position = 0; position < shape.context; ++position) {
      for (Index i = 0; i < shape.head_size(); i += 2) {
        const double share = static_cast<double>(i) / static_cast<double>(shape.head_size());
        const double angle = static_cast<double>(position) * std::pow(10000.0, -share);
        append_value(bytes, static_cast<float>(is_sine ? std::sin(angle) : std::cos(angle)));
      }
    }
  }
  return bytes;
}

/// Syllables in place of pieces.
[[nodiscard]] inline std::string syllable_tokenizer(Index n_tokens) {
  std::vector<std::string> pieces{"<unk>", "\n<s>\n", "\n</s>\n"};
  constexpr std::string_view vowels = "aeiou";
  constexpr std::string_view consonants = "bdfgklmnpr";
  for (std::size_t i = 0; static_cast<Index>(pieces.size()) < n_tokens; ++i) {
    const std::string blank = i % 3 == 0 ? " " : "";
    pieces.push_back(blank + consonants[i % consonants.size()] + vowels[i / consonants.size() % vowels.size()]);
  }
  std::string bytes;
  append_value(bytes, std::uint32_t{8});
  for (const std::string& piece : pieces) {
    append_value(bytes, 0.0F);
    append_value(bytes, static_cast<std::int32_t>(piece.size()));
    bytes += piece;
  }
  return bytes;
}

}  // namespace detail

/// A checkpoint with random weights and a tokenizer of syllables, written to `folder`.
[[nodiscard]] inline ModelFiles make_random_model(const std::filesystem::path& folder, std::uint64_t seed) {
  const LlamaShape shape = random_model_shape();
  const ModelFiles files{folder / "random_model.bin", folder / "random_tokenizer.bin"};
  write_whole_file(files.model, detail::random_checkpoint(shape, seed));
  write_whole_file(files.tokenizer, detail::syllable_tokenizer(shape.n_vocabulary));
  return files;
}

}  // namespace parsae_examples::multilayer

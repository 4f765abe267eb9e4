// SPDX-License-Identifier: MIT
#include <examples/language_fixture.hpp>
#include <language/llama_checkpoint.hpp>

#include <cstring>
#include <limits>

namespace language_checkpoint_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;
using parsae::FileError;

namespace {

void read_checkpoint(const std::filesystem::path& path) { static_cast<void>(LlamaCheckpoint(path)); }

TinyModel small(int version, bool has_own_classifier) {
  TinyModel model;
  model.shape = {
      .width = 8, .inner_width = 6, .n_layers = 2, .n_heads = 2, .n_kv_heads = 1, .n_vocabulary = 5, .context = 3};
  model.version = version;
  model.has_own_classifier = has_own_classifier;
  return model;
}

std::string with_integer(std::string bytes, std::size_t offset, std::int32_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return bytes;
}

std::string refusal_of(const std::string& bytes) {
  const parsae::test::TemporaryFolder folder;
  const auto path = parsae::test::make_file(folder / "model.bin", bytes);
  return parsae::test::refusal(path, [&] { read_checkpoint(path); }).what();
}

float float_at(const std::string& bytes, std::size_t index) {
  float value = 0;
  std::memcpy(&value, bytes.data() + index, sizeof value);
  return value;
}

}  // namespace

TEST_CASE("both versions hold the same kinds of arrays in their own orders") {
  const parsae::test::TemporaryFolder folder;
  for (const bool has_own_classifier : {false, true}) {
    const std::string bytes = CheckpointBytes(small(0, has_own_classifier)).bytes();
    const LlamaCheckpoint checkpoint(parsae::test::make_file(folder / "v0.bin", bytes));
    CHECK(checkpoint.shape() == small(0, false).shape);
    CHECK(checkpoint.version() == 0);
    CHECK(checkpoint.has_rotations());
    CHECK(checkpoint.has_own_classifier() == has_own_classifier);
    // Embedding 40 floats, two norms 16, queries 128, keys 64: row 1, column 2 of the second layer's keys.
    CHECK(checkpoint.tensor(LlamaTensor::Key, 1)(1, 2) == float_at(bytes, 28 + 4 * (40 + 16 + 128 + 32 + 2 * 8 + 1)));
    CHECK(checkpoint.tensor(LlamaTensor::Down, 0).rows() == 6);
    CHECK(checkpoint.tensor(LlamaTensor::Down, 0).cols() == 8);
    CHECK(checkpoint.tensor(LlamaTensor::RotationCosines)(1, 0) == 1);
    CHECK(checkpoint.tensor(LlamaTensor::RotationSines)(0, 2) == static_cast<float>(std::sin(2.0)));
    const bool is_embedding =
        checkpoint.tensor(LlamaTensor::Classifier).data() == checkpoint.tensor(LlamaTensor::Embedding).data();
    CHECK(is_embedding != has_own_classifier);
  }
  for (const bool has_own_classifier : {false, true}) {
    const std::string bytes = CheckpointBytes(small(1, has_own_classifier)).bytes();
    const LlamaCheckpoint checkpoint(parsae::test::make_file(folder / "v1.bin", bytes));
    CHECK(checkpoint.shape() == small(1, false).shape);
    CHECK(checkpoint.version() == 1);
    CHECK_FALSE(checkpoint.has_rotations());
    CHECK(checkpoint.has_own_classifier() == has_own_classifier);
    CHECK(checkpoint.tensor(LlamaTensor::Embedding)(3, 1) == float_at(bytes, 256 + 4 * (16 + 16 + 8 + 8 + 3)));
    if (has_own_classifier)
      CHECK(checkpoint.tensor(LlamaTensor::Classifier)(7, 4) == float_at(bytes, bytes.size() - 4));
  }
}

TEST_CASE("a checkpoint that is cut anywhere, or goes on after its end, is refused") {
  const parsae::test::TemporaryFolder folder;
  for (const int version : {0, 1}) {
    const std::string bytes = CheckpointBytes(small(version, true)).bytes();
    parsae::test::check_every_truncation(folder / "model.bin", bytes, read_checkpoint);
    CHECK_THAT(refusal_of(bytes + "more"), ContainsSubstring("4 more bytes"));
  }
}

TEST_CASE("no header makes the reader fail otherwise than by a refusal, or take what is not there") {
  const parsae::test::TemporaryFolder folder;
  const auto path = folder / "model.bin";
  for (const int version : {0, 1}) {
    const std::string bytes = CheckpointBytes(small(version, false)).bytes();
    const std::size_t begin = version == 0 ? 0 : 8;
    std::size_t n_refused = 0;
    std::size_t n_tried = 0;
    for (std::size_t field = begin; field < begin + 28; field += 4) {
      for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 16, std::int64_t{1} << 30,
                                       std::int64_t{std::numeric_limits<std::int32_t>::max()},
                                       std::int64_t{std::numeric_limits<std::int32_t>::min()}}) {
        parsae::test::make_file(path, with_integer(bytes, field, static_cast<std::int32_t>(value)));
        ++n_tried;
        try {
          read_checkpoint(path);
        } catch (const FileError&) {
          ++n_refused;
        }
      }
    }
    // Version 1 stores nothing whose size depends on the context, so 65,536 of it is believed.
    CHECK(n_tried - n_refused == (version == 0 ? 0 : 1));
  }
}

TEST_CASE("a checkpoint is refused with what is wrong in it") {
  const std::string v0 = CheckpointBytes(small(0, false)).bytes();
  const std::string v1 = CheckpointBytes(small(1, false)).bytes();
  CHECK_THAT(refusal_of(with_integer(v1, 4, 2)), ContainsSubstring("quantized") && ContainsSubstring("version 0 or 1"));
  CHECK_THAT(refusal_of(with_integer(v1, 4, 3)), ContainsSubstring("expected version 1"));
  CHECK_THAT(refusal_of(with_integer(v1, 36, 7)), ContainsSubstring("shared classifier"));
  CHECK_THAT(refusal_of(with_integer(v0, 8, 0)), ContainsSubstring("layers: expected at least 1, got 0"));
  CHECK_THAT(refusal_of(with_integer(v0, 12, 3)), ContainsSubstring("divide the width 8, got 3"));
  CHECK_THAT(refusal_of(with_integer(v0, 12, 8)), ContainsSubstring("even size, got 1"));
  CHECK_THAT(refusal_of(with_integer(v0, 16, 3)), ContainsSubstring("divide the heads 2, got 3"));
  CHECK_THAT(refusal_of(with_integer(v0, 20, 1 << 20)), ContainsSubstring("the embedding of 8 x 1048576"));
  CHECK_THAT(refusal_of(with_integer(v0, 8, 1 << 16)),
             ContainsSubstring("an attention norm of 8 x 1 for each of 65536 needs more than"));
  CHECK_THAT(refusal_of(with_integer(v0, v0.size() - 8, 0x7fc00000)),
             ContainsSubstring("at byte " + std::to_string(v0.size() - 8)) && ContainsSubstring("finite weights"));
}

}  // namespace language_checkpoint_test

// SPDX-License-Identifier: MIT
#include <examples/gguf_fixture.hpp>
#include <io/damaged_file.hpp>
#include <language/gguf_file.hpp>
#include <support/temporary_folder.hpp>

namespace language_gguf_file_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;
using parsae::FileError;

namespace {

void read_all(const std::filesystem::path& path) {
  const GgufFile file(path);
  for (const auto& [name, tensor] : file.tensors())
    if (tensor.type == 0) static_cast<void>(file.float_bytes(name));
}

std::string refusal_of(const GgufBytes& file) {
  const parsae::test::TemporaryFolder folder;
  const auto path = parsae::test::make_file(folder / "file.gguf", file.bytes());
  return parsae::test::refusal(path, [&] { read_all(path); }).what();
}

/// Every type of value and an array of arrays, two tensors, one of them of a type that is not read.
GgufBytes rich_file(std::uint32_t version = 3, std::uint64_t alignment = 64) {
  GgufBytes file(version, 2, 15);
  file.key("general.alignment", 4).number(static_cast<std::uint32_t>(alignment));
  file.key("a.u8", 0).number(std::uint8_t{200});
  file.key("a.i8", 1).number(std::int8_t{-3});
  file.key("a.u16", 2).number(std::uint16_t{60000});
  file.key("a.i16", 3).number(std::int16_t{-300});
  file.key("a.i32", 5).number(std::int32_t{-70000});
  file.key("a.f32", 6).number(1.5F);
  file.key("a.bool", 7).number(std::uint8_t{1});
  file.key("a.text", 8).text("caf\xc3\xa9");
  file.key("a.u64", 10).number(std::uint64_t{1} << 63);
  file.key("a.i64", 11).number(std::int64_t{-1});
  file.key("a.f64", 12).number(-2.5);
  file.key("a.texts", 9).number(std::uint32_t{8}).number(std::uint64_t{2}).text("x").text("");
  file.key("a.empty", 9).number(std::uint32_t{6}).number(std::uint64_t{0});
  file.key("a.nested", 9).number(std::uint32_t{9}).number(std::uint64_t{2});
  file.number(std::uint32_t{0}).number(std::uint64_t{1}).number(std::uint8_t{7});
  file.number(std::uint32_t{5}).number(std::uint64_t{0});
  file.tensor("weights", {3, 2}, 0, 0);
  file.tensor("blocks", {32}, 2, alignment);
  file.pad(alignment);
  for (int i = 0; i < 6; ++i) file.number(static_cast<float>(i));
  file.pad(alignment);
  for (int i = 0; i < 9; ++i) file.number(std::uint16_t{1});
  return file;
}

}  // namespace

TEST_CASE("keys of every type are read, arrays are stepped over, tensors are found") {
  const parsae::test::TemporaryFolder folder;
  for (const std::uint32_t version : {2U, 3U}) {
    const GgufFile file(parsae::test::make_file(folder / "file.gguf", rich_file(version).bytes()));
    const auto value = [&](const char* key) { return file.metadata().at(key); };
    CHECK(file.metadata().size() == 12);
    CHECK(value("a.u8") == GgufFile::Value(std::uint64_t{200}));
    CHECK(value("a.i8") == GgufFile::Value(std::int64_t{-3}));
    CHECK(value("a.u16") == GgufFile::Value(std::uint64_t{60000}));
    CHECK(value("a.i16") == GgufFile::Value(std::int64_t{-300}));
    CHECK(value("a.i32") == GgufFile::Value(std::int64_t{-70000}));
    CHECK(value("a.f32") == GgufFile::Value(1.5));
    CHECK(value("a.bool") == GgufFile::Value(true));
    CHECK(file.text("a.text") == "caf\xc3\xa9");
    CHECK(value("a.u64") == GgufFile::Value(std::uint64_t{1} << 63));
    CHECK(value("a.i64") == GgufFile::Value(std::int64_t{-1}));
    CHECK(value("a.f64") == GgufFile::Value(-2.5));
    REQUIRE(file.tensors().size() == 2);
    const GgufFile::Tensor& weights = file.tensors().at("weights");
    CHECK(weights.shape[0] == 3);
    CHECK(weights.shape[1] == 2);
    CHECK(weights.begin % 64 == 0);
    const parsae::Slice<const std::byte> bytes = file.float_bytes("weights");
    REQUIRE(bytes.size() == 24);
    CHECK(parsae::detail::load_little_endian<float>(bytes.data() + 20) == 5);
    CHECK(file.tensors().at("blocks").begin == weights.begin + 64);
    CHECK_THROWS_WITH(file.float_bytes("blocks"), ContainsSubstring("expected type 0 (float32), got 2"));
    CHECK_THROWS_WITH(file.float_bytes("nothing"), ContainsSubstring("has no tensor nothing"));
    CHECK_THROWS_WITH(file.text("a.u8"), ContainsSubstring("expected a text as a.u8"));
    CHECK_THROWS_WITH(file.text("b"), ContainsSubstring("expected a text as b"));
  }
}

TEST_CASE("a file that is cut in its header or its floats is refused, and one that is changed never does harm") {
  const parsae::test::TemporaryFolder folder;
  const std::string bytes = rich_file(3, 8).bytes();
  const std::size_t behind_floats = bytes.size() - 18;
  parsae::test::check_every_truncation(folder / "file.gguf", bytes.substr(0, behind_floats), read_all);
  CHECK(parsae::test::check_every_corruption(folder / "file.gguf", bytes, read_all) > 500);
}

TEST_CASE("a GGUF file is refused with what is wrong in it") {
  CHECK_THAT(refusal_of(GgufBytes(1, 0, 0)), ContainsSubstring("expected version 2 or 3, got 1"));
  CHECK_THAT(refusal_of(GgufBytes(0x03000000, 0, 0)), ContainsSubstring("big-endian"));
  CHECK_THAT(refusal_of(GgufBytes(3, ~std::uint64_t{0}, 0)), ContainsSubstring("truncated"));
  CHECK_THAT(refusal_of(GgufBytes(3, 0, ~std::uint64_t{0})), ContainsSubstring("truncated"));
  CHECK_THAT(refusal_of(GgufBytes(3, 0, 1).key("a", 13)), ContainsSubstring("unknown type of value 13"));
  CHECK_THAT(refusal_of(GgufBytes(3, 0, 1).key("", 0)), ContainsSubstring("a key of 1 to 65535 bytes"));
  CHECK_THAT(refusal_of(GgufBytes(3, 0, 1).key("a", 7).number(std::uint8_t{2})), ContainsSubstring("truth value"));
  CHECK_THAT(refusal_of(GgufBytes(3, 0, 2).key("a", 0).number(std::uint8_t{2}).key("a", 0).number(std::uint8_t{2})),
             ContainsSubstring("the key a twice"));
  for (const std::uint32_t alignment : {0U, 12U, 0xfffffff8U})
    CHECK_THAT(refusal_of(GgufBytes(3, 0, 1).key("general.alignment", 4).number(alignment)),
               ContainsSubstring("multiple of 8"));
  CHECK_THAT(refusal_of(GgufBytes(3, 0, 1).key("general.alignment", 8).text("8")), ContainsSubstring("multiple of 8"));
  CHECK_THAT(refusal_of(GgufBytes(3, 1, 0).tensor("t", {}, 0, 0)), ContainsSubstring("1 to 4 dimensions, got 0"));
  CHECK_THAT(refusal_of(GgufBytes(3, 1, 0).tensor("t", {1, 1, 1, 1, 1}, 0, 0)), ContainsSubstring("got 5"));
  CHECK_THAT(refusal_of(GgufBytes(3, 1, 0).tensor("t", {1}, 0, 16)), ContainsSubstring("a multiple of 32, got 16"));
  CHECK_THAT(refusal_of(GgufBytes(3, 1, 0).tensor(std::string(65, 't'), {1}, 0, 0)), ContainsSubstring("64 bytes"));
  CHECK_THAT(refusal_of(GgufBytes(3, 1, 0).tensor("t", {1}, 0, ~std::uint64_t{31})),
             ContainsSubstring("beyond the file"));
  CHECK_THAT(refusal_of(GgufBytes(3, 1, 0).tensor("t", {2}, 0, 0).pad(32).number(1.0F)),
             ContainsSubstring("beyond the file"));
  GgufBytes wrapping(3, 1, 0);  // its product is 0 modulo 2^64
  wrapping.tensor("t", {2, std::uint64_t{1} << 63}, 0, 0).pad(32).number(1.0F).number(1.0F);
  CHECK_THAT(refusal_of(wrapping), ContainsSubstring("beyond the file"));
  CHECK_THAT(refusal_of(GgufBytes(3, 2, 0).tensor("t", {1}, 0, 0).tensor("t", {1}, 0, 32)),
             ContainsSubstring("the tensor t twice"));
  GgufBytes deep(3, 0, 1);
  deep.key("a", 9);
  for (int i = 0; i < 100; ++i) deep.number(std::uint32_t{9}).number(std::uint64_t{1});
  CHECK_THAT(refusal_of(deep), ContainsSubstring("nested too deeply"));
}

}  // namespace language_gguf_file_test

// SPDX-License-Identifier: MIT
#include <parsae/io/safetensors_header.hpp>

#include <io/damaged_file.hpp>

#include <cstdint>
#include <string>

namespace safetensors_header_test {

using namespace parsae;

namespace {

SafetensorsHeader parse(const std::string& json) { return detail::SafetensorsHeaderParser("file", 8).parse(json); }

FileError refusal_of(const std::string& json) {
  return test::refusal("file", [&] { (void)parse(json); });
}

std::string reason(const std::string& json) { return refusal_of(json).reason(); }

/// A header with one tensor of these fields.
std::string tensor(const std::string& fields) { return R"({"w":{)" + fields + "}}"; }

}  // namespace

TEST_CASE("tensors and metadata are read, in any order of keys") {
  const SafetensorsHeader header = parse(R"({"b":{"data_offsets":[24,28],"shape":[],"dtype":"F32"},
    "__metadata__":{"format":"pt","note":"\u00e9"}, "a":{"dtype":"I64","shape":[3,1],"data_offsets":[0,24]}}   )");
  REQUIRE(header.tensors.size() == 2);
  const TensorInfo& a = header.tensors.at("a");
  CHECK(a.dtype == "I64");
  REQUIRE(a.shape.size() == 2);
  CHECK(a.shape[0] == 3);
  CHECK(a.shape[1] == 1);
  CHECK(a.begin == 0);
  CHECK(a.end == 24);
  CHECK(header.tensors.at("b").shape.empty());
  CHECK(header.tensors.at("b").begin == 24);
  REQUIRE(header.metadata.size() == 2);
  CHECK(header.metadata.at("note") == "\xc3\xa9");
  CHECK(parse("{}").tensors.empty());
}

TEST_CASE("names may hold anything that JSON can write") {
  const SafetensorsHeader header = parse(R"({"\u0000\n\"":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})");
  CHECK(header.tensors.contains(std::string("\0\n\"", 3)));
  CHECK(reason(R"({"\u0000\n\"":{}})") == R"(tensor "\u0000\n\"": has no dtype)");
}

TEST_CASE("duplicates are refused") {
  const std::string fields = R"({"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  CHECK(reason(R"({"w":)" + fields + R"(,"w":)" + fields + "}") == R"(the tensor "w" appears twice)");
  CHECK(reason(R"({"w":)" + fields + R"(,"\u0077":)" + fields + "}") == R"(the tensor "w" appears twice)");
  CHECK(reason(R"({"__metadata__":{"a":"1","a":"1"}})") == R"(the metadata key "a" appears twice)");
  CHECK(reason(R"({"__metadata__":{},"__metadata__":{}})") == "the header has __metadata__ twice");
  CHECK(reason(tensor(R"("dtype":"U8","dtype":"U8")")) == R"(tensor "w": has the key dtype twice)");
  CHECK(reason(tensor(R"("shape":[],"shape":[])")) == R"(tensor "w": has the key shape twice)");
  CHECK(reason(tensor(R"("data_offsets":[0,0],"data_offsets":[0,0])")) ==
        R"(tensor "w": has the key data_offsets twice)");
}

TEST_CASE("missing and unknown keys are refused") {
  CHECK(reason(tensor(R"("shape":[],"data_offsets":[0,1])")) == R"(tensor "w": has no dtype)");
  CHECK(reason(tensor(R"("dtype":"U8","data_offsets":[0,1])")) == R"(tensor "w": has no shape)");
  CHECK(reason(tensor(R"("dtype":"U8","shape":[])")) == R"(tensor "w": has no data_offsets)");
  CHECK(reason(tensor(R"("strides":[1])")) ==
        R"(tensor "w": has the unknown key "strides"; known: dtype, shape, data_offsets)");
}

TEST_CASE("values of another kind are refused") {
  const std::string w = R"(tensor "w": expected )";
  CHECK(reason(R"({"w":1})") == w + "an object, got 1");
  CHECK(reason(R"({"w":null})") == w + "an object, got null");
  CHECK(reason(R"({"w":[]})") == w + "an object, got an array");
  CHECK(reason(tensor(R"("dtype":1)")) == w + "a text as dtype, got 1");
  CHECK(reason(tensor(R"("dtype":true)")) == w + "a text as dtype, got a boolean");
  CHECK(reason(tensor(R"("dtype":{})")) == w + "a text as dtype, got an object");
  CHECK(reason(tensor(R"("shape":"3")")) == w + R"(an array as shape, got the text "3")");
  CHECK(reason(tensor(R"("shape":[-3])")) == w + "dimensions of at least 0, got -3");
  CHECK(reason(tensor(R"("shape":[3.0])")) == w + "dimensions of at least 0, got 3.0");
  CHECK(reason(tensor(R"("shape":[[3]])")) == w + "dimensions of at least 0, got an array");
  CHECK(reason(tensor(R"("shape":[18446744073709551616])")) ==
        w + "dimensions of at least 0, got 18446744073709551616");
  CHECK(reason(tensor(R"("data_offsets":0)")) == w + "an array as data_offsets, got 0");
  CHECK(reason(tensor(R"("data_offsets":["0",1])")) == w + R"(two data_offsets of at least 0, got the text "0")");
  CHECK(reason(tensor(R"("data_offsets":[0,1,2])")) == w + "two data_offsets of at least 0, got 2");
  CHECK(reason(tensor(R"("data_offsets":[0])")) == R"(tensor "w": expected two data_offsets)");
  CHECK(reason(R"({"__metadata__":[]})") == "expected an object as __metadata__, got an array");
  CHECK(reason(R"({"__metadata__":{"a":1}})") == R"(the metadata key "a": expected a text as metadata, got 1)");
}

TEST_CASE("dimensions beyond counting, and too many of them, are refused") {
  CHECK(reason(tensor(R"("shape":[9223372036854775808])")) == R"(tensor "w": a dimension is too large to be counted)");
  std::string many = "1";
  for (int i = 1; i < 64; ++i) many += ",1";
  CHECK(parse(tensor(R"("dtype":"U8","data_offsets":[0,1],"shape":[)" + many + "]")).tensors.at("w").shape.size() ==
        64);
  CHECK(reason(tensor(R"("shape":[)" + many + ",1]")) == R"(tensor "w": has more than 64 dimensions)");
}

TEST_CASE("what is not one JSON object is refused with the offset") {
  const auto check = [](const std::string& json, const std::string& expected, std::uint64_t offset) {
    const FileError error = refusal_of(json);
    CHECK(error.reason() == expected);
    CHECK(error.offset() == offset);
  };
  check("", "expected a header that begins with '{'", 8);
  check(" {}", "expected a header that begins with '{'", 8);
  check("[]", "expected a header that begins with '{'", 8);
  check(std::string("{}\0{", 4), "the header contains a NUL byte", 10);
  for (const std::string json : {"{", "{}x", "{} {}", "{'w':1}", R"({"w)", "{},", "{\"\xff\":{}}", "{\"a\nb\":{}}"}) {
    INFO(json);
    const FileError error = refusal_of(json);
    CHECK(error.reason() == "the header is not valid JSON");
    CHECK(error.offset().value_or(0) > 8);
    CHECK(error.offset().value_or(0) <= 8 + json.size() + 1);
  }
}

TEST_CASE("deep nesting is refused where it begins") {
  const std::string deep(1'000'000, '[');
  CHECK(reason(R"({"w":)" + deep) == R"(tensor "w": expected an object, got an array)");
  std::string objects = "{";
  for (int i = 0; i < 100'000; ++i) objects += R"("w":{)";
  CHECK(reason(objects) == R"(tensor "w": has the unknown key "w"; known: dtype, shape, data_offsets)");
}

TEST_CASE("a name in a message is always text") {
  CHECK(detail::json_quoted("w_dec") == R"("w_dec")");
  CHECK(detail::json_quoted(std::string("\0\n", 2)) == R"("\u0000\n")");
  CHECK(detail::json_quoted("\xff") == "\"\xef\xbf\xbd\"");
}

}  // namespace safetensors_header_test

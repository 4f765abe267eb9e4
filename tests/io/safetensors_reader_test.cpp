// SPDX-License-Identifier: MIT
#include <parsae/io/safetensors_reader.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <io/safetensors_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace safetensors_reader_test {

using namespace parsae;

namespace {

/// A matrix of 3 x 2, a vector of 2, and a half-precision number; the doubles begin at an odd offset.
std::string three_tensors() {
  std::string data = "?";
  for (const double value : {-1.5, 1e300}) data += test::bytes_of(value);
  for (const float value : {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}) data += test::bytes_of(value);
  return test::safetensors(R"({"half":{"dtype":"F8_E4M3","shape":[],"data_offsets":[0,1]},)"
                           R"("vector":{"dtype":"F64","shape":[2],"data_offsets":[1,17]},)"
                           R"("matrix":{"dtype":"F32","shape":[2,3],"data_offsets":[17,41]},)"
                           R"("__metadata__":{"made":"by hand"}})",
                           data);
}

void read_everything(const std::filesystem::path& path) {
  const SafetensorsReader file(path);
  for (const auto& [name, tensor] : file.tensors()) {
    if (tensor.dtype == "F32") (void)file.read<float>(name);
    if (tensor.dtype == "F64") (void)file.read<double>(name);
  }
}

FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content) {
  const auto path = test::make_file(folder / "damaged.safetensors", content);
  return test::refusal(path, [&] { read_everything(path); });
}

}  // namespace

TEST_CASE("tensors are read at any alignment; a C-order tensor is a matrix with columns and rows exchanged") {
  const test::TemporaryFolder folder;
  const SafetensorsReader file(test::make_file(folder / "file", three_tensors()));
  CHECK(file.tensors().size() == 3);
  CHECK(file.metadata().at("made") == "by hand");
  CHECK(file.contains("matrix"));
  CHECK_FALSE(file.contains("Matrix"));
  CHECK(file.info("matrix").dtype == "F32");
  Matrix<float> matrix(3, 2);
  matrix << 1, 4, 2, 5, 3, 6;
  CHECK(file.read_matrix<float>("matrix") == matrix);
  CHECK(file.read_vector<double>("vector") == Vector<double>(Eigen::Vector2d(-1.5, 1e300)));
  const Buffer<float> values = file.read<float>("matrix");
  REQUIRE(values.size() == 6);
  CHECK(values[4] == 5);
  std::array<double, 2> into{};
  file.read_into("vector", {2}, Slice<double>(into.data(), 2));
  CHECK(into[1] == 1e300);
}

TEST_CASE("a tensor that is asked for as something else is refused by name") {
  const test::TemporaryFolder folder;
  const SafetensorsReader file(test::make_file(folder / "file", three_tensors()));
  const auto reason = [&](const auto& use) { return test::refusal(file.path(), use).reason(); };
  std::array<double, 2> two{};
  const Slice<double> into(two.data(), 2);
  CHECK(reason([&] { (void)file.info("w_dec"); }) == R"(tensor "w_dec": is missing)");
  CHECK(reason([&] { (void)file.read<float>("w_dec"); }) == R"(tensor "w_dec": is missing)");
  CHECK(reason([&] { (void)file.read<double>("matrix"); }) == R"(tensor "matrix": expected the dtype F64, got "F32")");
  CHECK(reason([&] { (void)file.read_vector<float>("vector"); }) ==
        R"(tensor "vector": expected the dtype F32, got "F64")");
  CHECK(reason([&] { (void)file.read<float>("half"); }) == R"(tensor "half": expected the dtype F32, got "F8_E4M3")");
  CHECK(reason([&] { (void)file.read_matrix<double>("vector"); }) ==
        R"(tensor "vector": expected two dimensions, got the shape (2,))");
  CHECK(reason([&] { (void)file.read_vector<float>("matrix"); }) ==
        R"(tensor "matrix": expected one dimension, got the shape (2, 3))");
  CHECK(reason([&] {
          file.read_into("vector", {2, 1}, into);
        }) == R"(tensor "vector": expected the shape (2, 1), got (2,))");
  CHECK(reason([&] { file.read_into("vector", {3}, into); }) ==
        R"(tensor "vector": expected the shape (3,), got (2,))");
  CHECK(reason([&] { file.read_into("vector", {}, into); }) == R"(tensor "vector": expected the shape (), got (2,))");
  CHECK_THROWS_AS(file.read_into("vector", {2}, into.part(0, 1)), std::invalid_argument);
}

TEST_CASE("a dtype that is not known is refused only when its tensor is read") {
  const test::TemporaryFolder folder;
  const std::string json = R"({"odd":{"dtype":"F128","shape":[2],"data_offsets":[0,32]},)"
                           R"("w":{"dtype":"U8","shape":[1],"data_offsets":[32,33]}})";
  const SafetensorsReader file(test::make_file(folder / "file", test::safetensors(json, std::string(33, '\7'))));
  CHECK(file.read<std::uint8_t>("w")[0] == 7);
  CHECK(test::refusal(file.path(), [&] { (void)file.read<float>("odd"); }).reason() ==
        R"(tensor "odd": expected the dtype F32, got "F128")");
}

TEST_CASE("files without tensors, empty tensors, and values that are not finite are read") {
  const test::TemporaryFolder folder;
  CHECK(SafetensorsReader(test::make_file(folder / "none", test::safetensors("{}", ""))).tensors().empty());
  const std::string json = R"({"a":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},)"
                           R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                           R"("c":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}   )";
  const std::string data = test::bytes_of(std::numeric_limits<float>::infinity());
  const SafetensorsReader file(test::make_file(folder / "file", test::safetensors(json, data)));
  CHECK(file.read_matrix<float>("a").rows() == 5);
  CHECK(file.read_matrix<float>("a").cols() == 0);
  CHECK(file.read<float>("b")[0] == std::numeric_limits<float>::infinity());
  CHECK(file.read_vector<float>("c").size() == 0);
}

TEST_CASE("a header that does not fit the file is refused with the offset") {
  const test::TemporaryFolder folder;
  const auto check = [&](const std::string& content, std::uint64_t offset, const std::string& reason) {
    const FileError error = refusal_of(folder, content);
    CHECK(error.reason() == reason);
    CHECK(error.offset() == offset);
  };
  const auto claim = [](std::uint64_t length) { return test::bytes_of(length) + "{}"; };
  check("", 0, "truncated: expected at least 8 bytes, got 0");
  check("1234567", 7, "truncated: expected at least 8 bytes, got 7");
  check(claim(3), 10, "truncated: expected a header of 3 bytes, got 2");
  check(claim(100'000'000), 10, "truncated: expected a header of 100000000 bytes, got 2");
  check(claim(100'000'001), 0, "expected a header of at most 100000000 bytes, got 100000001");
  check(claim(std::uint64_t{1} << 63), 0, "expected a header of at most 100000000 bytes, got 9223372036854775808");
  check(claim(~std::uint64_t{0}), 0, "expected a header of at most 100000000 bytes, got 18446744073709551615");
  check(claim(0), 8, "expected a header that begins with '{'");
  check(test::safetensors("{}", "x"), 10, "bytes after the data: expected 0 bytes after the header, got 1");
  check(three_tensors() + "x", three_tensors().size(),
        "bytes after the data: expected 41 bytes after the header, got 42");
  check(three_tensors().substr(0, three_tensors().size() - 1), three_tensors().size() - 1,
        "truncated: expected 41 bytes after the header, got 40");
}

TEST_CASE("tensors that overlap, leave holes or have another size than their shape are refused by name") {
  const test::TemporaryFolder folder;
  const auto tensor = [](const std::string& name, const std::string& shape, const std::string& offsets) {
    return '"' + name + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  const auto reason = [&](const std::string& tensors) {
    return refusal_of(folder, test::safetensors("{" + tensors + "}", std::string(16, 'x'))).reason();
  };
  const std::string gap = ": tensors must neither overlap nor leave holes";
  CHECK(reason(tensor("a", "[4]", "[16,0]")) == R"(tensor "a": its data ends at 0, before it begins at 16)");
  CHECK(reason(tensor("a", "[4]", "[0,12]")) ==
        R"(tensor "a": F32 of shape (4,) needs 16 bytes, its data_offsets hold 12)");
  CHECK(reason(tensor("a", "[3]", "[4,16]")) == R"(tensor "a": its data begins at 4, expected 0)" + gap);
  CHECK(reason(tensor("a", "[2]", "[0,8]") + "," + tensor("b", "[1]", "[12,16]")) ==
        R"(tensor "b": its data begins at 12, expected 8)" + gap);
  CHECK(reason(tensor("a", "[3]", "[4,16]") + "," + tensor("b", "[2]", "[0,8]")) ==
        R"(tensor "a": its data begins at 4, expected 8)" + gap);
  CHECK(reason(tensor("a", "[4]", "[0,16]") + "," + tensor("b", "[4]", "[0,16]")) ==
        R"(tensor "b": its data begins at 0, expected 16)" + gap);
  CHECK(reason(tensor("a", "[5]", "[0,20]")) == "truncated: expected 20 bytes after the header, got 16");
  const std::string half_byte = R"("a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]})";
  CHECK(reason(half_byte) == R"(tensor "a": its F4 elements do not fill whole bytes)");
}

TEST_CASE("shapes whose product overflows are refused, whatever bytes they pretend to need") {
  const test::TemporaryFolder folder;
  const auto reason = [&](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    const std::string json =
        R"({"a":{"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}}";
    return refusal_of(folder, test::safetensors(json, "")).reason();
  };
  const std::string uncounted = " has more elements than can be counted";
  CHECK(reason("F32", "4294967296, 4294967296", "0,0") ==
        R"(tensor "a": the shape (4294967296, 4294967296))" + uncounted);
  CHECK(reason("F128", "4294967296, 4294967296", "0,0") ==
        R"(tensor "a": the shape (4294967296, 4294967296))" + uncounted);
  CHECK(reason("F32", "4611686018427387904", "0,0") == R"(tensor "a": the shape (4611686018427387904,))" + uncounted);
  CHECK(reason("U8", "1000000000, 1000000000", "0,1000000000000000000") ==
        "truncated: expected 1000000000000000000 bytes after the header, got 0");
  CHECK(reason("F32", "1000000000", "0,4000000000") == "truncated: expected 4000000000 bytes after the header, got 0");
  CHECK(
      reason("F32", "0", "18446744073709551615,18446744073709551615").find("its data begins at 18446744073709551615") !=
      std::string::npos);
}

TEST_CASE("a header of a billion elements allocates nothing") {
  const test::TemporaryFolder folder;
  const std::string json = R"({"a":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}})";
  const auto path = test::make_file(folder / "promise", test::safetensors(json, "x"));
  CHECK(test::holds_in_child([&] {
    const double before = test::peak_memory_mib();
    try {
      read_everything(path);
    } catch (const FileError&) {
      return test::peak_memory_mib() - before < 64;
    }
    return false;
  }));
}

TEST_CASE("a safetensors file cut anywhere is refused") {
  const test::TemporaryFolder folder;
  test::check_every_truncation(folder / "file", three_tensors(), read_everything);
}

TEST_CASE("a safetensors file with one changed byte is read or refused") {
  const test::TemporaryFolder folder;
  CHECK(test::check_every_corruption(folder / "file", three_tensors(), read_everything) > 500);
}

}  // namespace safetensors_reader_test

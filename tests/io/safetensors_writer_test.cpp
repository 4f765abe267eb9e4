// SPDX-License-Identifier: MIT
#include <parsae/io/safetensors_reader.hpp>
#include <parsae/io/safetensors_writer.hpp>

#include <io/damaged_file.hpp>
#include <io/safetensors_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace safetensors_writer_test {

using namespace parsae;

namespace {

template <class Tensor>
concept CanBeAdded = requires(SafetensorsWriter writer, Tensor&& tensor) {
  writer.add("w", std::forward<Tensor>(tensor));
};

static_assert(CanBeAdded<const Matrix<float>&> && CanBeAdded<Vector<double>&>);
static_assert(!CanBeAdded<Matrix<float>> && !CanBeAdded<Vector<double>>, "a temporary would dangle");

}  // namespace

TEST_CASE("the file is the header by falling element size and name, padded to 8 bytes, then the values") {
  const test::TemporaryFolder folder;
  const Vector<float> b = Vector<float>::Constant(1, 2.5f);
  const Vector<float> a = Vector<float>::Constant(2, -1.0f);
  const Vector<double> z = Vector<double>::Constant(1, 0.25);
  const std::array<std::uint8_t, 3> bytes{1, 2, 3};
  SafetensorsWriter writer;
  writer.add("bytes", {3, 1}, Slice<const std::uint8_t>(bytes.data(), 3));
  writer.add("b", b);
  writer.add("z", z);
  writer.add("a", a);
  writer.set_metadata("format", "wrong");
  writer.set_metadata("format", "pt");
  writer.write(folder / "file");
  std::string json = R"({"__metadata__":{"format":"pt"},"z":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},)"
                     R"("a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},)"
                     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[16,20]},)"
                     R"("bytes":{"dtype":"U8","shape":[3,1],"data_offsets":[20,23]}})";
  while (json.size() % 8 != 0) json += ' ';
  const std::string data = test::bytes_of(0.25) + test::bytes_of(-1.0f) + test::bytes_of(-1.0f) + test::bytes_of(2.5f);
  CHECK(test::content_of(folder / "file") == test::safetensors(json, data + "\1\2\3"));
}

TEST_CASE("what is written is read again, bit for bit") {
  const test::TemporaryFolder folder;
  const Matrix<float> w_dec = Matrix<float>::Random(5, 7);
  const Matrix<double> empty(3, 0);
  const Vector<double> b_dec = Vector<double>::Random(5);
  const std::array<std::int64_t, 2> counts{-1, std::int64_t{1} << 62};
  const std::array<std::int32_t, 1> number{-7};
  const std::string odd_name("\0\n\"\xc3\xa9", 5);
  SafetensorsWriter writer;
  writer.add("w_dec", w_dec);
  writer.add("empty", empty);
  writer.add(odd_name, b_dec);
  writer.add("counts", {2}, Slice<const std::int64_t>(counts.data(), 2));
  writer.add("number", {}, Slice<const std::int32_t>(number.data(), 1));
  writer.set_metadata("settings", R"({"k": 3})");
  writer.write(folder / "file");
  const SafetensorsReader file(folder / "file");
  CHECK(file.tensors().size() == 5);
  CHECK(file.read_matrix<float>("w_dec") == w_dec);
  CHECK(file.info("w_dec").shape[0] == 7);
  CHECK(file.read_matrix<double>("empty").rows() == 3);
  CHECK(file.read_vector<double>(odd_name) == b_dec);
  CHECK(file.read<std::int64_t>("counts")[1] == counts[1]);
  CHECK(file.read<std::int32_t>("number")[0] == -7);
  CHECK(file.metadata().at("settings") == R"({"k": 3})");
}

TEST_CASE("a file without tensors is valid") {
  const test::TemporaryFolder folder;
  SafetensorsWriter().write(folder / "file");
  CHECK(test::content_of(folder / "file") == test::safetensors("{}      ", ""));
  CHECK(SafetensorsReader(folder / "file").tensors().empty());
}

TEST_CASE("writing over a file that is being read leaves its reader alone") {
  const test::TemporaryFolder folder;
  Vector<float> values = Vector<float>::Constant(1'000, 1.0f);
  SafetensorsWriter writer;
  writer.add("v", values);
  writer.write(folder / "file");
  const SafetensorsReader old(folder / "file");
  values.setConstant(2.0f);
  writer.write(folder / "file");
  CHECK(old.read_vector<float>("v")(999) == 1);
  CHECK(SafetensorsReader(folder / "file").read_vector<float>("v")(999) == 2);
}

TEST_CASE("tensors and metadata that a file cannot hold are refused") {
  const Vector<float> v = Vector<float>::Zero(6);
  const Slice<const float> values(v.data(), 6);
  SafetensorsWriter writer;
  writer.add("v", v);
  const auto message = [&](const auto& use) -> std::string {
    try {
      use();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(message([&] { writer.add("v", v); }) == "name: expected a name that is not taken, got v");
  CHECK(message([&] { writer.add("__metadata__", v); }) ==
        "name: expected a name that safetensors does not reserve, got __metadata__");
  CHECK(message([&] { writer.add("\xff", v); }) == "name: expected UTF-8 text, got other bytes");
  CHECK(message([&] { writer.add("w", {2, 2}, values); }) == "w: expected values for the shape (2, 2), got 6");
  CHECK(message([&] {
          writer.add("w", {Index{1} << 62, 4}, values);
        }) == "w: expected values for the shape (4611686018427387904, 4), got 6");
  CHECK(message([&] { writer.add("w", {-2, -3}, values); }) == "w: expected dimensions of at least 0, got (-2, -3)");
  CHECK(message([&] { writer.set_metadata("\xff", ""); }) == "metadata key: expected UTF-8 text, got other bytes");
  CHECK(message([&] { writer.set_metadata("a", "\xff"); }) == "metadata value: expected UTF-8 text, got other bytes");
  CHECK(message([&] { writer.add("w", {2, 3}, values); }) == "accepted");
}

TEST_CASE("a file that cannot be written is refused with its path") {
  const test::TemporaryFolder folder;
  const auto path = folder / "missing" / "file";
  CHECK(test::refusal(path, [&] { SafetensorsWriter().write(path); }).reason() ==
        "no file can be created in its folder: No such file or directory");
}

}  // namespace safetensors_writer_test

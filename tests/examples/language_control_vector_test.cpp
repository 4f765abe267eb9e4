// SPDX-License-Identifier: MIT
#include <examples/gguf_fixture.hpp>
#include <io/damaged_file.hpp>
#include <language/control_vector.hpp>
#include <support/temporary_folder.hpp>

#include <limits>
#include <stdexcept>

namespace language_control_vector_test {

using namespace parsae_examples;
using namespace parsae_examples::test;
using Catch::Matchers::ContainsSubstring;
using parsae::Vector;

namespace {

ControlVector two_directions() {
  ControlVector vector{.model_hint = "llama", .directions = {}};
  vector.directions[12] = Vector<float>::LinSpaced(10, 1, 10);
  vector.directions[3] = Vector<float>::LinSpaced(10, -1, 0.5F);
  return vector;
}

std::string refusal_of(const GgufBytes& file) {
  const parsae::test::TemporaryFolder folder;
  const auto path = parsae::test::make_file(folder / "control.gguf", file.bytes());
  return parsae::test::refusal(path, [&] { static_cast<void>(read_control_vector(path)); }).what();
}

/// A file with one key and one tensor of two floats.
GgufBytes file_with(const std::string& architecture, const std::string& tensor, float second = 2) {
  GgufBytes file(3, 1, 1);
  file.key("general.architecture", 8).text(architecture).tensor(tensor, {2}, 0, 0).pad(32);
  return file.number(1.0F).number(second).pad(32);
}

}  // namespace

TEST_CASE("a control vector is, byte for byte, the file of the specification") {
  const parsae::test::TemporaryFolder folder;
  const auto path = folder / "control.gguf";
  write_control_vector(path, two_directions());
  GgufBytes expected(3, 2, 3);
  expected.key("general.architecture", 8).text("controlvector");
  expected.key("controlvector.model_hint", 8).text("llama");
  expected.key("controlvector.layer_count", 5).number(std::int32_t{2});
  expected.tensor("direction.3", {10}, 0, 0).tensor("direction.12", {10}, 0, 64).pad(32);
  for (Index i = 0; i < 10; ++i) expected.number(two_directions().directions.at(3)(i));
  expected.pad(32);
  for (Index i = 0; i < 10; ++i) expected.number(two_directions().directions.at(12)(i));
  expected.pad(32);
  CHECK(parsae::test::content_of(path) == expected.bytes());
  CHECK(expected.bytes().size() % 32 == 0);
}

TEST_CASE("what is written is read") {
  const parsae::test::TemporaryFolder folder;
  for (const Index width : {1, 8, 9, 768}) {
    ControlVector vector{.model_hint = "", .directions = {}};
    vector.directions[1] = Vector<float>::LinSpaced(width, 0.1F, 5);
    vector.directions[200] = Vector<float>::LinSpaced(width, -3, 3);
    write_control_vector(folder / "control.gguf", vector);
    const ControlVector read = read_control_vector(folder / "control.gguf");
    CHECK(read.model_hint.empty());
    REQUIRE(read.directions.size() == 2);
    CHECK(read.directions.at(1) == vector.directions.at(1));
    CHECK(read.directions.at(200) == vector.directions.at(200));
  }
}

TEST_CASE("files of other writers are read: other keys, other order, another alignment") {
  GgufBytes file(2, 2, 4);
  file.key("general.alignment", 4).number(std::uint32_t{64});
  file.key("tokenizer.tokens", 9).number(std::uint32_t{8}).number(std::uint64_t{2}).text("a").text("b");
  file.key("controlvector.layer_count", 4).number(std::uint32_t{31});
  file.key("general.architecture", 8).text("controlvector");
  file.tensor("direction.2", {2}, 0, 64).tensor("direction.1", {2}, 0, 0).pad(64);
  file.number(1.0F).number(2.0F).pad(64).number(3.0F).number(4.0F);
  const parsae::test::TemporaryFolder folder;
  const ControlVector vector = read_control_vector(parsae::test::make_file(folder / "control.gguf", file.bytes()));
  CHECK(vector.directions.at(1)(1) == 2);
  CHECK(vector.directions.at(2)(0) == 3);
}

TEST_CASE("damaged files are refused, or read as what they still are") {
  const parsae::test::TemporaryFolder folder;
  const auto path = folder / "control.gguf";
  write_control_vector(path, two_directions());
  const std::string bytes = parsae::test::content_of(path);
  const auto read = [](const std::filesystem::path& file) { static_cast<void>(read_control_vector(file)); };
  const std::string without_padding = bytes.substr(0, bytes.size() - 24);
  parsae::test::check_every_truncation(path, without_padding, read);
  CHECK(parsae::test::check_every_corruption(path, bytes, read) > 500);
}

TEST_CASE("files of something else say so") {
  CHECK_THAT(refusal_of(file_with("llama", "direction.1")), ContainsSubstring("controlvector, got llama"));
  for (const char* const name : {"direction.0", "direction.-1", "direction.", "direction.1x", "direction.01x",
                                 "direction.99999999999", "output.weight"})
    CHECK_THAT(refusal_of(file_with("controlvector", name)), ContainsSubstring("direction.<layer from 1>, got "));
  CHECK_THAT(refusal_of(file_with("controlvector", "direction.1", std::numeric_limits<float>::infinity())),
             ContainsSubstring("expected finite values"));
  GgufBytes none(3, 0, 1);
  CHECK_THAT(refusal_of(none.key("general.architecture", 8).text("controlvector")), ContainsSubstring("got none"));
  GgufBytes twice(3, 2, 1);
  twice.key("general.architecture", 8).text("controlvector");
  twice.tensor("direction.1", {1}, 0, 0).tensor("direction.01", {1}, 0, 0).pad(32).number(1.0F);
  CHECK_THAT(refusal_of(twice), ContainsSubstring("two directions of layer 1"));
  GgufBytes uneven(3, 2, 1);
  uneven.key("general.architecture", 8).text("controlvector");
  uneven.tensor("direction.1", {1}, 0, 0).tensor("direction.2", {2}, 0, 0).pad(32).number(1.0F).number(1.0F);
  CHECK_THAT(refusal_of(uneven), ContainsSubstring("the size of the other directions"));
  GgufBytes matrix(3, 1, 1);
  matrix.key("general.architecture", 8).text("controlvector");
  matrix.tensor("direction.1", {1, 1}, 0, 0).pad(32).number(1.0F);
  CHECK_THAT(refusal_of(matrix), ContainsSubstring("expected one dimension"));
}

TEST_CASE("what llama.cpp would not take is not written") {
  const parsae::test::TemporaryFolder folder;
  const auto refused = [&](const auto& change) {
    ControlVector vector = two_directions();
    change(vector.directions);
    CHECK_THROWS_AS(write_control_vector(folder / "no.gguf", vector), std::invalid_argument);
    CHECK_FALSE(std::filesystem::exists(folder / "no.gguf"));
  };
  using Directions = std::map<Index, Vector<float>>;
  refused([](Directions& directions) { directions.clear(); });
  refused([](Directions& directions) { directions[0] = Vector<float>::Ones(10); });
  refused([](Directions& directions) { directions[4] = Vector<float>::Ones(11); });
  refused([](Directions& directions) { directions[3](2) = std::numeric_limits<float>::quiet_NaN(); });
  refused([](Directions& directions) { directions = {{1, Vector<float>()}}; });
}

}  // namespace language_control_vector_test

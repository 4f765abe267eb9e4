// SPDX-License-Identifier: MIT
#include <parsae/io/safetensors_rows.hpp>

#include <io/rows_fixture.hpp>
#include <io/safetensors_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <string>
#include <vector>

namespace safetensors_rows_test {

using namespace parsae;

namespace {

const std::string two_tensors = R"({"tokens":{"dtype":"I32","shape":[2],"data_offsets":[8,16]},)"
                                R"("acts":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}})";
const std::string two_contents(
    "\xc0\x3f\x00\xc0\x80\x3f\x00\x00"
    "12345678",
    16);

std::string one_tensor(const std::string& dtype, const std::string& shape, std::size_t size) {
  return R"({"x":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,)" + std::to_string(size) +
         "]}}";
}

void read_only(const std::filesystem::path& path) {
  (void)test::all_rows(*open_safetensors_rows(path, {.array = "acts"}));
}

}  // namespace

TEST_CASE("a tensor is rows, whatever its type") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "file.safetensors", test::safetensors(two_tensors, two_contents));
  const auto file = open_safetensors_rows(path, {.array = "acts"});
  CHECK(file->description() == "safetensors \"acts\" '<bf16' (2, 2), C order");
  CHECK(test::all_rows(*file) == std::vector<float>{1.5f, -2, 1, 0});
  const auto only = open_safetensors_rows(
      test::make_file(folder / "only.safetensors", test::safetensors(one_tensor("I8", "[1,2]", 2), "\x01\xff")), {});
  CHECK(test::all_rows(*only) == std::vector<float>{1, -1});
}

TEST_CASE("tensors that are not samples are refused by name") {
  const test::TemporaryFolder folder;
  const auto reason = [&](const std::string& json, const std::string& data, const std::string& array) {
    const auto path = test::make_file(folder / "file.safetensors", test::safetensors(json, data));
    return test::refusal(path, [&] { (void)open_safetensors_rows(path, {.array = array}); }).reason();
  };
  CHECK(reason(two_tensors, two_contents, "") ==
        "expected the name of one of its arrays, got none; it has: acts, tokens");
  CHECK(reason(two_tensors, two_contents, "tokens") ==
        "expected at least two dimensions (n_samples, n_inputs), got the shape (2,)");
  CHECK(reason(one_tensor("F8_E4M3", "[1,2]", 2), "ab", "") ==
        "tensor \"x\": the dtype \"F8_E4M3\" is not supported here; supported: F64, F32, F16, BF16 and integers");
}

TEST_CASE("rows of a safetensors file cut anywhere or with one changed byte are read or refused") {
  const test::TemporaryFolder folder;
  const std::string content = test::safetensors(two_tensors, two_contents);
  test::check_every_truncation(folder / "file.safetensors", content, read_only);
  CHECK(test::check_every_corruption(folder / "file.safetensors", content, read_only) > 700);
}

}  // namespace safetensors_rows_test

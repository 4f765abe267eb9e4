// SPDX-License-Identifier: MIT
#include <parsae/io/safetensors_reader.hpp>
#include <parsae/io/zip_file.hpp>

#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <cstring>
#include <string>

#include "../../examples/parsae_cli/csr_file.hpp"

namespace parsae_cli_csr_file_test {

namespace {

using namespace parsae_cli;
using Catch::Matchers::ContainsSubstring;

/// Samples with 2, 0 and 1 active latents, and an explicit zero.
parsae::SparseCode<float> some_code() {
  parsae::SparseCode<float> code;
  code.offsets.push_back(3);
  code.offsets.push_back(3);
  code.offsets.push_back(4);
  code.resize_entries(4);
  const int latents[] = {1, 3, 4, 0};
  const float values[] = {0.5F, 0, 2, 4};
  for (Index e = 0; e < 4; ++e) {
    code.latents[e] = latents[e];
    code.values[e] = code.pre_acts[e] = values[e];
  }
  return code;
}

std::size_t files_in(const std::filesystem::path& folder) {
  std::size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++n;
  return n;
}

std::string bytes_of(const parsae::ZipFile& zip, const std::string& name) {
  for (const parsae::ZipEntry& entry : zip.entries())
    if (entry.name == name) return std::string(parsae::as_text(zip.data(entry)));
  return "";
}

}  // namespace

TEST_CASE("codes become the arrays of a compressed-row matrix, without explicit zeros") {
  const parsae::test::TemporaryFolder folder;
  CsrFile file(folder / "codes.safetensors", 5);
  file.add(some_code());
  file.add(some_code());
  CHECK_FALSE(std::filesystem::exists(folder / "codes.safetensors"));
  file.finish();
  CHECK(file.n_samples() == 6);
  CHECK(file.n_entries() == 6);
  const parsae::SafetensorsReader reader(folder / "codes.safetensors");
  const auto same = [](const auto& got, std::initializer_list<double> expected) {
    return std::equal(got.begin(), got.end(), expected.begin(), expected.end(),
                      [](auto a, double b) { return static_cast<double>(a) == b; });
  };
  CHECK(same(reader.read<float>("data"), {0.5, 2, 4, 0.5, 2, 4}));
  CHECK(same(reader.read<std::int32_t>("indices"), {1, 4, 0, 1, 4, 0}));
  CHECK(same(reader.read<std::int64_t>("indptr"), {0, 2, 2, 3, 5, 5, 6}));
  CHECK(same(reader.read<std::int64_t>("shape"), {6, 5}));
}

TEST_CASE("an npz file holds the same arrays under headers that NumPy reads") {
  const parsae::test::TemporaryFolder folder;
  {
    CsrFile file(folder / "codes.npz", 5);
    file.add(some_code());
    file.finish();
  }
  CHECK(files_in(folder.path()) == 1);
  const parsae::ZipFile zip(folder / "codes.npz");
  CHECK(zip.entries().size() == 5);
  const std::string data = bytes_of(zip, "data.npy");
  REQUIRE(data.size() == 128 + 3 * 4);
  CHECK(data.substr(0, 8) == std::string("\x93NUMPY\x01\x00", 8));
  CHECK_THAT(data, ContainsSubstring("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }"));
  float values[3];
  std::memcpy(values, data.data() + 128, sizeof values);
  CHECK(values[0] == 0.5F);
  CHECK(values[2] == 4);
  CHECK_THAT(bytes_of(zip, "indptr.npy"), ContainsSubstring("'<i8'") && ContainsSubstring("(4,)"));
  CHECK_THAT(bytes_of(zip, "indices.npy"), ContainsSubstring("'<i4'"));
  CHECK_THAT(bytes_of(zip, "format.npy"),
             ContainsSubstring("'|S3'") && ContainsSubstring("'shape': ()") && Catch::Matchers::EndsWith("csr"));
}

TEST_CASE("no codes are a matrix, too, and no file is left behind without finish()") {
  const parsae::test::TemporaryFolder folder;
  for (const char* name : {"none.npz", "none.safetensors"}) {
    CsrFile file(folder / name, 5);
    file.finish();
  }
  CHECK(files_in(folder.path()) == 2);
  CHECK(bytes_of(parsae::ZipFile(folder / "none.npz"), "data.npy").size() == 128);
  {
    CsrFile file(folder / "unfinished.npz", 5);
    file.add(some_code());
    CHECK_THROWS_WITH(CsrFile(folder / "small.npz", 2).add(some_code()), ContainsSubstring("CsrFile latent"));
  }
  CHECK(files_in(folder.path()) == 2);
  CHECK_THROWS_WITH(CsrFile(folder / "codes.txt", 5), ContainsSubstring("--out: expected a name that ends in .npz"));
}

}  // namespace parsae_cli_csr_file_test

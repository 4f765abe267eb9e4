// SPDX-License-Identifier: MIT
#include <parsae/io/shard_files.hpp>

#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>

#include <string>
#include <vector>

namespace shard_files_test {

using namespace parsae;

namespace {

std::vector<std::string> names(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> found;
  for (const std::filesystem::path& path : paths) found.push_back(path.filename().string());
  return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a file, a folder and a pattern mean files in the order of their names") {
  const test::TemporaryFolder folder;
  for (const char* const name :
       {"b.npy", "a.safetensors", "c.CSV.gz", "notes.txt", "x.bin", "Z.tsv", "d.npz", "e.npy.gz"})
    test::make_file(folder / name, "");
  std::filesystem::create_directory(folder / "below.npy");
  test::make_file(folder / "below.npy" / "f.npy", "");
  CHECK(names(shard_files(folder.path())) == Names{"Z.tsv", "a.safetensors", "b.npy", "c.CSV.gz", "d.npz"});
  CHECK(names(shard_files(folder / "[ab].*")) == Names{"a.safetensors", "b.npy"});
  CHECK(names(shard_files(folder / "?.bin")) == Names{"x.bin"});
  CHECK(names(shard_files(folder / "*" / "*.npy")) == Names{"f.npy"});
  CHECK(names(shard_files(folder / "notes.txt")) == Names{"notes.txt"});
}

TEST_CASE("a file whose name looks like a pattern is that file") {
  const test::TemporaryFolder folder;
  test::make_file(folder / "x[1].npy", "");
  test::make_file(folder / "x1.npy", "");
  CHECK(names(shard_files(folder / "x[1].npy")) == Names{"x[1].npy"});
  CHECK(names(shard_files(folder / "x[0-9].npy")) == Names{"x1.npy"});
}

TEST_CASE("paths that mean no file are refused") {
  const test::TemporaryFolder folder;
  test::make_file(folder / "notes.txt", "");
  CHECK(test::refusal(folder / "*.npy", [&] { (void)shard_files(folder / "*.npy"); }).reason() ==
        "there is no such file, and no file matches it as a pattern");
  CHECK_THROWS_AS(shard_files(folder / "missing.npy"), FileError);
  CHECK(
      test::refusal(folder.path(), [&] { (void)shard_files(folder.path()); }).reason() ==
      "no file in this folder has one of the extensions .npy, .npz, .safetensors, .csv, .tsv (the last two also .gz)");
}

}  // namespace shard_files_test

// SPDX-License-Identifier: MIT
#include <parsae/io/npz_rows.hpp>

#include <io/npy_fixture.hpp>
#include <io/zip_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <string>
#include <vector>

namespace npz_rows_test {

using namespace parsae;
using Sizes = test::ZipPart::Sizes;

namespace {

/// [n_rows, 3] with the value 10 i + j, as an .npy file.
std::string numbers(Index n_rows, const std::string& order = "False") {
  std::string data;
  const auto append = [&](Index i, Index j) { data += test::bytes_of(static_cast<float>(10 * i + j)); };
  if (order == "True") {
    for (Index j = 0; j < 3; ++j)
      for (Index i = 0; i < n_rows; ++i) append(i, j);
  } else {
    for (Index i = 0; i < n_rows; ++i)
      for (Index j = 0; j < 3; ++j) append(i, j);
  }
  return test::npy("{'descr': '<f4', 'fortran_order': " + order + ", 'shape': (" + std::to_string(n_rows) + ", 3)}\n",
                   data);
}

std::vector<float> read(RowFile& rows, Index first, Index count) {
  std::vector<float> values(static_cast<std::size_t>(3 * count));
  rows.read(first, Slice<float>(values.data(), 3 * count));
  return values;
}

void check_rows(RowFile& rows, Index first, Index count) {
  const std::vector<float> values = read(rows, first, count);
  for (Index i = 0; i < count; ++i)
    for (Index j = 0; j < 3; ++j)
      REQUIRE(values[static_cast<std::size_t>(3 * i + j)] == static_cast<float>(10 * (first + i) + j));
}

void read_everything(const std::filesystem::path& path) {
  NpzRows rows(path, {});
  std::vector<float> values(static_cast<std::size_t>(rows.n_rows() * rows.n_inputs()));
  rows.read(0, Slice<float>(values.data(), rows.n_rows() * rows.n_inputs()));
}

FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content, const std::string& array = "") {
  const auto path = test::make_file(folder / "file.npz", content);
  return test::refusal(path, [&] {
    NpzRows rows(path, {.array = array});
    (void)read(rows, 0, rows.n_rows());
  });
}

}  // namespace

TEST_CASE("rows of stored and compressed arrays are read forwards, backwards and again") {
  const test::TemporaryFolder folder;
  constexpr Index n_rows = 200'000;  // more than a piece
  for (const std::uint16_t method : {std::uint16_t{0}, std::uint16_t{8}}) {
    NpzRows rows(
        test::make_file(folder / "file.npz", test::zip({{"acts.npy", numbers(n_rows), method, Sizes::Zip64InFront}})),
        {});
    CHECK(rows.n_rows() == n_rows);
    CHECK(rows.n_inputs() == 3);
    CHECK(rows.description() ==
          std::string("npz acts '<f4' (200000, 3), C order, ") + (method == 0 ? "stored" : "deflate"));
    check_rows(rows, 0, 10);
    check_rows(rows, 10, 1);
    check_rows(rows, 150'000, 20);
    check_rows(rows, 3, 2);
    check_rows(rows, 0, n_rows);
    check_rows(rows, n_rows - 1, 1);
    check_rows(rows, n_rows, 0);
  }
}

TEST_CASE("an array is chosen by its name, other entries are ignored") {
  const test::TemporaryFolder folder;
  const std::string file = test::zip({{"a.npy", numbers(2)}, {"readme.txt", "text", 12}, {"b.npy", numbers(4), 8}});
  NpzRows rows(test::make_file(folder / "file.npz", file), {.array = "b"});
  CHECK(rows.n_rows() == 4);
  CHECK(refusal_of(folder, file).reason() == "expected the name of one of its arrays, got none; it has: a, b");
  CHECK(refusal_of(folder, file, "c").reason() == "has no array 'c'; it has: a, b");
  CHECK(refusal_of(folder, test::zip({{"readme.txt", "text"}})).reason() == "has no arrays");
  NpzRows only(test::make_file(folder / "only.npz", test::zip({{"readme.txt", ""}, {"x.npy", numbers(1)}})), {});
  CHECK(only.n_rows() == 1);
}

TEST_CASE("a stored array may be in Fortran order, a compressed one may not") {
  const test::TemporaryFolder folder;
  NpzRows rows(test::make_file(folder / "file.npz", test::zip({{"x.npy", numbers(7, "True")}})), {});
  check_rows(rows, 0, 7);
  check_rows(rows, 2, 3);
  CHECK(refusal_of(folder, test::zip({{"x.npy", numbers(7, "True"), 8}})).reason() ==
        "array 'x': is compressed and in Fortran order; save it in C order (numpy.ascontiguousarray) or without "
        "compression");
}

TEST_CASE("arrays that are no samples are refused by name") {
  const test::TemporaryFolder folder;
  const auto header = [](const std::string& descr, const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + "}\n";
  };
  CHECK(refusal_of(folder, test::zip({{"x.npy", test::npy(header("<f4", "(2,)"), "12345678")}})).reason() ==
        "array 'x': expected at least two dimensions (n_samples, n_inputs), got the shape (2,)");
  const std::string dict = header("<f4", "(2, 2)");
  CHECK(refusal_of(folder, test::zip({{"x.npy", test::npy(dict, "123"), 8}})).reason() ==
        "array 'x': truncated: the shape (2, 2) of '<f4' needs 16 bytes after the header, got 3 (at byte " +
            std::to_string(10 + dict.size() + 3) + " of the array)");
  CHECK(refusal_of(folder, test::zip({{"x.npy", test::npy(header("<f4", "(5, 0)"), "")}})).reason() ==
        "array 'x': expected at least one input a row, got none");
}

TEST_CASE("a damaged stored array is refused before its first row") {
  const test::TemporaryFolder folder;
  std::string content = test::zip({{"x.npy", numbers(100'000)}});
  content[1'000'000] = static_cast<char>(content[1'000'000] ^ 1);
  const auto path = test::make_file(folder / "file.npz", content);
  NpzRows rows(path, {});
  for (int i = 0; i < 2; ++i) {
    CHECK(test::refusal(path, [&] { (void)read(rows, 0, 1); }).reason() ==
          "entry 'x.npy': its checksum (CRC-32) is wrong: the data is damaged");
  }
}

TEST_CASE("a damaged compressed array is refused by the last row at the latest, every time") {
  const test::TemporaryFolder folder;
  std::string content = test::zip({{"x.npy", numbers(100'000), 8}});
  const std::size_t crc = content.find("PK\1\2") + 16;
  content[crc] = static_cast<char>(content[crc] ^ 1);
  const auto path = test::make_file(folder / "file.npz", content);
  NpzRows rows(path, {});
  for (int i = 0; i < 2; ++i) {
    check_rows(rows, 0, 1000);
    CHECK(test::refusal(path, [&] { (void)read(rows, 99'999, 1); }).reason() ==
          "entry 'x.npy': its checksum (CRC-32) is wrong: the data is damaged");
  }
}

TEST_CASE("an .npz file cut anywhere or with one changed byte is read or refused") {
  const test::TemporaryFolder folder;
  for (const std::uint16_t method : {std::uint16_t{0}, std::uint16_t{8}}) {
    const std::string content = test::zip({{"x.npy", numbers(5), method, Sizes::Zip64InFront}});
    test::check_every_truncation(folder / "file.npz", content, read_everything);
    CHECK(test::check_every_corruption(folder / "file.npz", content, read_everything) > content.size() * 5);
  }
}

}  // namespace npz_rows_test

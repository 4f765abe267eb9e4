// SPDX-License-Identifier: MIT
#include <parsae/io/npy.hpp>

#include <io/damaged_file.hpp>
#include <io/npy_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace npy_test {

using namespace parsae;

namespace {

std::string dict(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + "}\n";
}

/// [[1, 2, 3], [4, 5, 6]] as NumPy saves it: a header of 128 bytes, then the rows.
std::string two_samples_as_numpy_saves_them() {
  const std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  std::string content = std::string("\x93NUMPY\1\0\x76\0", 10) + header + std::string(117 - header.size(), ' ') + "\n";
  for (const float value : {1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f}) content += test::bytes_of(value);
  return content;
}

Matrix<float> two_samples() {
  Matrix<float> samples(3, 2);
  samples << 1, 4, 2, 5, 3, 6;
  return samples;
}

void read_all(const std::filesystem::path& path) { (void)NpyFile(path).read_samples<double>(); }

FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content) {
  const auto path = test::make_file(folder / "damaged.npy", content);
  return test::refusal(path, [&] { read_all(path); });
}

}  // namespace

TEST_CASE("a C-order array maps as samples in columns, without a copy") {
  const test::TemporaryFolder folder;
  NpyFile opened(test::make_file(folder / "file.npy", two_samples_as_numpy_saves_them()));
  const float* const begin = opened.samples().data();
  const NpyFile file = std::move(opened);
  CHECK(file.type() == ElementType{ElementKind::F32, ByteOrder::Little});
  CHECK(file.n_samples() == 2);
  CHECK(file.n_inputs() == 3);
  CHECK(file.samples().data() == begin);
  CHECK(file.samples() == two_samples());
  CHECK(file.read_samples<float>() == two_samples());
  CHECK(file.read_samples<double>() == two_samples().cast<double>());
}

TEST_CASE("bytes are read as numbers from 0 to 255, dimensions after the first are inputs") {
  const test::TemporaryFolder folder;
  const std::string content = test::npy(dict("|u1", "(2, 1, 2)"), std::string("\0\1\x80\xff", 4));
  const NpyFile file(test::make_file(folder / "file.npy", content));
  CHECK(file.type().kind == ElementKind::U8);
  CHECK(file.shape().size() == 3);
  Matrix<float> expected(2, 2);
  expected << 0, 128, 1, 255;
  CHECK(file.read_samples<float>() == expected);
  CHECK_NOTHROW(file.require_finite());
  CHECK(test::refusal(file.path(), [&] { (void)file.samples(); }).reason() ==
        "only '<f4' can be mapped, got '|u1': use read_samples()");
}

TEST_CASE("data at an odd offset is read, but not mapped") {
  const test::TemporaryFolder folder;
  std::string padded = dict("<f4", "(1, 1)");
  while ((10 + padded.size()) % 4 != 1) padded += ' ';
  const NpyFile file(test::make_file(folder / "file.npy", test::npy(padded, test::bytes_of(1.5f))));
  CHECK(file.read_samples<float>()(0, 0) == 1.5f);
  const FileError error = test::refusal(file.path(), [&] { (void)file.samples(); });
  CHECK(error.reason() == "only data aligned to 4 bytes can be mapped: use read_samples()");
  CHECK(error.offset() == 10 + padded.size());
}

TEST_CASE("arrays without elements are read") {
  const test::TemporaryFolder folder;
  for (const std::string& shape : {std::string("(0, 5)"), std::string("(5, 0)")}) {
    const NpyFile file(test::make_file(folder / "file.npy", test::npy(dict("<f4", shape), "")));
    CHECK(file.read_samples<float>().size() == 0);
    CHECK(file.n_samples() == (shape == "(0, 5)" ? 0 : 5));
    CHECK(file.n_inputs() == (shape == "(0, 5)" ? 5 : 0));
  }
}

TEST_CASE("arrays of less than two dimensions have a shape but no samples") {
  const test::TemporaryFolder folder;
  const NpyFile vector(test::make_file(folder / "vector.npy", test::npy(dict("|u1", "(3,)"), "abc")));
  CHECK(vector.shape().size() == 1);
  const std::string expected = "expected at least two dimensions (n_samples, n_inputs), got the shape ";
  CHECK(test::refusal(vector.path(), [&] { (void)vector.n_samples(); }).reason() == expected + "(3,)");
  CHECK(test::refusal(vector.path(), [&] { (void)vector.n_inputs(); }).reason() == expected + "(3,)");
  CHECK(test::refusal(vector.path(), [&] { (void)vector.samples(); }).reason() == expected + "(3,)");
  const NpyFile scalar(test::make_file(folder / "scalar.npy", test::npy(dict("|u1", "()"), "a")));
  CHECK(test::refusal(scalar.path(), [&] { read_all(scalar.path()); }).reason() == expected + "()");
}

TEST_CASE("every element type is read in both byte orders") {
  const test::TemporaryFolder folder;
  const auto read = [&](const std::string& descr, const std::string& data) {
    const NpyFile file(test::make_file(folder / "file.npy", test::npy(dict(descr, "(2, 1)"), data)));
    CHECK(file.type().name() == descr);
    CHECK_THROWS_AS(file.samples(), FileError);
    return file.read_samples<double>();
  };
  Matrix<double> expected(1, 2);
  expected << 1.5, -2;
  CHECK(read("<f2", std::string("\x00\x3e\x00\xc0", 4)) == expected);
  CHECK(read(">f2", std::string("\x3e\x00\xc0\x00", 4)) == expected);
  CHECK(read(">f4", std::string("\x3f\xc0\0\0\xc0\0\0\0", 8)) == expected);
  CHECK(read("<f8", test::bytes_of(1.5) + test::bytes_of(-2.0)) == expected);
  CHECK(read(">f8", std::string("\x3f\xf8\0\0\0\0\0\0\xc0\0\0\0\0\0\0\0", 16)) == expected);
  expected << 258, -2;
  CHECK(read("<i2", std::string("\x02\x01\xfe\xff", 4)) == expected);
  CHECK(read(">i4", std::string("\0\0\x01\x02\xff\xff\xff\xfe", 8)) == expected);
  CHECK(read("<i8", test::bytes_of(std::int64_t{258}) + test::bytes_of(std::int64_t{-2})) == expected);
  expected << 2, -2;
  CHECK(read("|i1", std::string("\x02\xfe", 2)) == expected);
}

TEST_CASE("an array in Fortran order has the same samples") {
  const test::TemporaryFolder folder;
  std::string data;
  for (const float value : {1.0f, 4.0f, 2.0f, 5.0f, 3.0f, 6.0f}) data += test::bytes_of(value);
  const NpyFile file(test::make_file(folder / "file.npy", test::npy(dict("<f4", "(2, 3)", "True"), data)));
  CHECK(file.n_samples() == 2);
  CHECK(file.n_inputs() == 3);
  CHECK(file.read_samples<float>() == two_samples());
  CHECK(test::refusal(file.path(), [&] { (void)file.samples(); }).reason() ==
        "only C order can be mapped, got Fortran order: use read_samples()");
  data.replace(4 * 3, 4, test::bytes_of(std::numeric_limits<float>::infinity()));
  const FileError error = refusal_of(folder, test::npy(dict("<f4", "(2, 3)", "True"), data));
  CHECK(error.reason() == "expected finite values, got inf in row 1, column 1");
  CHECK(error.offset() == 10 + dict("<f4", "(2, 3)", "True").size() + 4 * 3);
}

TEST_CASE("a finite value that is too large for the type that it is read as is refused") {
  const test::TemporaryFolder folder;
  const NpyFile file(test::make_file(folder / "file.npy",
                                     test::npy(dict("<f8", "(1, 2)"), test::bytes_of(1.0) + test::bytes_of(1e300))));
  CHECK_NOTHROW(file.require_finite());
  CHECK(file.read_samples<double>()(1, 0) == 1e300);
  CHECK(test::refusal(file.path(), [&] { (void)file.read_samples<float>(); }).reason() ==
        "expected finite values, got inf in row 0, column 1");
}

TEST_CASE("a file that is shorter or longer than its shape says is refused") {
  const test::TemporaryFolder folder;
  const std::string content = two_samples_as_numpy_saves_them();
  const FileError shorter = refusal_of(folder, content.substr(0, 140));
  CHECK(shorter.reason() == "truncated: the shape (2, 3) of '<f4' needs 24 bytes after the header, got 12");
  CHECK(shorter.offset() == 140);
  const FileError longer = refusal_of(folder, content + "x");
  CHECK(longer.reason() == "bytes after the data: the shape (2, 3) of '<f4' needs 24 bytes after the header, got 25");
  CHECK(longer.offset() == 152);
}

TEST_CASE(".npy shapes that no file can fill are refused") {
  const test::TemporaryFolder folder;
  const std::string large = "9223372036854775807";
  for (const std::string& shape : {"(" + large + ",)", "(" + large + ", 2)", "(0, " + large + ", " + large + ")"}) {
    CHECK(refusal_of(folder, test::npy(dict("<f4", shape), "")).reason() ==
          "the shape " + shape + " has more elements than can be counted");
  }
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "9,";
  CHECK_THROWS_AS(NpyFile(test::make_file(folder / "many.npy", test::npy(dict("|u1", "(" + many + ")"), ""))),
                  FileError);
  CHECK(
      refusal_of(folder, test::npy(dict("|u1", "(1000000000, 1000000000)"), "x")).reason() ==
      "truncated: the shape (1000000000, 1000000000) of '|u1' needs 1000000000000000000 bytes after the header, got 1");
}

TEST_CASE("values that are not finite are refused with row and column") {
  const test::TemporaryFolder folder;
  std::string content = two_samples_as_numpy_saves_them();
  content.replace(128 + 4 * 5, 4, test::bytes_of(std::numeric_limits<float>::quiet_NaN()));
  const FileError nan = refusal_of(folder, content);
  CHECK(nan.reason() == "expected finite values, got nan in row 1, column 2");
  CHECK(nan.offset() == 148);
  content.replace(128 + 4 * 1, 4, test::bytes_of(-std::numeric_limits<float>::infinity()));
  const NpyFile file(test::make_file(folder / "file.npy", content));
  CHECK(test::refusal(file.path(), [&] { file.require_finite(); }).reason() ==
        "expected finite values, got -inf in row 0, column 1");
  CHECK(file.samples()(0, 1) == 4);
}

TEST_CASE("samples are written as NumPy would save them") {
  const test::TemporaryFolder folder;
  const auto path = folder / "file.npy";
  write_npy(path, two_samples());
  CHECK(test::content_of(path) == two_samples_as_numpy_saves_them());
}

TEST_CASE("what is written is read again, also from a block of a larger matrix") {
  const test::TemporaryFolder folder;
  const auto path = folder / "file.npy";
  const Matrix<float> large = Matrix<float>::Random(50, 700);
  for (const Index rows : {0, 1, 7, 50}) {
    const Matrix<float> block = large.block(50 - rows, 3, rows, 600);
    write_npy(path, large.block(50 - rows, 3, rows, 600));
    const NpyFile file(path);
    CHECK(file.samples() == block);
    CHECK(reinterpret_cast<std::uintptr_t>(file.samples().data()) % 64 == 0);
  }
  CHECK_THROWS_AS(write_npy(folder / "missing" / "file.npy", large), FileError);
}

TEST_CASE("an .npy file cut anywhere is refused") {
  const test::TemporaryFolder folder;
  test::check_every_truncation(folder / "file.npy", two_samples_as_numpy_saves_them(), read_all);
  test::check_every_truncation(folder / "file.npy", test::npy(dict("|u1", "(2, 2)"), "abcd", 3), read_all);
}

TEST_CASE("an .npy file with one changed byte is read or refused") {
  const test::TemporaryFolder folder;
  const auto n_refused = test::check_every_corruption(folder / "file.npy", two_samples_as_numpy_saves_them(), read_all);
  CHECK(n_refused > 128 * 8 * 9 / 10);  // few changes of the header are harmless
  CHECK(test::check_every_corruption(folder / "file.npy", test::npy(dict("|u1", "(2, 2)"), "abcd", 2), read_all) > 0);
}

}  // namespace npy_test

// SPDX-License-Identifier: MIT
#include <parsae/io/npy_header.hpp>

#include <io/damaged_file.hpp>
#include <io/npy_fixture.hpp>
#include <support/temporary_folder.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace npy_header_test {

using namespace parsae;

namespace {

NpyHeader header_of(const test::TemporaryFolder& folder, const std::string& content) {
  return read_npy_header(MappedFile(test::make_file(folder / "file.npy", content)));
}

std::vector<Index> shape_of(const test::TemporaryFolder& folder, const std::string& shape) {
  const std::string dict = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}\n";
  const NpyHeader header = header_of(folder, test::npy(dict, ""));
  return {header.shape.begin(), header.shape.end()};
}

FileError refusal_of(const test::TemporaryFolder& folder, const std::string& content) {
  return test::refusal(folder / "file.npy", [&] { (void)header_of(folder, content); });
}

std::string shape_refusal(const test::TemporaryFolder& folder, const std::string& shape) {
  const std::string dict = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + "}\n";
  const FileError error = refusal_of(folder, test::npy(dict, ""));
  CHECK(error.offset().value_or(0) >= 60);  // 10 bytes, then 50 characters before the shape
  return error.reason();
}

}  // namespace

TEST_CASE("a header is read in every version, order, quote and padding") {
  const test::TemporaryFolder folder;
  for (const std::string& dict : std::vector<std::string>{
           "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 3), }          \n",
           "{'shape':(5,3),'fortran_order':False,'descr':'<f4'}",
           " { \"fortran_order\" : False , \"descr\" : \"<f4\" ,\n \"shape\" : ( 5L , 3L , ) , } \n \n"}) {
    for (const int major : {1, 2, 3}) {
      const NpyHeader header = header_of(folder, test::npy(dict, "data", major));
      CHECK(header.descr == "<f4");
      CHECK_FALSE(header.fortran_order);
      REQUIRE(header.shape.size() == 2);
      CHECK(header.shape[0] == 5);
      CHECK(header.shape[1] == 3);
      CHECK(header.data_begin == static_cast<Index>(dict.size()) + (major == 1 ? 10 : 12));
    }
  }
  CHECK(header_of(folder, test::npy("{'descr': '>i8', 'fortran_order': True, 'shape': ()}\n", "")).fortran_order);
}

TEST_CASE("shapes are read as Python reads them") {
  const test::TemporaryFolder folder;
  using Shape = std::vector<Index>;
  CHECK(shape_of(folder, "()") == Shape{});
  CHECK(shape_of(folder, "(5,)") == Shape{5});
  CHECK(shape_of(folder, "(0, 10)") == Shape{0, 10});
  CHECK(shape_of(folder, "(2, 3, 4,)") == Shape{2, 3, 4});
  CHECK(shape_of(folder, "(12L,)") == Shape{12});
  CHECK(shape_of(folder, "(9223372036854775807,)") == Shape{9223372036854775807});
}

TEST_CASE("shapes that Python would refuse, or read as something else, are refused") {
  const test::TemporaryFolder folder;
  CHECK(shape_refusal(folder, "5") == "expected '(', got '5'");
  CHECK(shape_refusal(folder, "[5, 3]") == "expected '(', got '['");
  CHECK(shape_refusal(folder, "(5)") == "expected ',' after the only dimension of the shape, got ')'");
  CHECK(shape_refusal(folder, "(,)") == "expected a dimension of at least 0, got ','");
  CHECK(shape_refusal(folder, "(5,,3)") == "expected a dimension of at least 0, got ','");
  CHECK(shape_refusal(folder, "(-5,)") == "expected a dimension of at least 0, got '-'");
  CHECK(shape_refusal(folder, "(5.0,)") == "expected ',' after the only dimension of the shape, got '.'");
  CHECK(shape_refusal(folder, "(5, 3") == "expected ')', got '}'");
  CHECK(shape_refusal(folder, "(05,)") == "a dimension begins with a superfluous 0");
  CHECK(shape_refusal(folder, "(9223372036854775808,)") == "a dimension is too large to be counted");
  CHECK(shape_refusal(folder, "(" + std::string(10'000, '9') + ",)") == "a dimension is too large to be counted");
}

TEST_CASE("a dictionary with other, missing or repeated keys is refused") {
  const test::TemporaryFolder folder;
  const auto reason = [&](const std::string& dict) { return refusal_of(folder, test::npy(dict, "")).reason(); };
  CHECK(reason("{'descr': '<f4', 'fortran_order': False, 'form': (1,)}") ==
        "unknown key 'form'; known: 'descr', 'fortran_order', 'shape'");
  CHECK(reason("{'descr': '<f4', 'descr': '<f4'}") == "the key 'descr' appears twice");
  CHECK(reason("{'fortran_order': False, 'fortran_order': False}") == "the key 'fortran_order' appears twice");
  CHECK(reason("{'shape': (), 'shape': ()}") == "the key 'shape' appears twice");
  CHECK(reason("{'fortran_order': False, 'shape': (1,)}") == "the header has no key 'descr'");
  CHECK(reason("{'descr': '<f4', 'shape': (1,)}") == "the header has no key 'fortran_order'");
  CHECK(reason("{'descr': '<f4', 'fortran_order': False}") == "the header has no key 'shape'");
  CHECK(reason("{}") == "the header has no key 'descr'");
}

TEST_CASE("what is no dictionary of this form is refused with the offset") {
  const test::TemporaryFolder folder;
  const auto check = [&](const std::string& dict, std::uint64_t position, const std::string& reason) {
    const FileError error = refusal_of(folder, test::npy(dict, ""));
    CHECK(error.reason() == reason);
    CHECK(error.offset() == 10 + position);
  };
  check("", 0, "expected '{', got the end of the header");
  check("['descr']", 0, "expected '{', got '['");
  check("{descr: '<f4'}", 1, "expected a quoted key, got 'd'");
  check("{'descr'}", 8, "expected ':', got '}'");
  check("{'descr': <f4}", 10, "expected a quoted type, got '<'");
  check("{'descr': [('x', '<f4')]}", 10, "structured arrays are not supported here");
  check("{'descr': '<f4}", 15, "unexpected the end of the header in a quoted text");
  check("{'descr': '<\tf4'}", 12, "unexpected a byte of value 9 in a quoted text");
  check("{'des\\x63r': '<f4'}", 5, "unexpected '\\' in a quoted text");
  check("{'fortran_order': 0}", 18, "expected True or False, got '0'");
  check("{'fortran_order': Falsehood}", 23, "expected '}', got 'h'");
  check("{'descr': '<f4' 'shape': ()}", 16, "expected '}', got '''");
  check("{'descr': '<f4', 'fortran_order': False, 'shape': ()} x", 54, "expected the end of the header, got 'x'");
  check("{'descr': '<f4', 'fortran_order': False, 'shape': ()", 52, "expected '}', got the end of the header");
}

TEST_CASE("what is no .npy file is refused with the offset") {
  const test::TemporaryFolder folder;
  const auto check = [&](const std::string& content, std::uint64_t offset, const std::string& reason) {
    const FileError error = refusal_of(folder, content);
    CHECK(error.reason() == reason);
    CHECK(error.offset() == offset);
  };
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': ()}\n";
  const std::string versions = " is not supported here; supported: 1.0, 2.0, 3.0";
  check("", 0, "truncated: expected at least 10 bytes of header, got 0");
  check("\x93NUMPY", 6, "truncated: expected at least 10 bytes of header, got 6");
  check("PK\3\4 is a zip file", 0, "not an .npy file: it does not begin with \\x93NUMPY");
  check(test::npy(good, "", 0), 6, "format version 0.0" + versions);
  check(test::npy(good, "", 4), 6, "format version 4.0" + versions);
  check(std::string("\x93NUMPY\1\1\2\0{}", 12), 6, "format version 1.1" + versions);
  check(test::npy(good, "", 2).substr(0, 11), 11, "truncated: expected at least 12 bytes of header, got 11");
  check(test::npy(good, "").substr(0, 30), 30, "truncated: expected a header of 64 bytes, got 30");
  check(test::npy(std::string(65'536, ' '), "", 2), 8, "expected a header of at most 65535 bytes, got 65536");
  check(std::string("\x93NUMPY\2\0\xff\xff\xff\xff", 12), 8,
        "expected a header of at most 65535 bytes, got 4294967295");
}

}  // namespace npy_header_test

// SPDX-License-Identifier: MIT
#include <parsae/io/npy_layout.hpp>

#include <io/damaged_file.hpp>

#include <initializer_list>
#include <string>

namespace npy_layout_test {

using namespace parsae;

namespace {

NpyHeader header_of(const std::string& descr, std::initializer_list<Index> shape) {
  NpyHeader header;
  header.descr = descr;
  header.data_begin = 128;
  header.shape.append({shape.begin(), static_cast<Index>(shape.size())});
  return header;
}

FileError refusal_of(const NpyHeader& header, Index got) {
  return test::refusal("file.npy", [&] { (void)npy_layout("file.npy", header, got); });
}

}  // namespace

TEST_CASE("a header and the size of its data make a layout") {
  NpyHeader header = header_of(">f8", {3, 2});
  CHECK(npy_layout("file.npy", header, 48).description() == "'>f8' (3, 2), C order");
  header.fortran_order = true;
  CHECK(npy_layout("file.npy", header, 48).order() == ArrayLayout::Order::Fortran);
  CHECK(require_npy_array("file.npy", header_of("<i2", {3}), 6) == ElementType{ElementKind::I16, ByteOrder::Little});
}

TEST_CASE("element types that are not numbers are refused by name") {
  const std::string supported =
      " is not supported here; supported, in either byte order: f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8";
  CHECK(refusal_of(header_of("|b1", {1, 1}), 1).reason() == "'|b1'" + supported);
  CHECK(refusal_of(header_of("<c8", {1, 1}), 8).reason() == "'<c8'" + supported);
  CHECK(refusal_of(header_of("|V2", {1, 1}), 2).reason() == "'|V2'" + supported);
  CHECK(refusal_of(header_of("|O", {1, 1}), 8).reason() == "'|O' holds pickled Python objects, which are never read");
}

TEST_CASE("a size that is not that of the shape is refused where the data ends") {
  const FileError shorter = refusal_of(header_of("<f2", {3, 2}), 11);
  CHECK(shorter.reason() == "truncated: the shape (3, 2) of '<f2' needs 12 bytes after the header, got 11");
  CHECK(shorter.offset() == 139);
  const FileError longer = refusal_of(header_of("<f2", {3, 2}), 13);
  CHECK(longer.reason() == "bytes after the data: the shape (3, 2) of '<f2' needs 12 bytes after the header, got 13");
  CHECK(longer.offset() == 140);
}

TEST_CASE("shapes without samples and with too many dimensions are refused") {
  CHECK(refusal_of(header_of("<f4", {3}), 12).reason() ==
        "expected at least two dimensions (n_samples, n_inputs), got the shape (3,)");
  NpyHeader deep = header_of("|u1", {});
  for (int i = 0; i < 65; ++i) deep.shape.push_back(1);
  CHECK(refusal_of(deep, 1).reason() == "expected at most 64 dimensions, got 65");
}

}  // namespace npy_layout_test

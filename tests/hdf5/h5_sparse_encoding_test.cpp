// SPDX-License-Identifier: MIT
#include <parsae/hdf5/h5_sparse_encoding.hpp>

#include <hdf5/h5_fixture.hpp>
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace h5_sparse_encoding_test {

using namespace parsae;

TEST_CASE("a group says in either way that it is a sparse matrix") {
  const test::TemporaryFolder folder;
  test::H5Writer writer(folder / "a.h5");
  for (const char* const name : {"rows", "columns", "fixed", "old_rows", "old_columns", "shapeless", "frame", "plain"})
    writer.group(name);
  writer.text_attribute("rows", "encoding-type", "csr_matrix");
  writer.number_attribute("rows", "shape", {5, 7});
  writer.text_attribute("columns", "encoding-type", "csc_matrix");
  writer.number_attribute("columns", "shape", {6, 8});
  writer.fixed_text_attribute("fixed", "encoding-type", "csr_matrix");
  writer.number_attribute("fixed", "shape", {1, 2});
  writer.fixed_text_attribute("old_rows", "h5sparse_format", "csr");
  writer.number_attribute("old_rows", "h5sparse_shape", {3, 4});
  writer.text_attribute("old_columns", "h5sparse_format", "csc");
  writer.number_attribute("old_columns", "h5sparse_shape", {4, 3});
  writer.text_attribute("shapeless", "encoding-type", "csr_matrix");
  writer.number_attribute("shapeless", "shape", {1, 2, 3});
  writer.text_attribute("frame", "encoding-type", "dataframe");
  writer.number_attribute("plain", "encoding-type", {1});
  const auto of = [&](const char* name) {
    return H5SparseEncoding::of(H5Handle(H5Oopen(writer.file().id(), name, H5P_DEFAULT)));
  };
  const auto check = [&](const char* name, H5SparseEncoding::Order order, std::array<std::int64_t, 2> shape) {
    INFO(name);
    const std::optional<H5SparseEncoding> encoding = of(name);
    REQUIRE(encoding.has_value());
    CHECK((encoding->order == order));
    CHECK(encoding->shape == shape);
  };
  check("rows", H5SparseEncoding::Order::Rows, {5, 7});
  check("columns", H5SparseEncoding::Order::Columns, {6, 8});
  check("fixed", H5SparseEncoding::Order::Rows, {1, 2});
  check("old_rows", H5SparseEncoding::Order::Rows, {3, 4});
  check("old_columns", H5SparseEncoding::Order::Columns, {4, 3});
  check("shapeless", H5SparseEncoding::Order::Rows, {0, 0});
  CHECK_FALSE(of("frame").has_value());
  CHECK_FALSE(of("plain").has_value());
}

}  // namespace h5_sparse_encoding_test

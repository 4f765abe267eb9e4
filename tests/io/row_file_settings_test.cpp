// SPDX-License-Identifier: MIT
#include <parsae/io/element_type.hpp>
#include <parsae/io/row_file_settings.hpp>

#include <support/catch.hpp>

namespace row_file_settings_test {

using namespace parsae;

TEST_CASE("files without header are refused unless they are described, and are float32 then") {
  const RowFileSettings settings;
  CHECK(settings.raw_dim == 0);
  CHECK(settings.raw_skip_bytes == 0);
  CHECK(raw_element_type(settings.raw_dtype) == ElementType{ElementKind::F32, ByteOrder::Little});
  CHECK(settings.array.empty());
  CHECK(settings.csv_header == RowFileSettings::CsvHeader::Detect);
}

}  // namespace row_file_settings_test

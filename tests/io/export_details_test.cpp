// SPDX-License-Identifier: MIT
#include <parsae/io/export_details.hpp>

#include <support/catch.hpp>

namespace export_details_test {

using namespace parsae;

TEST_CASE("nothing is known of a model unless it is said") {
  const ExportDetails details;
  CHECK(details.metadata == nlohmann::ordered_json::object());
  CHECK(details.density.size() == 0);
}

}  // namespace export_details_test

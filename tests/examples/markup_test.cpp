// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/markup.hpp>

#include <cstdint>
#include <limits>

namespace markup_test {

using parsae_examples::grouped;

TEST_CASE("numbers are grouped in threes, with the sign outside") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(199450) == "199,450");
  CHECK(grouped(1234567) == "1,234,567");
  CHECK(grouped(-100) == "-100");
  CHECK(grouped(-123456) == "-123,456");
  CHECK(grouped(std::numeric_limits<std::int64_t>::min()) == "-9,223,372,036,854,775,808");
}

}  // namespace markup_test

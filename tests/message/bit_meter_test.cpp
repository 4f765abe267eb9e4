// SPDX-License-Identifier: MIT
#include <parsae/message/bit_meter.hpp>

#include <support/catch.hpp>

namespace bit_meter_test {

using namespace parsae;

TEST_CASE("a meter adds up what symbols cost") {
  BitMeter meter;
  CHECK(meter.bits() == 0);
  meter.encode({.begin = 1, .size = 1, .total = 8});
  meter.encode({.begin = 0, .size = 2, .total = 4});
  meter.encode({.begin = 0, .size = 7, .total = 7});
  CHECK(meter.bits() == 4);
}

}  // namespace bit_meter_test

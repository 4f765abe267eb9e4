// SPDX-License-Identifier: MIT
#include <parsae/message/message_size.hpp>

#include <support/catch.hpp>

namespace message_size_test {

using namespace parsae;

TEST_CASE("sums of a size") {
  MessageSize size;
  size.bytes = {100, 20, 30, 12, 838};
  size.bits.presence = 1;
  size.bits.value = 2;
  size.bits.presence_model = 4;
  size.bits.value_model = 8;
  size.bits.dictionary = 16;
  size.bits.dictionary_model = 32;
  size.n_samples = 10;
  CHECK(size.bytes.total() == 1000);
  CHECK(size.bits_per_sample() == 800);
  CHECK(size.bits.codes() == 3);
  CHECK(size.bits.models() == 12);
  CHECK(size.bits.total() == 63);
}

}  // namespace message_size_test

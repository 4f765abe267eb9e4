// SPDX-License-Identifier: MIT
#include <parsae/message/message_decoder.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <functional>
#include <limits>

namespace message_decoder_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

void require_changed(const std::function<void(MessageDecoder<double>&)>& change) {
  MessageDecoder<double> decoder{quantize_dictionary(test::random_matrix<double>(3, 5, 131), 4),
                                 quantize_dictionary(test::random_matrix<double>(3, 1, 132), 6), 2.0};
  change(decoder);
  detail::require_decoder(decoder, 5);
}

}  // namespace

TEST_CASE("decoders whose parts do not fit are refused") {
  CHECK_NOTHROW(require_changed([](auto&) {}));
  CHECK_NOTHROW(require_changed([](auto& d) { d.output_scale = -1; }));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.dictionary.w_dec.resize(3, 4); }),
                    ContainsSubstring("MessageDecoder dictionary: expected a 3 x 5 matrix, got 3 x 4"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.bias.w_dec.resize(2, 1); }),
                    ContainsSubstring("MessageDecoder bias: expected a 3 x 1 matrix, got 2 x 1"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.dictionary.bits_per_weight = 1; }),
                    ContainsSubstring("MessageDecoder dictionary levels: expected a value from 2 to 24, got 1"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.bias.w_dec.resize(3, 2); }),
                    ContainsSubstring("MessageDecoder bias: expected a 3 x 1 matrix, got 3 x 2"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.bias.bits_per_weight = 25; }),
                    ContainsSubstring("MessageDecoder bias levels: expected a value from 2 to 24, got 25"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.bias.levels.push_back(0); }),
                    ContainsSubstring("MessageDecoder bias levels: expected 3 levels, got 4"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.dictionary.levels[7] = 8; }),
                    ContainsSubstring("MessageDecoder dictionary levels: expected a value from -7 to 7, got 8"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.dictionary.levels[7] = -8; }),
                    ContainsSubstring("MessageDecoder dictionary levels: expected a value from -7 to 7, got -8"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.output_scale = std::numeric_limits<double>::quiet_NaN(); }),
                    ContainsSubstring("MessageDecoder scales: expected finite numbers, got nan"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.dictionary.step = std::numeric_limits<double>::infinity(); }),
                    ContainsSubstring("MessageDecoder scales: expected finite numbers, got inf"));
  CHECK_THROWS_WITH(require_changed([](auto& d) { d.bias.step = -std::numeric_limits<double>::infinity(); }),
                    ContainsSubstring("MessageDecoder scales: expected finite numbers, got -inf"));
}

}  // namespace message_decoder_test

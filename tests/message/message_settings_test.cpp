// SPDX-License-Identifier: MIT
#include <parsae/message/message_settings.hpp>

#include <message/message_fixture.hpp>
#include <support/catch.hpp>
#include <support/temporary_folder.hpp>

namespace message_settings_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

void write_with(const MessageSettings& settings) {
  const test::TemporaryFolder folder;
  const auto code = test::code_from({{{0, 0.5}}, {{1, 0.2}}});
  const CodeQuantizer quantizer(code, 2, {});
  write_message(folder / "m", test::random_decoder<double>(2, 2, 4), quantizer, code, settings, Threads(1));
}

}  // namespace

TEST_CASE("settings have their ranges") {
  CHECK_NOTHROW(write_with({}));
  CHECK_NOTHROW(write_with({.block_size = 1, .presence_bits = 2, .value_bits = 1}));
  CHECK_NOTHROW(write_with({.block_size = 1 << 20, .presence_bits = 16, .value_bits = 24}));
  CHECK_THROWS_WITH(write_with({.block_size = 0}), ContainsSubstring("write_message block_size"));
  CHECK_THROWS_WITH(write_with({.block_size = (1 << 20) + 1}), ContainsSubstring("write_message block_size"));
  CHECK_THROWS_WITH(write_with({.tree_most_latents = 0}), ContainsSubstring("write_message tree_most_latents"));
  CHECK_THROWS_WITH(write_with({.tree_most_latents = (1 << 16) + 1}),
                    ContainsSubstring("write_message tree_most_latents"));
  CHECK_THROWS_WITH(write_with({.presence_bits = 1}), ContainsSubstring("write_message presence_bits"));
  CHECK_THROWS_WITH(write_with({.presence_bits = 17}), ContainsSubstring("write_message presence_bits"));
  CHECK_THROWS_WITH(write_with({.value_bits = -1}), ContainsSubstring("write_message value_bits"));
  CHECK_THROWS_WITH(write_with({.value_bits = 25}), ContainsSubstring("write_message value_bits"));
}

}  // namespace message_settings_test

// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/sha256.hpp>

#include <string>

namespace sha256_test {

using namespace parsae_examples;

TEST_CASE("SHA-256 of the published test messages") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1000000, 'a')) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the message is cut, with any length around a block") {
  for (std::size_t length = 50; length < 135; ++length) {
    std::string message;
    for (std::size_t i = 0; i < length; ++i) message += static_cast<char>(i * 7);
    Sha256 hash;
    hash.add(message.data(), 1);
    hash.add(message.data() + 1, 39);
    hash.add(message.data() + 40, length - 40);
    CHECK(hash.hex() == sha256_hex(message));
  }
}

}  // namespace sha256_test

// SPDX-License-Identifier: MIT
#include <parsae/message/message_header.hpp>

#include <io/damaged_file.hpp>

#include <functional>
#include <limits>
#include <string>

namespace message_header_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using detail::MessageHeader;

namespace {

/// A header, and a file of the size that it says.
MessageHeader possible_header() {
  MessageHeader header;
  header.n_latents = 100;
  header.n_outputs = 10;
  header.n_bins = 16;
  header.block_size = 1000;
  header.n_samples = 2500;
  header.scalar_size = 4;
  header.range_size = 8;
  header.has_shared_range = 1;
  header.presence_bits = 10;
  header.value_precision = 8;
  header.dictionary_bits = 6;
  header.dictionary_precision = 10;
  header.bias_bits = 8;
  header.models_bytes = 50;
  header.dictionary_bytes = 40;
  header.bias_bytes = 10;
  header.blocks_bytes = 300;
  return header;
}

Buffer<std::byte> file_of(const MessageHeader& header) {
  Buffer<std::byte> file = header.bytes();
  file.resize(MessageHeader::size() + 8 + 50 + 40 + 10 + 36 + 300);
  return file;
}

std::string refused(const std::function<void(MessageHeader&)>& change) {
  MessageHeader header = possible_header();
  change(header);
  const Buffer<std::byte> file = file_of(header);
  return test::refusal("path", [&] { static_cast<void>(MessageHeader::parse("path", file.slice())); }).reason();
}

}  // namespace

TEST_CASE("a header comes back, and its bytes have a fixed place") {
  const MessageHeader header = possible_header();
  const Buffer<std::byte> file = file_of(header);
  const MessageHeader read = MessageHeader::parse("path", file.slice());
  CHECK(read.bytes() == header.bytes());
  CHECK(read.n_samples == 2500);
  CHECK(read.n_blocks() == 3);
  CHECK(read.index_bytes() == 36);
  CHECK(read.ranges_bytes() == 8);
  CHECK(MessageHeader::size() == 110);
  CHECK(as_text(file.slice().part(0, 8)) == "PARSAEMS");
}

TEST_CASE("other files, cut headers and changed bytes are refused") {
  const Buffer<std::byte> file = file_of(possible_header());
  const auto reason = [](Slice<const std::byte> bytes) {
    return test::refusal("path", [&] { static_cast<void>(MessageHeader::parse("path", bytes)); }).reason();
  };
  CHECK_THAT(reason(as_bytes("")), ContainsSubstring("not a parsae message"));
  CHECK_THAT(reason(as_bytes("PARSAEMT and more")), ContainsSubstring("not a parsae message"));
  CHECK_THAT(reason(file.slice().part(0, 109)),
             ContainsSubstring("truncated: expected a header of 110 bytes, got 109"));
  for (Index at = 8; at < MessageHeader::size(); ++at) {
    Buffer<std::byte> changed = file;
    changed[at] ^= std::byte{0x10};
    CHECK_THAT(reason(changed.slice()), ContainsSubstring("damaged: the checksum of its header is wrong"));
  }
}

TEST_CASE("headers that no writer can have written are refused before anything is read by them") {
  CHECK_THAT(refused([](auto& h) { h.version = 2; }), ContainsSubstring("expected version 1, got 2"));
  CHECK_THAT(refused([](auto& h) { h.n_latents = 0; }), ContainsSubstring("number of latents"));
  CHECK_THAT(refused([](auto& h) { h.n_latents = 0x80000000u; }), ContainsSubstring("number of latents"));
  CHECK_THAT(refused([](auto& h) { h.n_outputs = 0x80000000u; }), ContainsSubstring("number of latents or outputs"));
  CHECK_THAT(refused([](auto& h) { h.n_bins = 0; }), ContainsSubstring("number of bins"));
  CHECK_THAT(refused([](auto& h) { h.n_bins = (1 << 24) + 1; }), ContainsSubstring("number of bins"));
  CHECK_THAT(refused([](auto& h) { h.block_size = 0; }), ContainsSubstring("block size"));
  CHECK_THAT(refused([](auto& h) { h.block_size = (1 << 20) + 1; }), ContainsSubstring("block size"));
  CHECK_THAT(refused([](auto& h) { h.scalar_size = 2; }), ContainsSubstring("size of numbers"));
  CHECK_THAT(refused([](auto& h) { h.range_size = 0; }), ContainsSubstring("size of numbers"));
  CHECK_THAT(refused([](auto& h) { h.has_forest = 2; }), ContainsSubstring("flag"));
  CHECK_THAT(refused([](auto& h) { h.presence_bits = 17; }), ContainsSubstring("precision of presence"));
  CHECK_THAT(refused([](auto& h) { h.value_precision = 0; }), ContainsSubstring("precision of values"));
  CHECK_THAT(refused([](auto& h) { h.dictionary_bits = 25; }), ContainsSubstring("precision of the dictionary"));
  CHECK_THAT(refused([](auto& h) { h.bias_bits = 1; }), ContainsSubstring("precision of the dictionary"));
  CHECK_THAT(refused([](auto& h) { h.bias_precision = 25; }), ContainsSubstring("histogram of weights"));
  CHECK_THAT(refused([](auto& h) { h.dictionary_bits = 17; }), ContainsSubstring("histogram of fine weights"));
  CHECK_THAT(refused([](auto& h) { h.output_scale = std::numeric_limits<double>::infinity(); }),
             ContainsSubstring("not finite"));
  CHECK_THAT(refused([](auto& h) { h.models_bytes = ~std::uint64_t{0}; }), ContainsSubstring("larger than the file"));
  CHECK_THAT(refused([](auto& h) { h.n_samples = 0; }), ContainsSubstring("more samples"));
  CHECK_THAT(refused([](auto& h) { h.n_samples = std::uint64_t{1} << 62; }), ContainsSubstring("more samples"));
  CHECK_THAT(refused([](auto& h) { h.n_samples = 3001; }), ContainsSubstring("truncated"));
  CHECK_THAT(refused([](auto& h) { h.n_samples = 2000; }), ContainsSubstring("bytes behind its end"));
  CHECK_THAT(refused([](auto& h) { h.n_latents = 60'000; }), ContainsSubstring("more latents"));
  CHECK_THAT(refused([](auto& h) { h.n_outputs = 1'000'000; }), ContainsSubstring("more weights"));
}

}  // namespace message_header_test

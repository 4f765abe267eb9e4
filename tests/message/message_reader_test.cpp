// SPDX-License-Identifier: MIT
#include <parsae/message/message_reader.hpp>

#include <io/damaged_file.hpp>
#include <message/message_fixture.hpp>
#include <support/allocation_watch.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <cstring>
#include <string>

namespace message_reader_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Range = CodeQuantizer::Range;
using Tree = MessageSettings::Tree;

namespace {

/// Writes and reads a message and compares everything that it holds.
template <class Scalar>
MessageSize check_round_trip(const SparseCode<Scalar>& code, const CodeQuantizer& quantizer,
                             const MessageDecoder<Scalar>& decoder, const MessageSettings& settings) {
  const test::TemporaryFolder folder;
  const auto path = folder / "message";
  const MessageSize size = write_message(path, decoder, quantizer, code, settings, Threads(1));
  CHECK(size.bytes.total() == static_cast<Index>(std::filesystem::file_size(path)));
  const MessageReader<Scalar> message(path);
  CHECK(message.n_samples() == code.n_samples());
  CHECK(message.n_latents() == quantizer.n_latents());
  CHECK(message.block_size() == settings.block_size);
  CHECK(message.n_blocks() == divide_up(code.n_samples(), settings.block_size));
  CHECK(message.w_dec() == decoder.dictionary.w_dec);
  CHECK(message.b_dec() == decoder.bias.w_dec);
  CHECK(message.output_scale() == decoder.output_scale);
  CHECK(message.tree().n_edges() == size.n_edges);
  for (Index j = 0; j < quantizer.n_latents(); ++j) REQUIRE(message.quantizer().range(j) == quantizer.range(j));
  CHECK(message.read(Threads(1)) == test::as_received(code, quantizer));
  return size;
}

/// A file as somebody would write it who knows the format: all checksums that can be found are right.
std::string sealed(std::string content) {
  const auto bytes = [&](Index begin, Index size) { return as_bytes(std::string_view(content)).part(begin, size); };
  const Index size = static_cast<Index>(content.size());
  detail::MessageHeader header;
  Index at = 0;
  detail::MessageHeader::visit(header, [&](auto& field) {
    std::memcpy(&field, content.data() + at, sizeof(field));
    at += static_cast<Index>(sizeof(field));
  });
  const Index front = detail::MessageHeader::size();
  if (header.blocks_bytes <= static_cast<std::uint64_t>(size - front) && header.block_size > 0) {
    const Index blocks = size - static_cast<Index>(header.blocks_bytes);
    const Index n_blocks = static_cast<Index>(std::min<std::uint64_t>(header.n_blocks(), 1000));
    Index begin = blocks;
    for (Index b = 0; b < n_blocks && blocks - 12 * (n_blocks - b) >= front; ++b) {
      char* const entry = content.data() + blocks - 12 * (n_blocks - b);
      std::uint32_t block_size = 0;
      std::memcpy(&block_size, entry, 4);
      if (block_size > size - begin) break;
      const std::uint32_t crc = detail::crc32_of(bytes(begin, block_size));
      std::memcpy(entry + 8, &crc, 4);
      begin += block_size;
    }
    header.front_crc = detail::crc32_of(bytes(front, blocks - front));
  }
  const Buffer<std::byte> sealed_header = header.bytes();
  std::memcpy(content.data(), sealed_header.data(), static_cast<std::size_t>(front));
  return content;
}

template <class Scalar>
void check_all_settings(const SparseCode<Scalar>& code, Index n_latents) {
  for (const Range range : {Range::Shared, Range::PerLatent})
    for (const Index n_bins : {1, 2, 16, 300})
      for (const Tree tree : {Tree::WhenItPays, Tree::Never, Tree::Always}) {
        CAPTURE(n_bins, static_cast<int>(tree));
        const CodeQuantizer quantizer(code, n_latents, {.n_bins = n_bins, .range = range});
        check_round_trip(code, quantizer, test::random_decoder<Scalar>(3, n_latents, 5),
                         {.block_size = 16, .tree = tree});
      }
}

}  // namespace

TEMPLATE_TEST_CASE("random codes come back", "", float, double) {
  check_all_settings(test::random_code<TestType>(13, 100, 71), 13);
  check_all_settings(test::family_code<TestType>(40, 150, 72), 40);
}

TEST_CASE("codes at the edges come back: nothing active, everything, one latent, one sample") {
  check_all_settings(test::code_from({{}, {}, {}}), 4);
  check_all_settings(test::code_from({{}}), 1);
  check_all_settings(test::code_from({{{0, 0.7}}}), 1);
  check_all_settings(test::code_from({{{0, 0.7}}, {}, {{0, 0.1}}, {}}), 1);
  check_all_settings(test::code_from({{}, {{2, 0.7}}, {}, {{0, 0.1}, {2, 9.0}}, {}}), 7);
  const Matrix<double> values = test::random_matrix<double>(6, 90, 73).cwiseAbs();
  check_all_settings(test::code_of(values, Matrix<int>::Ones(6, 90).eval()), 6);
  Matrix<int> selected = (test::random_matrix<double>(9, 70, 74).array() > 0.5).cast<int>();
  selected.row(4).setOnes();  // one that is always active among others
  const auto with_always = test::code_of(test::random_matrix<double>(9, 70, 78).cwiseAbs().eval(), selected);
  check_all_settings(with_always, 9);
}

TEST_CASE("any samples read alone are those of the whole") {
  const test::TemporaryFolder folder;
  const auto code = test::family_code<float>(32, 333, 75);
  const CodeQuantizer quantizer(code, 32, {.n_bins = 8});
  const auto received = test::as_received(code, quantizer);
  write_message(folder / "m", test::random_decoder<float>(2, 32, 4), quantizer, code, {.block_size = 50}, Threads(1));
  const MessageReader<float> message(folder / "m");
  for (const SampleRange range : {SampleRange{0, 333},
                                  {0, 1},
                                  {49, 50},
                                  {49, 51},
                                  {120, 290},
                                  {300, 333},
                                  {332, 333},
                                  {100, 150},
                                  {7, 7},
                                  {333, 333}}) {
    std::vector<Index> samples;
    for (Index i = range.begin; i < range.end; ++i) samples.push_back(i);
    for (const int threads : {1, 3}) CHECK(message.read(range, Threads(threads)) == test::picked(received, samples));
  }
  for (const SampleRange range : {SampleRange{-1, 5}, {5, 4}, {0, 334}, {334, 334}})
    CHECK_THROWS_AS(message.read(range, Threads(1)), std::invalid_argument);
}

TEST_CASE("reconstructions are those of the rounded dictionary, in the units of the samples") {
  const test::TemporaryFolder folder;
  const auto code = test::random_code<double>(9, 20, 76);
  const CodeQuantizer quantizer(code, 9, {.n_bins = 8});
  const auto decoder = test::random_decoder<double>(4, 9, 6);
  write_message(folder / "m", decoder, quantizer, code, {.block_size = 7}, Threads(1));
  const Matrix<double> z = test::dense(test::as_received(code, quantizer), 9).middleCols(5, 10);
  const Matrix<double> expected =
      ((decoder.dictionary.w_dec * z).colwise() + decoder.bias.w_dec.col(0)) / decoder.output_scale;
  const MessageReader<double> message(folder / "m");
  CHECK(message.reconstruct({5, 15}, Threads(1)).isApprox(expected, 1e-12));
}

TEST_CASE("a file that is cut anywhere, or has a byte changed anywhere, is refused") {
  const test::TemporaryFolder folder;
  const auto read_all = [](const std::filesystem::path& path) {
    const MessageReader<float> message(path);
    static_cast<void>(message.read(Threads(1)));
  };
  for (const Tree tree : {Tree::Never, Tree::Always}) {
    const auto code = test::family_code<float>(8, 40, 77);
    const CodeQuantizer quantizer(code, 8, {.n_bins = 4});
    write_message(folder / "m", test::random_decoder<float>(2, 8, 3), quantizer, code, {.block_size = 16, .tree = tree},
                  Threads(1));
    const std::string content = test::content_of(folder / "m");
    CHECK_NOTHROW(read_all(folder / "m"));
    test::check_every_truncation(folder / "cut", content, read_all);
    const std::size_t n_refused = test::check_every_corruption(folder / "changed", content, read_all);
    CHECK(n_refused == 8 * content.size());
    test::make_file(folder / "longer", content + '\0');
    CHECK(test::refusal(folder / "longer", [&] { read_all(folder / "longer"); }).reason() ==
          "its header is impossible: bytes behind its end");
  }
}

TEST_CASE("a file with right checksums and any content is read or refused, with little memory") {
  const test::TemporaryFolder folder;
  const auto code = test::family_code<float>(8, 40, 79);
  const CodeQuantizer quantizer(code, 8, {.n_bins = 4, .range = Range::PerLatent});
  std::size_t n_refused = 0;
  std::size_t n_read = 0;
  std::size_t largest = 0;
  for (const Tree tree : {Tree::Never, Tree::Always}) {
    const auto path = folder / "m";
    write_message(path, test::random_decoder<float>(2, 8, 3), quantizer, code, {.block_size = 16, .tree = tree},
                  Threads(1));
    const std::string content = test::content_of(path);
    CHECK(sealed(content) == content);
    for (std::size_t at = 0; at < content.size(); ++at) {
      for (const int mask : {0x01, 0x02, 0x08, 0x20, 0x40, 0x80, 0xff}) {
        std::string changed = content;
        changed[at] = static_cast<char>(changed[at] ^ mask);
        test::make_file(folder / "changed", sealed(changed));
        const test::AllocationWatch watch;
        try {
          const MessageReader<float> message(folder / "changed");
          n_read += message.read(Threads(1)).n_samples() == message.n_samples();
        } catch (const FileError&) {
          ++n_refused;
        }
        largest = std::max(largest, watch.largest_bytes());
      }
    }
  }
  CHECK(n_refused > 1000);
  CHECK(n_read > 100);         // another weight is another message
  CHECK(largest < 4'000'000);  // the files have some hundred bytes: at most 1024 symbols for each
}

TEST_CASE("absurd sizes with right checksums are refused without allocating them") {
  const test::TemporaryFolder folder;
  const auto code = test::family_code<float>(8, 40, 80);
  const CodeQuantizer quantizer(code, 8, {.n_bins = 4});
  write_message(folder / "m", test::random_decoder<float>(2, 8, 3), quantizer, code, {.block_size = 16}, Threads(1));
  const std::string content = test::content_of(folder / "m");
  const auto with = [&](auto change) {
    detail::MessageHeader header = detail::MessageHeader::parse("m", as_bytes(std::string_view(content)));
    change(header);
    std::string changed = content;
    const Buffer<std::byte> bytes = header.bytes();
    std::memcpy(changed.data(), bytes.data(), static_cast<std::size_t>(bytes.size()));
    return sealed(changed);
  };
  for (const std::string& hostile : {
           with([](auto& h) { h.n_latents = 0x7fffffff; }),
           with([](auto& h) { h.n_outputs = 0x7fffffff; }),
           with([](auto& h) { h.n_latents = 100'000, h.n_outputs = 100'000; }),
           with([](auto& h) { h.n_bins = 1 << 24; }),
           with([](auto& h) { h.n_samples = std::uint64_t{1} << 40; }),
           with([](auto& h) { h.n_samples = ~std::uint64_t{0}; }),
           with([](auto& h) { h.block_size = 1; }),
           with([](auto& h) { h.models_bytes = ~std::uint64_t{0} - 50; }),
           with([](auto& h) { h.blocks_bytes = ~std::uint64_t{0}; }),
       }) {
    test::make_file(folder / "hostile", hostile);
    const test::AllocationWatch watch;
    CHECK_THROWS_AS(MessageReader<float>(folder / "hostile"), FileError);
    CHECK(watch.largest_bytes() < 1'000'000);
  }
}

TEST_CASE("another type of numbers, another file and none are refused with the reason") {
  const test::TemporaryFolder folder;
  const auto code = test::family_code<float>(8, 40, 80);
  write_message(folder / "m", test::random_decoder<float>(2, 8, 3), CodeQuantizer(code, 8, {}), code, {}, Threads(1));
  const auto reason = [](const std::filesystem::path& path) {
    return test::refusal(path, [&] { const MessageReader<double> message(path); }).reason();
  };
  CHECK(reason(folder / "m") == "its numbers have 4 bytes, expected 8");
  CHECK(reason(folder / "none") == "cannot be opened to read: No such file or directory");
  CHECK(reason(test::make_file(folder / "text", "some text that is long enough to be a header, were it one")) ==
        "not a parsae message: it begins with other bytes");
}

}  // namespace message_reader_test

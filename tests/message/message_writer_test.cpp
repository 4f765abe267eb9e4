// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/io/npy.hpp>
#include <parsae/message/message_reader.hpp>
#include <parsae/message/message_writer.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/model/initialize.hpp>

#include <io/damaged_file.hpp>
#include <message/message_fixture.hpp>
#include <support/close_to.hpp>
#include <support/temporary_folder.hpp>

#include <cstdlib>
#include <string>

namespace message_writer_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Tree = MessageSettings::Tree;

namespace {

constexpr Index n_latents = 64;

/// Presence and values as the analysis measures them, in bits of all samples.
double entropy_of(const SparseCode<float>& code, const CodeQuantizer& quantizer) {
  DescriptionLengthMeter meter(quantizer);
  meter.add(code);
  return meter.result().bits_total() * static_cast<double>(code.n_samples());
}

double presence_in_forest(const SparseCode<float>& code, const PresenceTree& tree) {
  PresenceTreeCounts counts(tree);
  counts.add(code);
  return presence_bits(counts) * static_cast<double>(code.n_samples());
}

}  // namespace

TEST_CASE("codes take the bits that were computed for them, and those are the entropy") {
  const test::TemporaryFolder folder;
  const auto code = test::family_code<float>(n_latents, 6000, 81);
  const CodeQuantizer quantizer(code, n_latents, {.n_bins = 16});
  const auto decoder = test::random_decoder<float>(20, n_latents, 6);
  const double entropy = entropy_of(code, quantizer);
  for (const Index block_size : {100, 1000, 100'000}) {
    const auto size = write_message(folder / "m", decoder, quantizer, code,
                                    {.block_size = block_size, .tree = Tree::Never}, Threads(1));
    const double n_blocks = static_cast<double>(divide_up(6000, block_size));
    const double written = 8 * static_cast<double>(size.bytes.codes);
    CHECK(size.bits.codes() >= entropy * (1 - 1e-12));
    CHECK(size.bits.codes() < entropy * 1.005);  // what rounding the models costs
    CHECK(written > size.bits.codes() * 0.999 - 8);
    CHECK(written < size.bits.codes() * 1.001 + 64 * n_blocks);
    CHECK(size.bytes.index == 12 * static_cast<Index>(n_blocks));
    CHECK(std::abs(8 * static_cast<double>(size.bytes.models) - size.bits.models()) < 64);
    CHECK(std::abs(8 * static_cast<double>(size.bytes.dictionary) - size.bits.dictionary - size.bits.dictionary_model) <
          128);
    CHECK(size.bits.dictionary >= decoder.dictionary.bits_entropy);
    CHECK(size.bits_per_sample() == 8 * static_cast<double>(size.bytes.total()) / 6000);
    CHECK(size.bits.independent == size.bits.presence + size.bits.presence_model);
    CHECK(size.bits.forest == std::numeric_limits<double>::infinity());
  }
}

TEST_CASE("a forest is sent when the message is shorter with it") {
  const test::TemporaryFolder folder;
  const auto families = test::family_code<float>(n_latents, 6000, 82);
  const CodeQuantizer quantizer(families, n_latents, {.n_bins = 4});
  const auto decoder = test::random_decoder<float>(4, n_latents, 4);
  const auto with = write_message(folder / "with", decoder, quantizer, families, {}, Threads(1));
  const auto without =
      write_message(folder / "without", decoder, quantizer, families, {.tree = Tree::Never}, Threads(1));
  CHECK(with.has_forest);
  CHECK(with.n_edges >= 3 * n_latents / 4);
  CHECK_FALSE(without.has_forest);
  CHECK(with.bytes.total() < without.bytes.total());
  CHECK(with.bits.forest < with.bits.independent);
  CHECK(with.bits.independent == without.bits.independent);
  CHECK(with.bits.forest == with.bits.presence + with.bits.presence_model);
  const PresenceTree tree = MessageReader<float>(folder / "with").tree();
  CHECK(tree.n_edges() == with.n_edges);
  const double entropy = presence_in_forest(families, tree);
  CHECK(with.bits.presence >= entropy * (1 - 1e-12));
  CHECK(with.bits.presence < entropy * 1.005);
  const double written = 8 * static_cast<double>(with.bytes.codes);
  CHECK(written < with.bits.codes() * 1.001 + 64 * 6);

  // Independent latents: no forest by choice, and a longer message with one.
  const auto random = test::random_code<float>(n_latents, 500, 83);
  const auto chosen = write_message(folder / "r", decoder, quantizer, random, {}, Threads(1));
  CHECK_FALSE(chosen.has_forest);
  CHECK(chosen.bits.forest >= chosen.bits.independent);
}

TEST_CASE("codes of a language model's residual stream take the bits that were computed for them") {
  const char* const data = std::getenv("PARSAE_TEST_DATA");
  const std::filesystem::path path =
      std::filesystem::path(data != nullptr ? data : "") / "language" / "residual3_test.npy";
  if (data == nullptr || !std::filesystem::exists(path)) {
    WARN("skipped: PARSAE_TEST_DATA names no folder with language/residual3_test.npy");
    SUCCEED();
    return;
  }
  const test::TemporaryFolder folder;
  const Matrix<float> samples = NpyFile(path).samples().leftCols(8000);
  Autoencoder sae({.n_inputs = samples.rows(), .n_latents = 256}, TopK<float>({.k = 8}));
  initialize(sae, samples, {.seed = 1});  // latents are differences from the mean: codes as skewed as a trained model's
  const SparseCode<float> code = sae.encode(samples);
  const CodeQuantizer quantizer(code, 256, {.n_bins = 12});
  const MessageDecoder<float> decoder{quantize_dictionary(sae.decoder.w_dec, 6),
                                      quantize_dictionary<float>(Matrix<float>(sae.decoder.b_dec), 8),
                                      static_cast<double>(sae.output_scale)};
  for (const Tree tree : {Tree::Never, Tree::WhenItPays}) {
    const auto size = write_message(folder / "m", decoder, quantizer, code, {.tree = tree}, Threads(2));
    const double written = 8 * static_cast<double>(size.bytes.codes);
    CHECK(written < size.bits.codes() * 1.001 + 64 * 8);
    CHECK(written > size.bits.codes() * 0.999 - 64);
    const double all = 8 * static_cast<double>(size.bytes.total() - size.bytes.header - size.bytes.index);
    CHECK(std::abs(all - size.bits.total()) < 0.01 * size.bits.total());
    if (tree == Tree::Never) {
      const double entropy = entropy_of(code, quantizer);
      CHECK(written < 1.01 * entropy);
      CHECK(size.bits.codes() >= entropy * (1 - 1e-12));
    } else {
      CHECK(size.has_forest);
      CHECK(size.bits.forest < size.bits.independent);
    }
    CHECK(MessageReader<float>(folder / "m").read(Threads(2)) == test::as_received(code, quantizer));
  }
}

TEST_CASE("the same bytes for any number of threads") {
  const test::TemporaryFolder folder;
  const auto code = test::family_code<float>(n_latents, 900, 84);
  const CodeQuantizer quantizer(code, n_latents, {.n_bins = 8});
  const auto decoder = test::random_decoder<float>(4, n_latents, 4);
  std::string first;
  for (const int threads : {1, 2, 7}) {
    write_message(folder / "m", decoder, quantizer, code, {.block_size = 64}, Threads(threads));
    const std::string content = test::content_of(folder / "m");
    if (first.empty()) first = content;
    CHECK(content == first);
  }
  // Explicit zeros are no part of a message.
  const auto with_zeros = test::random_code<float>(n_latents, 50, 85);
  const auto without_zeros = test::only_active(with_zeros);
  REQUIRE(with_zeros.stored() > without_zeros.stored());
  write_message(folder / "zeros", decoder, quantizer, with_zeros, {}, Threads(1));
  write_message(folder / "none", decoder, quantizer, without_zeros, {}, Threads(1));
  CHECK(test::content_of(folder / "zeros") == test::content_of(folder / "none"));
}

TEST_CASE("precisions that are searched are no worse than any that is given") {
  const test::TemporaryFolder folder;
  const auto code = test::family_code<float>(n_latents, 800, 86);
  const CodeQuantizer quantizer(code, n_latents, {.n_bins = 8});
  const auto decoder = test::random_decoder<float>(4, n_latents, 4);
  const auto searched = write_message(folder / "m", decoder, quantizer, code, {}, Threads(1));
  for (const int bits : {3, 6, 10, 14}) {
    const auto given =
        write_message(folder / "m", decoder, quantizer, code, {.presence_bits = bits, .value_bits = bits}, Threads(1));
    CHECK(searched.bits.total() <= given.bits.total());
  }
}

TEST_CASE("parts that do not fit together are refused, and an old file is kept") {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "m", "old");
  const auto code = test::code_from({{{0, 0.5}}, {{1, 0.2}}});
  const CodeQuantizer quantizer(code, 2, {});
  const auto write = [&](const MessageDecoder<double>& decoder, const SparseCode<double>& codes) {
    write_message(path, decoder, quantizer, codes, {}, Threads(1));
  };
  const auto good = test::random_decoder<double>(3, 2, 4);
  CHECK_THROWS_WITH(write(test::random_decoder<double>(3, 4, 4), code), ContainsSubstring("MessageDecoder dictionary"));
  auto bad = good;
  bad.bias = test::random_decoder<double>(2, 2, 4).bias;
  CHECK_THROWS_WITH(write(bad, code), ContainsSubstring("MessageDecoder bias"));
  bad = good;
  bad.output_scale = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(write(bad, code), ContainsSubstring("MessageDecoder scales"));
  CHECK_THROWS_WITH(write(good, test::code_from({{{2, 1.0}}})), ContainsSubstring("write_message latent"));
  CHECK_THROWS_WITH(write(good, test::code_from({{{1, 1.0}, {1, 1.0}}})), ContainsSubstring("latents that ascend"));
  CHECK_THROWS_WITH(write(good, SparseCode<double>()), ContainsSubstring("write_message samples"));
  auto not_finite = code;
  not_finite.values[1] = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(write(good, not_finite), ContainsSubstring("write_message value: expected finite values, got nan"));
  CHECK(test::content_of(path) == "old");
  CHECK_THROWS_AS(write_message(folder / "no" / "folder", good, quantizer, code, {}, Threads(1)), FileError);
  CHECK_NOTHROW(write(good, code));
  CHECK(MessageReader<double>(path).n_samples() == 2);
}

}  // namespace message_writer_test

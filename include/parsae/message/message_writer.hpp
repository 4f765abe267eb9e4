// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/atomic_file.hpp>
#include <parsae/message/message_decoder.hpp>
#include <parsae/message/message_header.hpp>
#include <parsae/message/message_size.hpp>
#include <parsae/message/presence_coder.hpp>
#include <parsae/message/range_encoder.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

namespace parsae::inline PARSAE_ABI {

namespace detail {

template <class Scalar>
class MessageWriter {
 public:
  MessageWriter(const MessageDecoder<Scalar>& decoder, const CodeQuantizer& quantizer, const SparseCode<Scalar>& code,
                const MessageSettings& settings)
      : decoder_(decoder), quantizer_(quantizer), code_(code), settings_(settings) {
    require_decoder(decoder, quantizer.n_latents());
    require_latents("write_message latent", code, quantizer.n_latents());
    require_at_least("write_message samples", code.n_samples(), Index{1});
    for (const Scalar value : code.values)
      if (!std::isfinite(value)) reject("write_message value", "finite values", value);
    for (Index i = 0; i < code.n_samples(); ++i)
      for (Index e = code.begin_of(i) + 1; e < code.offsets[i + 1]; ++e)
        if (code.latents[e] <= code.latents[e - 1])
          reject("write_message latent", "latents that ascend in every sample", code.latents[e]);
    require_between("write_message block_size", settings.block_size, Index{1}, Index{1} << 20);
    require_between("write_message tree_most_latents", settings.tree_most_latents, Index{1}, Index{1} << 16);
    if (settings.presence_bits != 0) require_between("write_message presence_bits", settings.presence_bits, 2, 16);
    if (settings.value_bits != 0) require_between("write_message value_bits", settings.value_bits, 1, 24);
  }

  MessageSize write(const std::filesystem::path& path, Threads threads) {
    choose_models(threads);
    encode_front();
    encode_blocks(threads);
    return write_parts(path);
  }

 private:
  struct Block {
    Buffer<std::byte> bytes;
    std::uint64_t n_entries = 0;
  };

  void choose_models(Threads threads) {
    CodeCounts counts(quantizer_);
    counts.add(code_);
    std::optional<PairCounts> pairs;
    if (settings_.tree != MessageSettings::Tree::Never && counts.n_latents() <= settings_.tree_most_latents) {
      pairs.emplace(counts.n_latents());
      pairs->add(code_, threads);
    }
    models_ = message_models(counts, pairs, settings_, threads);
  }

  /// Everything between header and index.
  void encode_front() {
    RangeEncoder encoder;
    encode_presence_model(encoder, models_.presence, has_forest() ? Forest::Sent : Forest::None);
    encode_value_model(encoder, models_.values);
    parts_[0] = encoder.finish();
    const auto n_frequencies = static_cast<std::uint64_t>(models_.values.frequencies.size());
    pad_part(parts_[0], std::max(n_frequencies, static_cast<std::uint64_t>(quantizer_.n_latents())));

    const std::array<const QuantizedDictionary<Scalar>*, 2> weights = {&decoder_.dictionary, &decoder_.bias};
    for (std::size_t i = 0; i < 2; ++i) {
      const Slice<const std::int32_t> levels = weights[i]->levels.slice();
      codings_[i] = weight_coding(levels, weights[i]->bits_per_weight);
      if (!levels.empty()) encode_weights(encoder, levels, weights[i]->bits_per_weight, codings_[i].precision);
      parts_[i + 1] = encoder.finish();
      pad_part(parts_[i + 1], static_cast<std::uint64_t>(levels.size()));
    }
  }

  void encode_blocks(Threads threads) {
    const PresenceCoder presence(models_.presence);
    Buffer<FrequencyTable> values;
    for (Index table = 0; table < models_.values.n_tables(); ++table)
      values.push_back(FrequencyTable(models_.values.histogram(table)));
    blocks_.resize(divide_up(code_.n_samples(), settings_.block_size));
    threads.for_each(blocks_.size(), [&](Index b, int) { encode_block(presence, values, b); });
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    for (const Block& block : blocks_)
      if (static_cast<std::uint64_t>(block.bytes.size()) > most || block.n_entries > most)
        reject("write_message block_size", "blocks of less than 2^32 bytes and active entries", settings_.block_size);
  }

  void encode_block(const PresenceCoder& presence, const Buffer<FrequencyTable>& values, Index b) {
    PresenceCoder::Scratch scratch;
    Buffer<LatentId> active;
    RangeEncoder encoder;
    std::uint64_t n_entries = 0;
    const Index end = std::min(code_.n_samples(), (b + 1) * settings_.block_size);
    for (Index i = b * settings_.block_size; i < end; ++i) {
      active.clear();
      for (Index e = code_.begin_of(i); e < code_.offsets[i + 1]; ++e)
        if (code_.values[e] != 0) active.push_back(code_.latents[e]);
      presence.encode(encoder, active.slice(), scratch);
      for (Index e = code_.begin_of(i); e < code_.offsets[i + 1]; ++e) {
        if (code_.values[e] == 0) continue;
        const Index latent = code_.latents[e];
        const Index bin = quantizer_.bin(latent, static_cast<double>(code_.values[e]));
        encoder.encode(values[models_.values.table_of_latent[latent]].interval(bin));
      }
      n_entries += static_cast<std::uint64_t>(active.size());
    }
    blocks_[b].bytes = encoder.finish();
    blocks_[b].n_entries = n_entries;
    pad_part(blocks_[b].bytes, std::max(n_entries, static_cast<std::uint64_t>(end - b * settings_.block_size)));
  }

  [[nodiscard]] bool has_forest() const { return models_.presence.tree.n_edges() > 0; }

  [[nodiscard]] Buffer<std::byte> ranges(MessageHeader& header) const {
    const Index n_ranges = static_cast<Index>(header.n_ranges());
    Buffer<float> narrow;
    Buffer<double> wide;
    for (Index j = 0; j < n_ranges; ++j) {
      wide.push_back(quantizer_.range(j));
      narrow.push_back(static_cast<float>(wide.back()));
    }
    const bool is_narrow = std::equal(wide.begin(), wide.end(), narrow.begin(),
                                      [](double a, float b) { return a == static_cast<double>(b); });
    header.range_size = is_narrow ? 4 : 8;
    Buffer<std::byte> result;
    result.append(is_narrow ? as_bytes(std::as_const(narrow).slice()) : as_bytes(std::as_const(wide).slice()));
    return result;
  }

  [[nodiscard]] MessageHeader header() const {
    MessageHeader header;
    header.n_latents = static_cast<std::uint32_t>(quantizer_.n_latents());
    header.n_outputs = static_cast<std::uint32_t>(decoder_.n_outputs());
    header.n_bins = static_cast<std::uint32_t>(quantizer_.n_bins());
    header.block_size = static_cast<std::uint32_t>(settings_.block_size);
    header.n_samples = static_cast<std::uint64_t>(code_.n_samples());
    header.scalar_size = sizeof(Scalar);
    header.has_shared_range = quantizer_.settings().range == CodeQuantizer::Range::Shared;
    header.has_forest = has_forest();
    header.presence_bits = static_cast<std::uint8_t>(models_.presence.levels.bits());
    header.value_precision = static_cast<std::uint8_t>(models_.values.precision);
    header.dictionary_bits = static_cast<std::uint8_t>(decoder_.dictionary.bits_per_weight);
    header.dictionary_precision = static_cast<std::uint8_t>(codings_[0].precision);
    header.bias_bits = static_cast<std::uint8_t>(decoder_.bias.bits_per_weight);
    header.bias_precision = static_cast<std::uint8_t>(codings_[1].precision);
    header.output_scale = decoder_.output_scale;
    header.dictionary_step = decoder_.dictionary.step;
    header.bias_step = decoder_.bias.step;
    header.models_bytes = static_cast<std::uint64_t>(parts_[0].size());
    header.dictionary_bytes = static_cast<std::uint64_t>(parts_[1].size());
    header.bias_bytes = static_cast<std::uint64_t>(parts_[2].size());
    for (const Block& block : blocks_) header.blocks_bytes += static_cast<std::uint64_t>(block.bytes.size());
    return header;
  }

  [[nodiscard]] Buffer<std::byte> index() const {
    Buffer<std::byte> index;
    for (const Block& block : blocks_) {
      const std::array<std::uint32_t, 3> entry = {static_cast<std::uint32_t>(block.bytes.size()),
                                                  static_cast<std::uint32_t>(block.n_entries),
                                                  crc32_of(block.bytes.slice())};
      index.append(as_bytes(Slice<const std::uint32_t>(entry.data(), 3)));
    }
    return index;
  }

  MessageSize write_parts(const std::filesystem::path& path) {
    MessageHeader header = this->header();
    Buffer<std::byte> front = ranges(header);
    const Index ranges_bytes = front.size();
    for (const Buffer<std::byte>& part : parts_) front.append(part.slice());
    const Buffer<std::byte> index = this->index();
    front.append(index.slice());
    header.front_crc = crc32_of(front.slice());

    AtomicFile out(path);
    out.write(header.bytes().slice());
    out.write(front.slice());
    for (const Block& block : blocks_) out.write(block.bytes.slice());
    out.commit();
    return size(ranges_bytes, index.size(), static_cast<Index>(header.blocks_bytes));
  }

  [[nodiscard]] MessageSize size(Index ranges_bytes, Index index_bytes, Index codes_bytes) const {
    MessageSize size;
    size.bytes = {MessageHeader::size() + ranges_bytes, parts_[0].size(), parts_[1].size() + parts_[2].size(),
                  index_bytes, codes_bytes};
    size.bits.presence = models_.bits_presence;
    size.bits.value = models_.bits_value;
    size.bits.presence_model = models_.bits_presence_model;
    size.bits.value_model = models_.bits_value_model;
    size.bits.independent = models_.bits_independent;
    size.bits.forest = models_.bits_forest;
    for (const WeightCoding& coding : codings_) {
      size.bits.dictionary += coding.bits_weights;
      size.bits.dictionary_model += coding.bits_model;
    }
    size.has_forest = has_forest();
    size.n_edges = models_.presence.tree.n_edges();
    size.n_samples = code_.n_samples();
    return size;
  }

  const MessageDecoder<Scalar>& decoder_;
  const CodeQuantizer& quantizer_;
  const SparseCode<Scalar>& code_;
  const MessageSettings& settings_;
  MessageModels models_;
  std::array<Buffer<std::byte>, 3> parts_;  // models, dictionary, bias
  std::array<WeightCoding, 2> codings_;     // of dictionary and bias
  Buffer<Block> blocks_;
};

}  // namespace detail

/// Writes the two-part message of MDL-SAEs (arXiv 2410.11179) as a file: a rounded dictionary, and the quantized codes
/// of a data set in it. The file is the whole message, MessageReader needs nothing else to give back codes and
/// reconstructions.
///
///     const CodeQuantizer quantizer(code, n_latents, {.n_bins = 16});
///     const MessageDecoder<float> decoder{quantize_dictionary(w_dec, 6), quantize_dictionary<float>(b_dec, 8), scale};
///     const MessageSize size = write_message("data.message", decoder, quantizer, code, {}, Threads::available());
///
/// Presence and values are range coded with static models that stand in the file: probabilities of presence, given the
/// presence of a parent in a Chow-Liu forest when the message is shorter with it, and a histogram of each latent's
/// bins. The codes take within 0.1 % of size.bits.codes(), besides up to 8 bytes and 12 of index a block.
///
/// \param code  all samples; explicit zeros are left out. What comes back is quantizer.quantize() of it, to the bit.
///
/// The same bytes for any number of threads. Memory of the codes again, 2 n_latents^2 bytes for the forest and 8 bytes
/// for each latent and bin. Throws FileError when the file cannot be written, std::invalid_argument for parts that do
/// not fit together.
template <class Scalar>
MessageSize write_message(const std::filesystem::path& path, const MessageDecoder<Scalar>& decoder,
                          const CodeQuantizer& quantizer, const SparseCode<Scalar>& code,
                          const MessageSettings& settings, Threads threads) {
  return detail::MessageWriter<Scalar>(decoder, quantizer, code, settings).write(path, threads);
}

}  // namespace parsae::inline PARSAE_ABI

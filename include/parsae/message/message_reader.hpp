// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/weight_quantizer.hpp>
#include <parsae/io/mapped_file.hpp>
#include <parsae/message/message_header.hpp>
#include <parsae/message/model_coding.hpp>
#include <parsae/message/presence_coder.hpp>
#include <parsae/message/weight_coding.hpp>
#include <parsae/sparse/sparse_decode.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Reads what write_message wrote: a message holds the decoder and the quantized codes of a data set.
///
///     const MessageReader<float> message("data.message");
///     const SparseCode<float> code = message.read({.begin = 5000, .end = 5100}, Threads::available());
///     const Matrix<float> recon = message.reconstruct({.begin = 5000, .end = 5100}, Threads::available());
///
/// Opening reads all but the codes; read() decodes the blocks that hold the samples asked for. Constant members may be
/// called by any number of threads.
///
/// Throws FileError for a file that is missing, damaged or no message: every part has a checksum, sizes are compared
/// with the bytes that would have to hold them before anything is allocated, and no byte that a stranger may have
/// written is trusted. std::invalid_argument for samples that do not exist.
template <class Scalar>
class MessageReader {
 public:
  explicit MessageReader(const std::filesystem::path& path)
      : file_(path), header_(detail::MessageHeader::parse(path, file_.bytes())) {
    if (header_.scalar_size != sizeof(Scalar))
      fail("its numbers have " + std::to_string(header_.scalar_size) + " bytes, expected " +
           std::to_string(sizeof(Scalar)));
    const Slice<const std::byte> front = front_bytes();
    if (header_.front_crc != detail::crc32_of(front)) fail("damaged: the checksum of its models is wrong");
    Index at = 0;
    const auto next = [&](std::uint64_t size) {
      at += static_cast<Index>(size);
      return front.part(at - static_cast<Index>(size), static_cast<Index>(size));
    };
    read_ranges(next(header_.ranges_bytes()));
    read_models(next(header_.models_bytes));
    read_weights(next(header_.dictionary_bytes), n_outputs(), n_latents(), header_.dictionary_bits,
                 header_.dictionary_precision, header_.dictionary_step, w_dec_);
    read_weights(next(header_.bias_bytes), n_outputs(), 1, header_.bias_bits, header_.bias_precision, header_.bias_step,
                 b_dec_);
    read_index(next(header_.index_bytes()));
  }

  [[nodiscard]] const std::filesystem::path& path() const { return file_.path(); }
  [[nodiscard]] Index n_samples() const { return static_cast<Index>(header_.n_samples); }
  [[nodiscard]] Index n_latents() const { return static_cast<Index>(header_.n_latents); }
  [[nodiscard]] Index n_outputs() const { return static_cast<Index>(header_.n_outputs); }
  [[nodiscard]] Index n_blocks() const { return blocks_.size(); }
  [[nodiscard]] Index block_size() const { return static_cast<Index>(header_.block_size); }

  [[nodiscard]] const CodeQuantizer& quantizer() const { return *quantizer_; }
  [[nodiscard]] const Matrix<Scalar>& w_dec() const { return w_dec_; }  ///< n_outputs x n_latents
  [[nodiscard]] const Vector<Scalar>& b_dec() const { return b_dec_; }  ///< n_outputs
  [[nodiscard]] double output_scale() const { return header_.output_scale; }

  /// The forest over presence, without edges when latents are told independently.
  [[nodiscard]] const PresenceTree& tree() const { return tree_; }

  /// The quantized codes of samples [begin, end); values and pre-activations are those of the quantizer.
  [[nodiscard]] SparseCode<Scalar> read(SampleRange samples, Threads threads) const {
    require_between("MessageReader begin", samples.begin, Index{0}, n_samples());
    require_between("MessageReader end", samples.end, samples.begin, n_samples());
    if (samples.size() == 0) return {};
    const Index first = samples.begin / block_size();
    Buffer<Decoded> decoded(divide_up(samples.end, block_size()) - first);
    threads.for_each(decoded.size(), [&](Index b, int) { decode_block(first + b, decoded[b]); });
    SparseCode<Scalar> code;
    for (Index b = 0; b < decoded.size(); ++b) {
      if (decoded[b].fault != nullptr)
        throw FileError(path(), "block " + std::to_string(first + b) + ": " + decoded[b].fault,
                        static_cast<std::uint64_t>(blocks_[first + b].begin));
      append(decoded[b].code, samples, (first + b) * block_size(), code);
    }
    return code;
  }

  /// The quantized codes of all samples.
  [[nodiscard]] SparseCode<Scalar> read(Threads threads) const { return read({0, n_samples()}, threads); }

  /// n_outputs x samples.size(): (w_dec z + b_dec) / output_scale
  [[nodiscard]] Matrix<Scalar> reconstruct(SampleRange samples, Threads threads) const {
    Matrix<Scalar> recon;
    sparse_decode(w_dec_, Slice<const Scalar>(b_dec_.data(), b_dec_.size()), read(samples, threads), threads, recon);
    recon /= static_cast<Scalar>(output_scale());
    return recon;
  }

 private:
  struct Block {
    Index begin = 0;  // in the file
    Index size = 0;
    Index n_entries = 0;
    std::uint32_t crc = 0;
  };

  struct Decoded {
    SparseCode<Scalar> code;
    const char* fault = nullptr;
  };

  [[nodiscard]] Slice<const std::byte> front_bytes() const {
    const Index begin = detail::MessageHeader::size();
    return file_.bytes().part(begin, file_.size() - begin - static_cast<Index>(header_.blocks_bytes));
  }

  void read_ranges(Slice<const std::byte> bytes) {
    Buffer<double> ranges;
    for (Index at = 0; at < bytes.size(); at += header_.range_size) {
      const std::byte* const from = bytes.data() + at;
      ranges.push_back(header_.range_size == 4 ? static_cast<double>(detail::load_little_endian<float>(from))
                                               : detail::load_little_endian<double>(from));
      if (!std::isfinite(ranges.back()) || ranges.back() < 0) fail("a range of its quantizer is not a size");
    }
    const bool is_shared = header_.has_shared_range != 0;
    if (is_shared) ranges.assign(n_latents(), double{ranges[0]});
    quantizer_.emplace(
        std::move(ranges),
        CodeQuantizer::Settings{.n_bins = static_cast<Index>(header_.n_bins),
                                .range = is_shared ? CodeQuantizer::Range::Shared : CodeQuantizer::Range::PerLatent});
  }

  void read_models(Slice<const std::byte> bytes) {
    const auto impossible = [&] { fail("its models are impossible"); };
    RangeDecoder decoder(bytes);
    PresenceModel presence{PresenceLevels(header_.presence_bits), {}, {}, {}};
    const detail::Forest forest = header_.has_forest != 0 ? detail::Forest::Sent : detail::Forest::None;
    if (!detail::decode_presence_model(decoder, n_latents(), forest, presence)) impossible();
    if (!PresenceOrder(presence.tree).is_complete()) impossible();

    ValueModel values{header_.value_precision, static_cast<Index>(header_.n_bins), {}, {}};
    Index n_tables = 0;
    for (Index j = 0; j < n_latents(); ++j)
      values.table_of_latent.push_back(presence.can_be_active(j) ? n_tables++ : -1);
    const std::uint64_t n_frequencies = static_cast<std::uint64_t>(n_tables) * header_.n_bins;
    if (n_frequencies / detail::MessageHeader::most_symbols_of_byte > header_.models_bytes) impossible();
    if (!detail::decode_value_model(decoder, n_tables, values)) impossible();
    for (Index table = 0; table < n_tables; ++table) values_.push_back(FrequencyTable(values.histogram(table)));
    table_of_latent_ = std::move(values.table_of_latent);
    presence_.emplace(presence);
    tree_ = std::move(presence.tree);
  }

  void read_weights(Slice<const std::byte> bytes, Index rows, Index cols, int bits, int precision, double step,
                    auto& weights) {
    RangeDecoder decoder(bytes);
    Buffer<std::int32_t> levels;
    if (rows * cols > 0 && !detail::decode_weights(decoder, rows * cols, bits, precision, levels))
      fail("its dictionary is impossible");
    weights.resize(rows, cols);
    for (Index i = 0; i < levels.size(); ++i)
      weights.data()[i] = static_cast<Scalar>(static_cast<double>(levels[i]) * step);
  }

  void read_index(Slice<const std::byte> bytes) {
    Index begin = file_.size() - static_cast<Index>(header_.blocks_bytes);
    for (Index at = 0; at < bytes.size(); at += detail::MessageHeader::index_entry_size) {
      const auto field = [&](Index i) { return detail::load_little_endian<std::uint32_t>(bytes.data() + at + 4 * i); };
      const Block block{begin, field(0), field(1), field(2)};
      const Index first_sample = blocks_.size() * block_size();
      const Index most_symbols = std::max(block.n_entries, std::min(block_size(), n_samples() - first_sample));
      begin += block.size;
      if (begin > file_.size()) fail("its index is impossible: a block ends behind the file");
      if (divide_up(most_symbols, Index{detail::MessageHeader::most_symbols_of_byte}) > block.size)
        fail("its index is impossible: more entries than a block has room for");
      blocks_.push_back(block);
    }
    if (begin != file_.size()) fail("its index is impossible: bytes behind the last block");
  }

  /// Throws nothing: it runs in a parallel region.
  void decode_block(Index b, Decoded& decoded) const {
    const Block& block = blocks_[b];
    const Slice<const std::byte> bytes = file_.bytes().part(block.begin, block.size);
    const auto fail_block = [&](const char* fault) { decoded.fault = fault; };
    if (detail::crc32_of(bytes) != block.crc) return fail_block("damaged: its checksum is wrong");
    RangeDecoder decoder(bytes);
    PresenceCoder::Scratch scratch;
    SparseCode<Scalar>& code = decoded.code;
    const Index end = std::min(n_samples(), (b + 1) * block_size());
    for (Index i = b * block_size(); i < end; ++i) {
      presence_->decode(decoder, block.n_entries - code.stored(), scratch, code.latents);
      if (code.stored() > block.n_entries) return fail_block("more active entries than its index says");
      for (Index e = code.values.size(); e < code.stored(); ++e) {
        const Index latent = code.latents[e];
        const Index bin = values_[table_of_latent_[latent]].decode(decoder);
        code.values.push_back(static_cast<Scalar>(quantizer_->value(latent, bin)));
      }
      code.offsets.push_back(code.stored());
      if (decoder.is_overrun()) return fail_block("its codes end early");
    }
    if (code.stored() != block.n_entries) return fail_block("fewer active entries than its index says");
  }

  /// Those samples of a block, the first of which is `first`, that are asked for.
  static void append(const SparseCode<Scalar>& block, SampleRange asked, Index first, SparseCode<Scalar>& code) {
    const Index begin = std::max<Index>(asked.begin - first, 0);
    const Index end = std::min(asked.end - first, block.n_samples());
    const Index first_entry = block.offsets[begin];
    const Index n_entries = block.offsets[end] - first_entry;
    const Index shift = code.stored() - first_entry;
    code.latents.append(block.latents.slice().part(first_entry, n_entries));
    code.values.append(block.values.slice().part(first_entry, n_entries));
    code.pre_acts.append(block.values.slice().part(first_entry, n_entries));
    for (Index i = begin; i < end; ++i) code.offsets.push_back(block.offsets[i + 1] + shift);
  }

  [[noreturn]] void fail(const std::string& reason) const { throw FileError(path(), reason); }

  MappedFile file_;
  detail::MessageHeader header_;
  std::optional<CodeQuantizer> quantizer_;
  std::optional<PresenceCoder> presence_;
  PresenceTree tree_;
  Buffer<Index> table_of_latent_;
  Buffer<FrequencyTable> values_;
  Matrix<Scalar> w_dec_;
  Vector<Scalar> b_dec_;
  Buffer<Block> blocks_;
};

}  // namespace parsae::inline PARSAE_ABI

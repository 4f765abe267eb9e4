// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/file_error.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/checksum.hpp>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// The first bytes of a message file. Behind it, in this order:
///
///     ranges      of the code quantizer: one for all latents or one each, float or double
///     models      range coded: presence, then values
///     dictionary  range coded: levels of w_dec
///     bias        range coded: levels of b_dec
///     index       of each block: bytes, active entries, CRC-32; 32 bits each
///     blocks      range coded: for each sample its active latents, then their bins
///
/// Numbers are little-endian. Range coded parts are padded with zeros where they would hold more than 1024 symbols a
/// byte, so a reader may refuse sizes that its bytes cannot have before it allocates.
struct MessageHeader {
  static constexpr std::uint64_t magic_number = 0x534d454153524150;  // "PARSAEMS"
  static constexpr std::uint64_t most_symbols_of_byte = 1024;
  static constexpr Index index_entry_size = 12;

  std::uint64_t magic = magic_number;
  std::uint32_t version = 1;
  std::uint32_t n_latents = 0;
  std::uint32_t n_outputs = 0;
  std::uint32_t n_bins = 0;
  std::uint32_t block_size = 0;
  std::uint64_t n_samples = 0;
  std::uint8_t scalar_size = 0;  // 4 or 8: of the numbers that were coded
  std::uint8_t range_size = 0;   // 4 or 8: of a range
  std::uint8_t has_shared_range = 0;
  std::uint8_t has_forest = 0;
  std::uint8_t presence_bits = 0;
  std::uint8_t value_precision = 0;
  std::uint8_t dictionary_bits = 0;
  std::uint8_t dictionary_precision = 0;  // 0: fixed length
  std::uint8_t bias_bits = 0;
  std::uint8_t bias_precision = 0;
  double output_scale = 1;
  double dictionary_step = 0;
  double bias_step = 0;
  std::uint64_t models_bytes = 0;
  std::uint64_t dictionary_bytes = 0;
  std::uint64_t bias_bytes = 0;
  std::uint64_t blocks_bytes = 0;
  std::uint32_t front_crc = 0;   // of everything between this header and the blocks
  std::uint32_t header_crc = 0;  // of the bytes before it

  /// visit(field) for every field, in the order of the file.
  template <class Header, class Visit>
  static void visit(Header& header, const Visit& visit) {
    visit(header.magic);
    visit(header.version);
    visit(header.n_latents);
    visit(header.n_outputs);
    visit(header.n_bins);
    visit(header.block_size);
    visit(header.n_samples);
    visit(header.scalar_size);
    visit(header.range_size);
    visit(header.has_shared_range);
    visit(header.has_forest);
    visit(header.presence_bits);
    visit(header.value_precision);
    visit(header.dictionary_bits);
    visit(header.dictionary_precision);
    visit(header.bias_bits);
    visit(header.bias_precision);
    visit(header.output_scale);
    visit(header.dictionary_step);
    visit(header.bias_step);
    visit(header.models_bytes);
    visit(header.dictionary_bytes);
    visit(header.bias_bytes);
    visit(header.blocks_bytes);
    visit(header.front_crc);
    visit(header.header_crc);
  }

  /// Bytes of the header in a file.
  [[nodiscard]] static Index size() {
    Index bytes = 0;
    const MessageHeader header;
    visit(header, [&](const auto& field) { bytes += static_cast<Index>(sizeof(field)); });
    return bytes;
  }

  [[nodiscard]] std::uint64_t n_ranges() const { return has_shared_range != 0 ? 1 : n_latents; }
  [[nodiscard]] std::uint64_t n_blocks() const { return (n_samples + block_size - 1) / block_size; }
  [[nodiscard]] std::uint64_t ranges_bytes() const { return n_ranges() * range_size; }
  [[nodiscard]] std::uint64_t index_bytes() const { return n_blocks() * static_cast<std::uint64_t>(index_entry_size); }
  [[nodiscard]] std::uint64_t n_weights() const { return std::uint64_t{n_latents} * n_outputs; }

  /// The header with its checksum, as it stands in a file.
  [[nodiscard]] Buffer<std::byte> bytes() const {
    Buffer<std::byte> result;
    visit(*this, [&](const auto& field) { result.append(as_bytes(Slice(&field, 1))); });
    const Index checked = result.size() - static_cast<Index>(sizeof(header_crc));
    const std::uint32_t crc = crc32_of(result.slice().part(0, checked));
    copy_bytes(as_bytes(Slice<const std::uint32_t>(&crc, 1)), result.data() + checked);
    return result;
  }

  /// Throws FileError unless `file` begins with a header whose parts make up the whole of it.
  [[nodiscard]] static MessageHeader parse(const std::filesystem::path& path, Slice<const std::byte> file) {
    const auto require = [&](bool holds, const std::string& reason) {
      if (!holds) throw FileError(path, reason, 0);
    };
    MessageHeader header;
    require(file.size() >= static_cast<Index>(sizeof(magic)) &&
                load_little_endian<std::uint64_t>(file.data()) == magic_number,
            "not a parsae message: it begins with other bytes");
    require(file.size() >= size(),
            "truncated: expected a header of " + std::to_string(size()) + " bytes, got " + std::to_string(file.size()));
    Index at = 0;
    visit(header, [&](auto& field) {
      field = load_little_endian<std::remove_reference_t<decltype(field)>>(file.data() + at);
      at += static_cast<Index>(sizeof(field));
    });
    const Index checked = size() - static_cast<Index>(sizeof(header_crc));
    require(header.header_crc == crc32_of(file.part(0, checked)), "damaged: the checksum of its header is wrong");
    require(header.version == 1, "expected version 1, got " + std::to_string(header.version));
    if (const char* const fault = header.fault(static_cast<std::uint64_t>(file.size())))
      throw FileError(path, std::string("its header is impossible: ") + fault, 0);
    return header;
  }

 private:
  /// What no writer can have written, or null.
  [[nodiscard]] const char* fault(std::uint64_t file_size) const {
    const auto is_size = [](std::uint8_t size) { return size == 4 || size == 8; };
    const auto is_bits = [](std::uint8_t bits) { return bits >= 2 && bits <= 24; };
    const auto fits = [](std::uint64_t symbols, std::uint64_t bytes) {
      return symbols / most_symbols_of_byte <= bytes;
    };
    if (n_latents < 1 || n_latents > 0x7fffffff || n_outputs > 0x7fffffff) return "number of latents or outputs";
    if (n_bins < 1 || n_bins > 1 << 24) return "number of bins";
    if (block_size < 1 || block_size > 1 << 20) return "block size";
    if (!is_size(scalar_size) || !is_size(range_size)) return "size of numbers";
    if (has_shared_range > 1 || has_forest > 1) return "flag";
    if (presence_bits < 2 || presence_bits > 16) return "precision of presence";
    if (value_precision < 1 || value_precision > 24) return "precision of values";
    if (!is_bits(dictionary_bits) || !is_bits(bias_bits)) return "precision of the dictionary";
    if (dictionary_precision > 24 || bias_precision > 24) return "precision of a histogram of weights";
    if (dictionary_precision > 0 && dictionary_bits > 16) return "a histogram of fine weights";
    if (bias_precision > 0 && bias_bits > 16) return "a histogram of fine weights";
    for (const double number : {output_scale, dictionary_step, bias_step})
      if (!std::isfinite(number)) return "a scale that is not finite";
    for (const std::uint64_t bytes : {models_bytes, dictionary_bytes, bias_bytes, blocks_bytes})
      if (bytes > file_size) return "a part larger than the file";
    if (n_samples < 1 || !fits(n_samples, file_size)) return "more samples than it has room for";
    const std::uint64_t expected = static_cast<std::uint64_t>(size()) + ranges_bytes() + models_bytes +
                                   dictionary_bytes + bias_bytes + index_bytes() + blocks_bytes;
    if (expected > file_size) return "truncated, its parts are larger than the file";
    if (expected < file_size) return "bytes behind its end";
    if (!fits(n_latents, models_bytes)) return "more latents than its models have room for";
    if (!fits(n_weights(), dictionary_bytes)) return "more weights than its dictionary has room for";
    if (!fits(n_outputs, bias_bytes)) return "more outputs than its bias has room for";
    return nullptr;
  }
};

/// Pads a range coded part to the size that its number of symbols asks for.
inline void pad_part(Buffer<std::byte>& bytes, std::uint64_t n_symbols) {
  const auto least =
      static_cast<Index>((n_symbols + MessageHeader::most_symbols_of_byte - 1) / MessageHeader::most_symbols_of_byte);
  while (bytes.size() < least) bytes.push_back(std::byte{0});
}

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

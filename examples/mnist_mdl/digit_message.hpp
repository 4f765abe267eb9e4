// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/message_reader.hpp>
#include <parsae/message/message_writer.hpp>

#include <filesystem>
#include <stdexcept>

#include "encoding_sae.hpp"
#include "grid.hpp"
#include "message.hpp"

namespace parsae_examples {

/// A file that holds all training images, as codes in the dictionary that they share.
struct DigitMessage {
  parsae::MessageSize size;
  double fvu = 0;  ///< of its images, as they were read back

  /// Bits an image that were computed for the models and codes in the file and its dictionary.
  [[nodiscard]] double bits_computed() const { return size.bits.total() / static_cast<double>(size.n_samples); }
  /// Bits an image that the file takes.
  [[nodiscard]] double bits_file() const { return size.bits_per_sample(); }
  /// Of these, its header and the index of its blocks: they are in the file alone.
  [[nodiscard]] double bits_header() const {
    return 8 * static_cast<double>(size.bytes.header + size.bytes.index) / static_cast<double>(size.n_samples);
  }
};

namespace detail {

inline void require_same_code(const std::filesystem::path& path, const parsae::SparseCode<float>& sent,
                              const parsae::SparseCode<float>& received) {
  if (!(sent.offsets == received.offsets && sent.latents == received.latents && sent.values == received.values))
    throw std::runtime_error(path.string() + " does not give back the codes that were written");
}

[[nodiscard]] inline double fvu_of_message(const parsae::MessageReader<float>& reader,
                                           const parsae::Matrix<float>& images, parsae::Threads threads) {
  const parsae::Vector<float> mean = images.rowwise().mean();
  double error = 0;
  double variation = 0;
  for (Index begin = 0; begin < images.cols(); begin += 4096) {
    const Index end = std::min(images.cols(), begin + 4096);
    const Eigen::Ref<const parsae::Matrix<float>> block = images.middleCols(begin, end - begin);
    error += static_cast<double>((reader.reconstruct({begin, end}, threads) - block).squaredNorm());
    variation += static_cast<double>((block.colwise() - mean).squaredNorm());
  }
  return error / variation;
}

}  // namespace detail

/// Writes the message that a feasible row of this SAE stands for, with the codes of all `images`, reads it back, and
/// compares every bit of the codes. Throws parsae::FileError when the file cannot be written.
[[nodiscard]] inline DigitMessage write_digits(const std::filesystem::path& path, const EncodingSae& sae,
                                               const GridRow& row, const parsae::Matrix<float>& images,
                                               parsae::Threads threads) {
  using namespace parsae;
  SparseCode<float> code = sae.encode(images);
  const CodeQuantizer quantizer(sae.sae.validation.code, sae.sae.width, {.n_bins = row.code_bins});
  const MessageDecoder<float> decoder{quantize_dictionary(sae.sae.w_dec, row.dictionary_bits),
                                      quantize_dictionary<float>(sae.sae.b_dec, MessageSearch::most_dictionary_bits),
                                      static_cast<double>(sae.sae.scale)};
  DigitMessage message;
  message.size = write_message(path, decoder, quantizer, code, {}, threads);
  const MessageReader<float> reader(path);
  quantizer.quantize(code);
  detail::require_same_code(path, code, reader.read(threads));
  message.fvu = detail::fvu_of_message(reader, images, threads);
  return message;
}

}  // namespace parsae_examples

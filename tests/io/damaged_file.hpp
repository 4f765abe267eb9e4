// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>

#include <support/catch.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

namespace parsae::test {

/// Makes `content` the whole content of a file; returns its path.
inline std::filesystem::path make_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::remove(path);  // some file systems flush a file to the disk when it is cut and written again
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path.string());
  return path;
}

[[nodiscard]] inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The bytes of `value` as they lie in memory.
template <class T>
[[nodiscard]] std::string bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

/// The FileError that `use()` must throw about `path`; fails the test when it throws none.
template <class Use>
[[nodiscard]] FileError refusal(const std::filesystem::path& path, const Use& use) {
  try {
    use();
  } catch (const FileError& error) {
    CHECK(error.path() == path);
    CHECK(std::string(error.what()).rfind(path.string(), 0) == 0);
    return error;
  }
  FAIL("no FileError about " << path);
  throw std::logic_error("unreachable");
}

/// Cuts `content` to every shorter length: `use(path)` must throw FileError for each.
template <class Use>
void check_every_truncation(const std::filesystem::path& path, const std::string& content, const Use& use) {
  for (std::size_t length = 0; length < content.size(); ++length) {
    INFO("cut to " << length << " of " << content.size() << " bytes");
    make_file(path, std::string_view(content).substr(0, length));
    CHECK_THROWS_AS(use(path), FileError);
  }
}

/// Changes every single byte of `content` in several ways: `use(path)` must return, or throw FileError, for each.
/// Returns how many of the changes were refused.
template <class Use>
std::size_t check_every_corruption(const std::filesystem::path& path, const std::string& content, const Use& use) {
  std::size_t n_refused = 0;
  for (std::size_t position = 0; position < content.size(); ++position) {
    for (const int mask : {0x01, 0x02, 0x04, 0x10, 0x20, 0x40, 0x80, 0xff}) {
      INFO("byte " << position << " changed by " << mask);
      std::string damaged = content;
      damaged[position] = static_cast<char>(damaged[position] ^ mask);
      make_file(path, damaged);
      try {
        use(path);
      } catch (const FileError& error) {
        ++n_refused;
        CHECK(error.path() == path);
      }
    }
  }
  return n_refused;
}

}  // namespace parsae::test

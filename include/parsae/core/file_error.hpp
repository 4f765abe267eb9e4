// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/abi.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// A file that cannot be read or written: its path, the byte offset where that is known, and the reason.
/// what() reads "<path>: <reason>" or "<path> at byte <offset>: <reason>".
class FileError : public std::runtime_error {
 public:
  FileError(const std::filesystem::path& path, const std::string& reason,
            std::optional<std::uint64_t> offset = std::nullopt)
      : std::runtime_error(path.string() + (offset ? " at byte " + std::to_string(*offset) : "") + ": " + reason),
        path_(path),
        reason_(reason),
        offset_(offset) {}

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const std::string& reason() const { return reason_; }
  [[nodiscard]] std::optional<std::uint64_t> offset() const { return offset_; }

 private:
  std::filesystem::path path_;
  std::string reason_;
  std::optional<std::uint64_t> offset_;
};

}  // namespace parsae::inline PARSAE_ABI

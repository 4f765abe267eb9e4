// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace parsae::inline PARSAE_ABI {
namespace detail {

/// Throws FileError "<path>: <action>: <what the system says about error>".
[[noreturn]] inline void throw_system_error(const std::filesystem::path& path, std::string_view action, int error) {
  throw FileError(path, std::string(action) + ": " + std::generic_category().message(error));
}

/// Owns one POSIX file descriptor.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor() { close(); }

  /// Opens an existing regular file to read; anything else, such as a folder or a pipe, is a FileError.
  [[nodiscard]] static FileDescriptor open_to_read(const std::filesystem::path& path) {
    // Without O_NONBLOCK the call would wait for the other end of a pipe before it could be refused.
    FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.is_open()) throw_system_error(path, "cannot be opened to read", errno);
    const struct stat status = file.status(path);
    if (S_ISDIR(status.st_mode)) throw FileError(path, "expected a file, got a folder");
    if (!S_ISREG(status.st_mode)) throw FileError(path, "expected a regular file, got a device, a pipe or a socket");
    return file;
  }

  [[nodiscard]] struct stat status(const std::filesystem::path& path) const {
    struct stat result {};
    if (::fstat(descriptor_, &result) != 0) throw_system_error(path, "cannot be examined", errno);
    return result;
  }

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int get() const { return descriptor_; }

  /// Closes now; returns 0 or the error. Some file systems report a failed write only here.
  int close() {
    if (!is_open()) return 0;
    return ::close(std::exchange(descriptor_, -1)) == 0 ? 0 : errno;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace detail
}  // namespace parsae::inline PARSAE_ABI

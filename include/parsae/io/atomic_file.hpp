// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/file_descriptor.hpp>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Writes a file as a whole or not at all.
///
///     AtomicFile out(path);
///     out.write(header);
///     out.write(body);
///     out.commit();
///
/// Pieces go to a temporary file in the folder of `path`; commit() flushes it to the disk and renames it over `path`.
/// Until then, and after any failure (disk full, no permission, an exception between the pieces), an old file at `path`
/// keeps its content and the temporary file is removed. A program that is killed leaves a file named ".parsae-*.tmp"
/// behind. A replaced file keeps its permission bits, and a symbolic link keeps pointing to the file that is replaced.
///
/// Throws FileError naming `path` and the reason; std::invalid_argument when used after commit() or after a failure.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path) : path_(path), target_(resolve(path)) {
    struct stat old {};
    const bool replaces = ::stat(target_.c_str(), &old) == 0;
    if (replaces && !S_ISREG(old.st_mode)) throw FileError(path, "cannot be replaced: it is not a regular file");
    create_temporary();
    if (replaces && ::fchmod(file_.get(), old.st_mode & 0777) != 0) fail("its permissions cannot be kept", errno);
  }

  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile() { discard(); }

  void write(Slice<const std::byte> bytes) {
    require_open();
    if (pending_.size() + bytes.size() <= pending_limit) {
      pending_.append(bytes);
      return;
    }
    write_pending();
    if (bytes.size() <= pending_limit) {
      pending_.append(bytes);
    } else {
      write_now(bytes);
    }
  }

  void write(std::string_view text) { write(as_bytes(text)); }

  /// Makes what was written the content of the file.
  void commit() {
    require_open();
    write_pending();
    if (::fsync(file_.get()) != 0) fail("cannot be flushed to the disk", errno);
    if (const int error = file_.close()) fail("cannot be closed", error);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("cannot be replaced", errno);
    temporary_.clear();
    flush_folder();
  }

 private:
  static constexpr Index pending_limit = 1 << 16;  // small pieces are gathered: one system call per 64 KiB

  /// The file behind a symbolic link, which a rename would otherwise replace by a plain file.
  [[nodiscard]] static std::filesystem::path resolve(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_symlink(path, error)) return path;
    std::filesystem::path target = std::filesystem::weakly_canonical(path, error);
    if (error) detail::throw_system_error(path, "the symbolic link cannot be followed", error.value());
    return target;
  }

  [[nodiscard]] std::filesystem::path folder() const {
    return target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  }

  void create_temporary() {
    static std::atomic<std::uint64_t> serial = 0;
    // A name is taken only when an earlier process with this number was killed, or one on another machine shares the
    // folder.
    for (;;) {
      const std::string name = ".parsae-" + std::to_string(::getpid()) + "-" + std::to_string(serial++) + ".tmp";
      std::filesystem::path temporary = folder() / name;
      file_ = detail::FileDescriptor(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      if (file_.is_open()) {
        temporary_ = std::move(temporary);
        return;
      }
      if (errno != EEXIST) detail::throw_system_error(path_, "no file can be created in its folder", errno);
    }
  }

  void write_pending() {
    write_now(pending_.slice());
    pending_.clear();
  }

  void write_now(Slice<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_.get(), bytes.data(), static_cast<std::size_t>(bytes.size()));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("cannot be written", errno);
      if (written == 0) fail("cannot be written", EIO);
      bytes = bytes.part(written, bytes.size() - written);
    }
  }

  /// The rename lives in the folder, so the folder has to reach the disk as well. Folders that cannot be opened or that
  /// have no flush (EINVAL, on some network file systems) are as safe as they can be.
  void flush_folder() const {
    const detail::FileDescriptor opened(::open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.is_open() && ::fsync(opened.get()) != 0 && errno != EINVAL) {
      detail::throw_system_error(path_, "was replaced, but its folder cannot be flushed to the disk", errno);
    }
  }

  void require_open() const {
    if (!file_.is_open()) reject("AtomicFile", "no use after commit() or after a failure", path_);
  }

  [[noreturn]] void fail(std::string_view action, int error) {
    discard();
    detail::throw_system_error(path_, action, error);
  }

  void discard() {
    file_.close();
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
  }

  std::filesystem::path path_;    // as the caller named it, for messages
  std::filesystem::path target_;  // the file that is replaced
  std::filesystem::path temporary_;
  detail::FileDescriptor file_;
  Buffer<std::byte> pending_;
};

}  // namespace parsae::inline PARSAE_ABI

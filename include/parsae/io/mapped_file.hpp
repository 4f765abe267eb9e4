// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>
#include <parsae/io/file_descriptor.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// A whole file in memory, read-only: the system loads pages when they are first read and may drop them again, so a
/// file larger than the memory can be mapped. An empty file has no bytes.
///
/// Throws FileError when the path is missing, may not be read or is not a regular file. A file that is mapped must not
/// be shortened in place (the system then stops the program); AtomicFile replaces files without touching the mapped
/// one.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path) : path_(path) {
    const auto file = detail::FileDescriptor::open_to_read(path);
    size_ = static_cast<Index>(file.status(path).st_size);
    if (size_ == 0) return;  // mmap refuses a length of zero
    void* const begin = ::mmap(nullptr, static_cast<std::size_t>(size_), PROT_READ, MAP_PRIVATE, file.get(), 0);
    if (begin == MAP_FAILED) detail::throw_system_error(path, "cannot be mapped to memory", errno);
    begin_ = begin;
  }

  MappedFile(MappedFile&& other) noexcept
      : path_(std::move(other.path_)),
        begin_(std::exchange(other.begin_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}

  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    return *this;
  }

  ~MappedFile() {
    if (begin_ != nullptr) ::munmap(begin_, static_cast<std::size_t>(size_));
  }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] Index size() const { return size_; }

  /// Valid as long as this object, or the object it is moved to, lives.
  [[nodiscard]] Slice<const std::byte> bytes() const { return {static_cast<const std::byte*>(begin_), size_}; }

  /// Takes the pages of bytes [begin, begin + size) out of this process. They are read again when they are used again;
  /// a program that reads a large file once, part by part, stays small in this way.
  void drop_pages(Index begin, Index size) const {
    static const Index page = static_cast<Index>(::sysconf(_SC_PAGESIZE));
    const Index first = begin / page * page;
    const Index end = std::min(begin + size, size_);
    if (end <= first) return;
    // A hint that is refused costs memory and nothing else.
    static_cast<void>(
        ::madvise(static_cast<std::byte*>(begin_) + first, static_cast<std::size_t>(end - first), MADV_DONTNEED));
  }

 private:
  std::filesystem::path path_;
  void* begin_ = nullptr;
  Index size_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI

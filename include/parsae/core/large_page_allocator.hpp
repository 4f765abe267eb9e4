// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace parsae::inline PARSAE_ABI {

/// Memory aligned for vector loads, as Eigen's, and on Linux in large pages where it fills some: kernels that read or
/// write many streams at once (a counting sort, tiles of a wide matrix) spend half of their time on the translation of
/// addresses otherwise (a code of two million entries into the order of its latents: 36 -> 23 ms). A request only: a
/// system that has no large pages to give gives small ones.
template <class T>
struct LargePageAllocator {
  using value_type = T;

  /// From here on memory is aligned to `page` and comes in multiples of it.
  static constexpr std::size_t page = std::size_t{2} << 20;
  static constexpr std::size_t least_bytes = 2 * page;

  LargePageAllocator() = default;
  template <class Other>
  LargePageAllocator(const LargePageAllocator<Other>&) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] T* allocate(std::size_t n) {
    if (n > static_cast<std::size_t>(-1) / sizeof(T) / 4) throw std::bad_alloc();  // no machine has so much
#if defined(__linux__)
    if (n * sizeof(T) >= least_bytes) {
      const std::size_t bytes = (n * sizeof(T) + page - 1) / page * page;
      void* const memory = std::aligned_alloc(page, bytes);
      if (memory == nullptr) throw std::bad_alloc();
      madvise(memory, bytes, MADV_HUGEPAGE);
      return static_cast<T*>(memory);
    }
#endif
    return Eigen::aligned_allocator<T>().allocate(n);
  }

  void deallocate(T* memory, std::size_t n) {
#if defined(__linux__)
    if (n * sizeof(T) >= least_bytes) return std::free(memory);
#endif
    Eigen::aligned_allocator<T>().deallocate(memory, n);
  }

  friend bool operator==(const LargePageAllocator&, const LargePageAllocator&) { return true; }
};

}  // namespace parsae::inline PARSAE_ABI

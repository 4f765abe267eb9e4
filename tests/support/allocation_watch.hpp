// SPDX-License-Identifier: MIT
#pragma once

// Replaces the allocation functions of the whole program: include it in one file of a test program only.

#include <atomic>
#include <cstddef>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PARSAE_TEST_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PARSAE_TEST_SANITIZED 1
#endif
#endif

namespace parsae::test {

/// Sees every allocation that the program makes in its scope, on any thread, whoever asks: operator new, Eigen's
/// aligned memory (which calls malloc itself), C libraries.
class AllocationWatch {
 public:
  AllocationWatch();
  ~AllocationWatch() { is_on() = false; }
  AllocationWatch(const AllocationWatch&) = delete;
  AllocationWatch& operator=(const AllocationWatch&) = delete;

  [[nodiscard]] std::size_t count() const { return n_allocations(); }
  [[nodiscard]] std::size_t largest_bytes() const { return largest(); }

  static void see(std::size_t bytes) {
    if (!is_on()) return;
    ++n_allocations();
    std::size_t before = largest();
    while (before < bytes && !largest().compare_exchange_weak(before, bytes)) {
    }
  }

 private:
  static std::atomic<bool>& is_on() {
    static constinit std::atomic<bool> on = false;
    return on;
  }
  static std::atomic<std::size_t>& n_allocations() {
    static constinit std::atomic<std::size_t> n = 0;
    return n;
  }
  static std::atomic<std::size_t>& largest() {
    static constinit std::atomic<std::size_t> bytes = 0;
    return bytes;
  }
};

}  // namespace parsae::test

#if defined(PARSAE_TEST_SANITIZED)

// A sanitizer owns the allocator and offers a hook.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));

inline parsae::test::AllocationWatch::AllocationWatch() {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t bytes) { see(bytes); }, [](const volatile void*) {});
  static_cast<void>(installed);
  largest() = n_allocations() = 0;
  is_on() = true;
}

#else

inline parsae::test::AllocationWatch::AllocationWatch() {
  largest() = n_allocations() = 0;
  is_on() = true;
}

// glibc's own names of what is replaced. free() stays as it is, since the memory is glibc's.
extern "C" {
void* __libc_malloc(std::size_t bytes) noexcept;
void* __libc_calloc(std::size_t n, std::size_t bytes) noexcept;
void* __libc_realloc(void* memory, std::size_t bytes) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t bytes) noexcept;

void* malloc(std::size_t bytes) noexcept {
  parsae::test::AllocationWatch::see(bytes);
  return __libc_malloc(bytes);
}
void* calloc(std::size_t n, std::size_t bytes) noexcept {
  parsae::test::AllocationWatch::see(n * bytes);
  return __libc_calloc(n, bytes);
}
void* realloc(void* memory, std::size_t bytes) noexcept {
  parsae::test::AllocationWatch::see(bytes);
  return __libc_realloc(memory, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  parsae::test::AllocationWatch::see(bytes);
  return __libc_memalign(alignment, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  parsae::test::AllocationWatch::see(bytes);
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) noexcept {
  parsae::test::AllocationWatch::see(bytes);
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? 12 : 0;  // ENOMEM
}
}

#endif

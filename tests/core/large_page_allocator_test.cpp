// SPDX-License-Identifier: MIT
#include <parsae/core/large_page_allocator.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace large_page_allocator_test {

using namespace parsae;

TEST_CASE("large memory is aligned to its pages, small memory to vectors, and all of it is there") {
  using Allocator = LargePageAllocator<std::uint8_t>;
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, Allocator::least_bytes - 1, Allocator::least_bytes,
                                  Allocator::least_bytes + 1, 3 * Allocator::page + 5}) {
    std::vector<std::uint8_t, Allocator> memory(bytes);
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    CAPTURE(bytes);
    CHECK(address % EIGEN_DEFAULT_ALIGN_BYTES == 0);
#if defined(__linux__)
    if (bytes >= Allocator::least_bytes) CHECK(address % Allocator::page == 0);
#endif
    memory.front() = 1;
    memory.back() = 2;
    memory.resize(bytes + 1, 7);  // moves what is there into memory that may be of the other kind
    CHECK((bytes == 1 || memory.front() == 1));
    CHECK(memory[bytes - 1] == 2);
    CHECK(memory.back() == 7);
  }
}

TEST_CASE("memory that nobody has is refused") {
  LargePageAllocator<double> allocator;
  CHECK_THROWS_AS(allocator.allocate(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
  CHECK_THROWS_AS(allocator.allocate(std::numeric_limits<std::size_t>::max() / 16), std::bad_alloc);
}

}  // namespace large_page_allocator_test

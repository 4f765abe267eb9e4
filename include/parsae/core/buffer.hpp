// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/large_page_allocator.hpp>
#include <parsae/core/slice.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// A growing array with signed indices, aligned for vector loads. Shrinking keeps the memory: a buffer that is reused
/// every step stops allocating once it has seen the largest step.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(Index size, const T& value = T()) : items_(static_cast<std::size_t>(size), value) {}

  [[nodiscard]] T& operator[](Index i) { return items_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] const T& operator[](Index i) const { return items_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] T* data() { return items_.data(); }
  [[nodiscard]] const T* data() const { return items_.data(); }
  [[nodiscard]] Index size() const { return static_cast<Index>(items_.size()); }
  [[nodiscard]] Index capacity() const { return static_cast<Index>(items_.capacity()); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] T* begin() { return data(); }
  [[nodiscard]] T* end() { return data() + size(); }
  [[nodiscard]] const T* begin() const { return data(); }
  [[nodiscard]] const T* end() const { return data() + size(); }
  [[nodiscard]] T& back() { return items_.back(); }
  [[nodiscard]] const T& back() const { return items_.back(); }

  void clear() { items_.clear(); }
  void reserve(Index capacity) { items_.reserve(static_cast<std::size_t>(capacity)); }
  void resize(Index size) { items_.resize(static_cast<std::size_t>(size)); }
  void assign(Index size, const T& value) { items_.assign(static_cast<std::size_t>(size), value); }
  void push_back(const T& value) { items_.push_back(value); }
  void append(Slice<const T> more) {
    const Index old_size = size();
    resize(old_size + more.size());
    std::copy(more.begin(), more.end(), begin() + old_size);
  }

  /// Appends make(bit) for every set bit, ascending. The caller has reserved the room: the loop that filters
  /// pre-activations spends its time here.
  template <class Make>
  void append_each(std::uint32_t bits, const Make& make) {
    const Index old_size = size();
    resize(old_size + std::popcount(bits));
    for (T* to = data() + old_size; bits != 0; bits &= bits - 1) *to++ = make(Index{std::countr_zero(bits)});
  }

  [[nodiscard]] Slice<T> slice() { return {data(), size()}; }
  [[nodiscard]] Slice<const T> slice() const { return {data(), size()}; }

  friend bool operator==(const Buffer& a, const Buffer& b) { return a.items_ == b.items_; }

 private:
  std::vector<T, LargePageAllocator<T>> items_;
};

}  // namespace parsae::inline PARSAE_ABI

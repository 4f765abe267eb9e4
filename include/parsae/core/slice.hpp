// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/types.hpp>

#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// A view of `size` consecutive elements, indexed with the signed Index of Eigen.
/// std::span is indexed with size_t, which turns every `span[i]` of a numerical loop into a sign conversion.
template <class T>
class Slice {
 public:
  Slice() = default;
  Slice(T* data, Index size) : data_(data), size_(size) {}

  /// A Slice<T> reads as a Slice<const T>.
  operator Slice<const T>() const  // NOLINT(google-explicit-constructor)
      requires(!std::is_const_v<T>) {
    return {data_, size_};
  }

  [[nodiscard]] T& operator[](Index i) const { return data_[i]; }
  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] Index size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] T* begin() const { return data_; }
  [[nodiscard]] T* end() const { return data_ + size_; }

  /// Elements [first, first + count); the caller keeps them inside this slice.
  [[nodiscard]] Slice part(Index first, Index count) const { return {data_ + first, count}; }

 private:
  T* data_ = nullptr;
  Index size_ = 0;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
// CASE_DROPS_CONST: no viable conversion|conversion from .* requested
// CASE_WRITES_THROUGH_CONST: assignment of read-only location|cannot assign to return value
#include <parsae/core/buffer.hpp>

int main() {
  parsae::Buffer<int> numbers(1);
  const parsae::Buffer<int>& same_numbers = numbers;
#if defined(CASE_DROPS_CONST)
  const parsae::Slice<int> view = same_numbers.slice();
#elif defined(CASE_WRITES_THROUGH_CONST)
  const parsae::Slice<const int> view = same_numbers.slice();
  view[0] = 1;
#else
  const parsae::Slice<const int> view = numbers.slice();
  numbers.slice()[0] = same_numbers.slice()[0];
#endif
  return view[0];
}

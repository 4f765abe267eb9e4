// SPDX-License-Identifier: MIT
#include <parsae/parsae.hpp>

#include <cstdint>
#include <cstdlib>

using Draw = std::uint64_t (parsae::Random::*)(std::uint64_t, std::uint64_t) const;

Draw draw_of_second_unit();
const void* shape_check_of_second_unit();

/// Both units must see one function where the source has one: a `static` function in a header would have two addresses.
int main() {
  const Draw draw = &parsae::Random::below;
  const auto* shape_check = reinterpret_cast<const void*>(&parsae::require_shape);
  const bool same = draw == draw_of_second_unit() && shape_check == shape_check_of_second_unit();
  return same ? EXIT_SUCCESS : EXIT_FAILURE;
}

// SPDX-License-Identifier: MIT
#include <parsae/sparse/transpose.hpp>

#include <support/catch.hpp>

namespace transpose_test {

using namespace parsae;

TEMPLATE_TEST_CASE("entry (r, c) of a block moves to (c, r)", "", float, double) {
  using Pack = Simd<TestType>;
  constexpr Index width = Transpose<TestType>::width;
  REQUIRE(width == Pack::width);
  TestType entries[std::size_t{width * width}];
  typename Pack::Lanes rows[std::size_t{width}];
  for (Index e = 0; e < width * width; ++e) entries[e] = static_cast<TestType>(e);
  for (Index r = 0; r < width; ++r) rows[r] = Pack::load(entries + r * width);
  Transpose<TestType>::apply(rows);
  for (Index r = 0; r < width; ++r) Pack::store(entries + r * width, rows[r]);
  for (Index r = 0; r < width; ++r)
    for (Index c = 0; c < width; ++c) {
      CAPTURE(r, c);
      CHECK(entries[r * width + c] == static_cast<TestType>(c * width + r));
    }
}

}  // namespace transpose_test

// SPDX-License-Identifier: MIT
#include <parsae/core/buffer.hpp>
#include <parsae/sparse/simd.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

namespace simd_test {

using namespace parsae;

namespace {

template <class Scalar>
using Values = std::array<Scalar, static_cast<std::size_t>(Simd<Scalar>::width)>;

template <class Scalar>
Values<Scalar> values_of(const typename Simd<Scalar>::Lanes& lanes) {
  Values<Scalar> values;
  Simd<Scalar>::store(values.data(), lanes);
  return values;
}

template <class Scalar>
Values<Scalar> random_values(std::uint64_t stream) {
  const Vector<Scalar> random = test::random_vector<Scalar>(Simd<Scalar>::width, stream);
  Values<Scalar> values;
  std::copy(random.begin(), random.end(), values.begin());
  return values;
}

}  // namespace

TEMPLATE_TEST_CASE("multiply_add rounds once where the target does, else twice", "", float, double) {
  // (1 + e)(1 - e) - 1 = -e^2, and the rounded product is 1.
  const volatile TestType e = std::is_same_v<TestType, float> ? TestType(0x1p-13) : TestType(0x1p-30);
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__FP_FAST_FMAF)
  CHECK(multiply_add<TestType>(1 + e, 1 - e, -1) == -e * e);
#else
  CHECK(multiply_add<TestType>(1 + e, 1 - e, -1) == 0);
#endif
  CHECK(multiply_add<TestType>(2, 3, 4) == 10);
}

TEMPLATE_TEST_CASE("a vector holds whole scalars and is loaded and stored at any address", "", float, double) {
  using Pack = Simd<TestType>;
  CHECK(Pack::width * static_cast<Index>(sizeof(TestType)) == Pack::bytes);
  CHECK(sizeof(typename Pack::Lanes) == static_cast<std::size_t>(Pack::bytes));
  const Vector<TestType> from = test::random_vector<TestType>(Pack::width + 3, 1);
  for (Index shift = 0; shift < 3; ++shift) {
    Vector<TestType> to = Vector<TestType>::Zero(Pack::width + 3);
    Pack::store(to.data() + shift, Pack::load(from.data() + shift));
    CHECK(to.segment(shift, Pack::width) == from.segment(shift, Pack::width));
    CHECK((to.head(shift).isZero(0) && to.tail(3 - shift).isZero(0)));
  }
}

TEMPLATE_TEST_CASE("operations on lanes have the bits of the scalar ones", "", float, double) {
  using Pack = Simd<TestType>;
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    const Values<TestType> a = random_values<TestType>(3 * trial);
    const Values<TestType> b = random_values<TestType>(3 * trial + 1);
    const Values<TestType> c = random_values<TestType>(3 * trial + 2);
    Values<TestType> squares;
    Values<TestType> fused;
    Values<TestType> roots;
    for (std::size_t lane = 0; lane < a.size(); ++lane) {
      squares[lane] = a[lane] * a[lane];
      fused[lane] = multiply_add(a[lane], b[lane], c[lane]);
      roots[lane] = std::sqrt(squares[lane]);
    }
    REQUIRE(values_of<TestType>(Pack::multiply_add(Pack::load(a.data()), Pack::load(b.data()), Pack::load(c.data()))) ==
            fused);
    REQUIRE(values_of<TestType>(Pack::square_root(Pack::load(squares.data()))) == roots);
  }
  Values<TestType> same;
  same.fill(TestType(0.1));
  CHECK(values_of<TestType>(Pack::broadcast(TestType(0.1))) == same);
}

TEMPLATE_TEST_CASE("lanes are summed in a tree: the upper half onto the lower, again and again", "", float, double) {
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    Values<TestType> lanes = random_values<TestType>(trial);
    const TestType sum = Simd<TestType>::sum(Simd<TestType>::load(lanes.data()));
    for (std::size_t half = lanes.size() / 2; half > 0; half /= 2)
      for (std::size_t lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
    REQUIRE(sum == lanes[0]);
  }
}

TEMPLATE_TEST_CASE("comparisons set a bit a lane, and agree on everything but NaN", "", float, double) {
  using Pack = Simd<TestType>;
  constexpr TestType infinity = std::numeric_limits<TestType>::infinity();
  constexpr TestType special[] = {-infinity,
                                  -1,
                                  -TestType(0),
                                  0,
                                  std::numeric_limits<TestType>::denorm_min(),
                                  1,
                                  infinity,
                                  std::numeric_limits<TestType>::quiet_NaN()};
  const Random draws(11);
  std::uint64_t counter = 0;
  for (int trial = 0; trial < 300; ++trial) {
    Values<TestType> a;
    Values<TestType> b;
    for (TestType& value : a) value = special[draws.below(8, counter++)];
    for (TestType& value : b) value = special[draws.below(8, counter++)];
    std::uint32_t reached = 0;
    std::uint32_t not_below = 0;
    Index wrong = 0;
    const Values<TestType> or_zero = values_of<TestType>(Pack::or_zero(Pack::load(a.data()), Pack::load(b.data())));
    const Values<TestType> larger = values_of<TestType>(Pack::larger(Pack::load(a.data()), Pack::load(b.data())));
    for (std::size_t lane = 0; lane < a.size(); ++lane) {
      reached |= static_cast<std::uint32_t>(a[lane] >= b[lane]) << lane;
      not_below |= static_cast<std::uint32_t>(!(a[lane] < b[lane])) << lane;
      const TestType expected = a[lane] > b[lane] ? a[lane] : b[lane];  // b where one is NaN
      wrong += !(larger[lane] == expected || (larger[lane] != larger[lane] && expected != expected));
      wrong += or_zero[lane] != (a[lane] >= b[lane] ? a[lane] : TestType(0));
    }
    REQUIRE(Pack::reached(Pack::load(a.data()), Pack::load(b.data())) == reached);
    REQUIRE(Pack::not_below(Pack::load(a.data()), Pack::load(b.data())) == not_below);
    REQUIRE(wrong == 0);
  }
}

TEMPLATE_TEST_CASE("lanes are compressed and expanded by bits, and loaded and stored in part", "", float, double) {
  using Pack = Simd<TestType>;
  constexpr auto width = static_cast<std::size_t>(Pack::width);
  const Values<TestType> a = random_values<TestType>(1);
  for (std::uint32_t bits = 0; bits<(1U << width); bits += width> 8 ? 257 : 1) {
    Values<TestType> front{};
    Values<TestType> spread{};
    std::size_t n = 0;
    for (std::size_t lane = 0; lane < width; ++lane) {
      if ((bits >> lane & 1U) == 0) continue;
      front[n] = a[lane];
      spread[lane] = a[n++];
    }
    const Values<TestType> compressed = values_of<TestType>(Pack::compress(Pack::load(a.data()), bits));
    CAPTURE(bits);
    CHECK(std::equal(front.begin(), front.begin() + n, compressed.begin()));
    CHECK(values_of<TestType>(Pack::expand(Pack::load(a.data()), bits)) == spread);
  }
  for (Index count = 0; count <= Pack::width; ++count) {
    Values<TestType> first{};
    Values<TestType> kept;
    kept.fill(7);
    Values<TestType> expected = kept;
    std::copy_n(a.begin(), count, first.begin());
    std::copy_n(a.begin(), count, expected.begin());
    Pack::store_first(kept.data(), Pack::load(a.data()), count);
    CHECK(kept == expected);
    const Buffer<TestType> exact = [&] {
      Buffer<TestType> values(count);
      std::copy_n(a.begin(), count, values.begin());
      return values;
    }();
    CHECK(values_of<TestType>(Pack::load_first(exact.data(), count)) == first);
  }
}

TEMPLATE_TEST_CASE("the low parts of integers in lanes stand side by side", "", std::int8_t, std::uint16_t) {
  typedef std::uint32_t Integers __attribute__((vector_size(Simd<float>::bytes)));
  constexpr std::size_t width = std::size_t{Simd<float>::width};
  Integers integers = {};
  for (std::size_t lane = 0; lane < width; ++lane) integers[lane] = 0x89ABFE00U + 0x01010103U * std::uint32_t(lane);
  std::array<TestType, width + 1> parts;
  parts.back() = 77;
  store_low_parts<TestType>(integers, parts.data());
  for (std::size_t lane = 0; lane < width; ++lane) CHECK(parts[lane] == static_cast<TestType>(integers[lane]));
  CHECK(parts.back() == 77);
}

}  // namespace simd_test

// SPDX-License-Identifier: MIT
#include <parsae/sparse/column.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace column_test {

using namespace parsae;
using test::random_matrix;
using test::random_vector;

namespace {

constexpr Index largest_size = 150;  // several pairs of vectors and every tail, at every instruction set

/// A vector with one entry behind it that nobody may touch.
template <class Scalar>
Vector<Scalar> guarded(Index size, std::uint64_t stream) {
  return random_vector<Scalar>(size + 1, stream);
}

}  // namespace

TEMPLATE_TEST_CASE("a dot product is close to the one in long double", "", float, double) {
  for (Index size = 0; size <= largest_size; ++size) {
    const Vector<TestType> a = random_vector<TestType>(size, 1);
    const Vector<TestType> b = random_vector<TestType>(size, 2);
    long double expected = 0;
    long double magnitude = 0;
    for (Index i = 0; i < size; ++i) {
      const long double product = static_cast<long double>(a(i)) * static_cast<long double>(b(i));
      expected += product;
      magnitude += std::abs(product);
    }
    const TestType dot = Column<TestType>::dot(a.data(), b.data(), size);
    const long double bound = static_cast<long double>(size) * std::numeric_limits<TestType>::epsilon() / 2 * magnitude;
    CAPTURE(size);
    CHECK(std::abs(static_cast<long double>(dot) - expected) <= bound);
  }
}

TEMPLATE_TEST_CASE("a dot product does not depend on alignment", "", float, double) {
  for (const Index size : {7, 33, 129}) {
    const Vector<TestType> a = random_vector<TestType>(size, 1);
    const Vector<TestType> b = random_vector<TestType>(size, 2);
    const TestType aligned = Column<TestType>::dot(a.data(), b.data(), size);
    for (Index shift = 1; shift < 8; ++shift) {
      Vector<TestType> moved(size + shift);
      moved.tail(size) = a;
      CHECK(Column<TestType>::dot(moved.data() + shift, b.data(), size) == aligned);
    }
  }
}

TEMPLATE_TEST_CASE("adding a scaled column is one multiply-add an entry", "", float, double) {
  const TestType factor = TestType(0.7);
  for (Index size = 0; size <= largest_size; ++size) {
    const Vector<TestType> from = guarded<TestType>(size, 1);
    Vector<TestType> to = guarded<TestType>(size, 2);
    Vector<TestType> expected = to;
    for (Index i = 0; i < size; ++i) expected(i) = multiply_add(factor, from(i), expected(i));
    Column<TestType>::add_scaled(factor, from.data(), to.data(), size);
    CAPTURE(size);
    CHECK(to == expected);
  }
}

TEMPLATE_TEST_CASE("adding many columns is adding them one by one", "", float, double) {
  for (Index count = 0; count <= 10; ++count)
    for (Index size = 0; size <= largest_size; ++size) {
      const Matrix<TestType> columns = random_matrix<TestType>(size, 10, 1);
      const Vector<TestType> factors = random_vector<TestType>(10, 2);
      Vector<TestType> to = guarded<TestType>(size, 3);
      Vector<TestType> expected = to;
      for (Index e = 0; e < count; ++e)
        for (Index i = 0; i < size; ++i) expected(i) = multiply_add(factors(e), columns(i, (7 * e) % 10), expected(i));
      for (const Index n_ahead : {count, count + 3, Index{30}}) {
        Index furthest = -1;
        const auto column_at = [&](Index e) {
          furthest = std::max(furthest, e);
          return columns.data() + (7 * e) % 10 * size;
        };
        Vector<TestType> sum = to;
        Column<TestType>::add_scaled_columns(factors.data(), column_at, count, n_ahead, sum.data(), size);
        if (sum == expected && furthest < std::max(n_ahead, Index{1})) continue;
        CAPTURE(count, size, n_ahead);
        CHECK(furthest < n_ahead);
        CHECK(sum == expected);
      }
    }
  SUCCEED();
}

TEMPLATE_TEST_CASE("columns with the factor zero are never read", "", float, double) {
  constexpr Index size = 37;
  for (const Index count : {1, 5, 63, 64, 65, 130, 200, 300})
    for (const Index period : {1, 2, 3, 7, 70, 1000}) {  // every period-th factor stays; 1000: the first alone
      const Matrix<TestType> columns = random_matrix<TestType>(size, 10, 1);
      const Vector<TestType> unread = Vector<TestType>::Constant(size, std::numeric_limits<TestType>::quiet_NaN());
      Vector<TestType> factors = random_vector<TestType>(count, 2);
      Vector<TestType> expected = random_vector<TestType>(size, 3);
      Vector<TestType> sum = expected;
      for (Index e = 0; e < count; ++e) {
        if (e % period != 0) factors(e) = e % 2 == 0 ? TestType(0) : -TestType(0);
        if (e % period == 0)
          Column<TestType>::add_scaled(factors(e), columns.data() + e % 10 * size, expected.data(), size);
      }
      const auto column_at = [&](Index e) { return e % period == 0 ? columns.data() + e % 10 * size : unread.data(); };
      Column<TestType>::add_scaled_columns(factors.data(), column_at, count, count, sum.data(), size);
      CAPTURE(count, period);
      CHECK(sum == expected);
    }
}

TEMPLATE_TEST_CASE("the products of many columns with one are those of each", "", float, double) {
  for (Index count = 0; count <= 9; ++count)
    for (Index size = 0; size <= largest_size; ++size) {
      const Matrix<TestType> columns = random_matrix<TestType>(size, 10, 1);
      const Vector<TestType> b = random_vector<TestType>(size, 2);
      Vector<TestType> products = Vector<TestType>::Constant(count + 1, 77);
      Index furthest = -1;
      const auto column_at = [&](Index e) {
        furthest = std::max(furthest, e);
        return columns.data() + (7 * e) % 10 * size;
      };
      Column<TestType>::dot_columns(column_at, count, b.data(), products.data(), size);
      Vector<TestType> expected = Vector<TestType>::Constant(count + 1, 77);
      const bool stays_within = furthest == count - 1;  // no column behind the last is asked for, not even ahead
      for (Index e = 0; e < count; ++e) expected(e) = Column<TestType>::dot(column_at(e), b.data(), size);
      if (products == expected && stays_within) continue;
      CAPTURE(count, size, furthest);
      CHECK(products == expected);
      CHECK(stays_within);
    }
  SUCCEED();
}

TEMPLATE_TEST_CASE("scaling multiplies each entry", "", float, double) {
  for (Index size = 0; size <= largest_size; ++size) {
    Vector<TestType> column = guarded<TestType>(size, 1);
    Vector<TestType> expected = column;
    for (Index i = 0; i < size; ++i) expected(i) *= TestType(1.3);
    Column<TestType>::scale(TestType(1.3), column.data(), size);
    CAPTURE(size);
    CHECK(column == expected);
  }
}

}  // namespace column_test

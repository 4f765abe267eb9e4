// SPDX-License-Identifier: MIT
#include <parsae/io/shape.hpp>

#include <support/catch.hpp>

#include <initializer_list>
#include <limits>
#include <optional>
#include <string>

namespace shape_test {

using namespace parsae;

namespace {

std::optional<Index> count(std::initializer_list<Index> shape) {
  return detail::count_elements({shape.begin(), static_cast<Index>(shape.size())});
}

std::string text(std::initializer_list<Index> shape) {
  return detail::shape_text({shape.begin(), static_cast<Index>(shape.size())});
}

constexpr Index largest = std::numeric_limits<Index>::max();

}  // namespace

TEST_CASE("the elements of a shape are counted") {
  CHECK(count({}) == 1);
  CHECK(count({7}) == 7);
  CHECK(count({2, 3, 5}) == 30);
  CHECK(count({4, 0, 5}) == 0);
}

TEST_CASE("a count that does not fit is empty, also beside a dimension of zero") {
  CHECK(count({largest}) == largest);
  CHECK(count({largest / 2, 2}) == largest - 1);
  CHECK(count({largest / 2 + 1, 2}) == std::nullopt);
  CHECK(count({Index{1} << 32, Index{1} << 31}) == std::nullopt);
  CHECK(count({0, largest, 2}) == std::nullopt);
  CHECK(count({largest, 2, 0}) == std::nullopt);
  CHECK(count({0, largest}) == 0);
}

TEST_CASE("a shape is written as in Python") {
  CHECK(text({}) == "()");
  CHECK(text({5}) == "(5,)");
  CHECK(text({5, 3}) == "(5, 3)");
}

}  // namespace shape_test

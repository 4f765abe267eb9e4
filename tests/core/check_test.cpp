// SPDX-License-Identifier: MIT
#include <parsae/core/check.hpp>

#include <support/catch.hpp>

#include <limits>
#include <stdexcept>
#include <string>

namespace check_test {

using namespace parsae;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The message of the std::invalid_argument that `call` throws, or "accepted".
template <class Call>
std::string refusal(const Call& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

std::string between(double value) {
  return refusal([&] { require_between("k", value, -1.0, 2.5); });
}
std::string at_least(Index value) {
  return refusal([&] { require_at_least("k", value, Index{3}); });
}
std::string positive(double value) {
  return refusal([&] { require_positive("width", value); });
}
std::string not_negative(double value) {
  return refusal([&] { require_not_negative("width", value); });
}

}  // namespace

TEST_CASE("a refusal names the argument, what was expected and what came") {
  CHECK(refusal([] { reject("k", "an even number", 7); }) == "k: expected an even number, got 7");
}

TEST_CASE("a value is required between two bounds, both included") {
  CHECK(between(-1.0) == "accepted");
  CHECK(between(2.5) == "accepted");
  CHECK(between(-1.5) == "k: expected a value from -1 to 2.5, got -1.5");
  CHECK(between(2.75) == "k: expected a value from -1 to 2.5, got 2.75");
  CHECK(between(not_a_number) == "k: expected a value from -1 to 2.5, got nan");
}

TEST_CASE("a value is required to be at least a bound") {
  CHECK(at_least(3) == "accepted");
  CHECK(at_least(2) == "k: expected at least 3, got 2");
  CHECK(refusal([] { require_at_least("x", not_a_number, 0.0); }) == "x: expected at least 0, got nan");
}

TEST_CASE("a positive value is finite and above zero") {
  CHECK(positive(1e-300) == "accepted");
  CHECK(positive(0) == "width: expected a finite value above 0, got 0");
  CHECK(positive(-1) == "width: expected a finite value above 0, got -1");
  CHECK(positive(infinity) == "width: expected a finite value above 0, got inf");
  CHECK(positive(not_a_number) == "width: expected a finite value above 0, got nan");
}

TEST_CASE("a value that is not negative is finite and may be zero") {
  CHECK(not_negative(0) == "accepted");
  CHECK(not_negative(3) == "accepted");
  CHECK(not_negative(-1e-9) == "width: expected a finite value of at least 0, got -1e-09");
  CHECK(not_negative(infinity) == "width: expected a finite value of at least 0, got inf");
  CHECK(not_negative(not_a_number) == "width: expected a finite value of at least 0, got nan");
}

TEST_CASE("a shape is required in both dimensions") {
  CHECK(refusal([] { require_shape("x", 3, 4, 3, 4); }) == "accepted");
  CHECK(refusal([] { require_shape("x", 3, 5, 3, 4); }) == "x: expected a 3 x 4 matrix, got 3 x 5");
  CHECK(refusal([] { require_shape("x", 2, 4, 3, 4); }) == "x: expected a 3 x 4 matrix, got 2 x 4");
}

TEST_CASE("the first value that is not finite is named by sample and input") {
  Matrix<float> samples = Matrix<float>::Ones(5, 7);
  const auto finite = [&] { require_finite("inputs", samples); };
  CHECK(refusal(finite) == "accepted");
  samples(1, 6) = std::numeric_limits<float>::quiet_NaN();
  samples(4, 3) = -std::numeric_limits<float>::infinity();
  CHECK(refusal(finite) == "inputs: expected finite values, got -inf in sample 3, input 4");
  samples(4, 3) = 0;
  CHECK(refusal(finite) == "inputs: expected finite values, got nan in sample 6, input 1");
  CHECK(refusal([&] { require_finite("inputs", samples.leftCols(6)); }) == "accepted");
  CHECK(refusal([] { require_finite("inputs", Matrix<double>(0, 3)); }) == "accepted");
}

}  // namespace check_test

// SPDX-License-Identifier: MIT
#include <parsae/io/tensor_dtype.hpp>

#include <support/catch.hpp>

#include <cstdint>
#include <optional>

namespace tensor_dtype_test {

using namespace parsae;

TEST_CASE("element types that can be read have the size of their dtype") {
  CHECK(TensorDtype<float>::name == "F32");
  CHECK(TensorDtype<double>::name == "F64");
  CHECK(TensorDtype<std::uint8_t>::name == "U8");
  CHECK(TensorDtype<std::int32_t>::name == "I32");
  CHECK(TensorDtype<std::int64_t>::name == "I64");
  const auto check = []<class Scalar>(Scalar) {
    CHECK(detail::dtype_bits(TensorDtype<Scalar>::name) == static_cast<Index>(8 * sizeof(Scalar)));
  };
  check(float{});
  check(double{});
  check(std::uint8_t{});
  check(std::int32_t{});
  check(std::int64_t{});
}

TEST_CASE("dtypes that cannot be read still have a size, unknown ones have none") {
  CHECK(detail::dtype_bits("BF16") == 16);
  CHECK(detail::dtype_bits("BOOL") == 8);
  CHECK(detail::dtype_bits("F8_E4M3") == 8);
  CHECK(detail::dtype_bits("F6_E2M3") == 6);
  CHECK(detail::dtype_bits("F4") == 4);
  CHECK(detail::dtype_bits("C64") == 64);
  CHECK(detail::dtype_bits("F128") == std::nullopt);
  CHECK(detail::dtype_bits("") == std::nullopt);
}

}  // namespace tensor_dtype_test

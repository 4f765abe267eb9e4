// SPDX-License-Identifier: MIT
#include <parsae/core/abi.hpp>
#include <parsae/core/types.hpp>
#include <parsae/sparse/simd.hpp>

#include <support/catch.hpp>

#include <string>
#include <type_traits>
#include <typeinfo>

namespace abi_test {

#define QUOTE(text) #text
#define QUOTE_EXPANDED(text) QUOTE(text)

namespace {

const std::string isa = QUOTE_EXPANDED(PARSAE_ISA);
const std::string abi = QUOTE_EXPANDED(PARSAE_ABI);

/// Whether multiply_add rounds once: (1 + e)(1 - e) - 1 = -e^2 is lost when the product is rounded first.
template <class Scalar>
bool is_fused() {
  const volatile Scalar e = std::is_same_v<Scalar, float> ? Scalar(0x1p-13) : Scalar(0x1p-30);
  return parsae::multiply_add<Scalar>(1 + e, 1 - e, -1) != 0;
}

}  // namespace

TEST_CASE("the name of the build says instruction set and threading") {
#if defined(_OPENMP)
  CHECK(abi == "v0_" + isa + "_openmp");
#else
  CHECK(abi == "v0_" + isa + "_serial");
#endif
  CHECK(abi.substr(0, 3) == "v" QUOTE_EXPANDED(PARSAE_VERSION_MAJOR) "_");
}

TEST_CASE("symbols carry the name, and sources need not") {
  CHECK(std::string(typeid(parsae::SampleRange).name()).find(abi) != std::string::npos);
  CHECK(std::is_same_v<parsae::SampleRange, parsae::PARSAE_ABI::SampleRange>);
}

TEST_CASE("builds whose kernels differ have different names") {
  struct Kernels {
    std::string isa;
    int bytes;
    bool fused;
  };
  const Kernels known[] = {
      {"avx512_int8_bf16", 64, true}, {"avx512_int8", 64, true}, {"avx512", 64, true}, {"avx2", 32, true},
      {"avx_fma", 32, true},          {"avx", 32, false},        {"neon", 16, true},   {"baseline", 16, false}};
  bool found = false;
  for (const Kernels& kernels : known) {
    if (kernels.isa != isa) continue;
    found = true;
    CHECK(parsae::Simd<float>::bytes == kernels.bytes);
    CHECK(is_fused<float>() == kernels.fused);
    CHECK(is_fused<double>() == kernels.fused);
  }
  INFO(isa);
  CHECK(found);
}

}  // namespace abi_test

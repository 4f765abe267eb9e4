// SPDX-License-Identifier: MIT
#include <parsae/core/build_summary.hpp>

#include <support/catch.hpp>

#include <string>

namespace build_summary_test {

using Catch::Matchers::ContainsSubstring;

#define QUOTE(text) #text
#define QUOTE_EXPANDED(text) QUOTE(text)

TEST_CASE("the summary names version, instruction set, multiply-add and threads") {
  const std::string summary = parsae::build_summary();
  const std::string version = QUOTE_EXPANDED(PARSAE_VERSION_MAJOR) "." QUOTE_EXPANDED(
      PARSAE_VERSION_MINOR) "." QUOTE_EXPANDED(PARSAE_VERSION_PATCH);
  CHECK(summary.rfind("parsae " + version + ", " QUOTE_EXPANDED(PARSAE_ISA) " with", 0) == 0);
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  CHECK_THAT(summary, ContainsSubstring(" with fused multiply-add"));
#else
  CHECK_THAT(summary, ContainsSubstring(" without fused multiply-add") && ContainsSubstring("parsae_enable_native"));
#endif
#if defined(_OPENMP)
  const int threads = parsae::Threads::available().count();
  CHECK_THAT(summary, ContainsSubstring("OpenMP with " + std::to_string(threads) + " thread"));
  CHECK((summary.back() == 's') == (threads != 1));
#else
  CHECK_THAT(summary, ContainsSubstring("one thread"));
#endif
  CHECK(summary.find('\n') == std::string::npos);
}

TEST_CASE("the header keeps its macros to itself") {
#if defined(PARSAE_QUOTE) || defined(PARSAE_QUOTE_EXPANDED)
  const bool leaks = true;
#else
  const bool leaks = false;
#endif
  CHECK_FALSE(leaks);
}

}  // namespace build_summary_test

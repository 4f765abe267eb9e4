// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <string>

#define PARSAE_QUOTE(text) #text
#define PARSAE_QUOTE_EXPANDED(text) PARSAE_QUOTE(text)

namespace parsae::inline PARSAE_ABI {

/// One line that says what this program was built for: version, instruction set, fused multiply-add, low-precision
/// products for screening, threads. Programs print it, so that nobody runs at baseline speed without knowing: a program
/// built without -march=native uses SSE2 on x86-64.
[[nodiscard]] inline std::string build_summary() {
  std::string line = "parsae " + std::to_string(PARSAE_VERSION_MAJOR) + "." + std::to_string(PARSAE_VERSION_MINOR) +
                     "." + std::to_string(PARSAE_VERSION_PATCH) + ", " PARSAE_QUOTE_EXPANDED(PARSAE_ISA);
#if PARSAE_FUSED_MULTIPLY_ADD
  line += " with fused multiply-add";
#else
  line += " without fused multiply-add (build with parsae_enable_native for full speed)";
#endif
#if PARSAE_BF16_PRODUCTS
  line += ", screening with int8 and bf16";
#elif PARSAE_INT8_PRODUCTS
  line += ", screening with int8";
#else
  line += ", no screening";
#endif
#if defined(_OPENMP)
  const int threads = Threads::available().count();
  line += ", OpenMP with " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
#else
  line += ", one thread (built without OpenMP)";
#endif
  return line;
}

}  // namespace parsae::inline PARSAE_ABI

#undef PARSAE_QUOTE_EXPANDED
#undef PARSAE_QUOTE

// SPDX-License-Identifier: MIT
#pragma once

// The inline namespace of everything in parsae, and the only file that looks at the instruction set to choose a name.
//
// Kernels compile to different code under different -m flags, and Eigen aligns differently. Two translation units of
// one program that were built differently would otherwise share one set of symbols, and the linker would keep whichever
// it saw first. With the name below their types differ, and a program that mixes them fails to link.

// Products of low-precision codes, which screening lives on.
#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#define PARSAE_INT8_PRODUCTS 1
#else
#define PARSAE_INT8_PRODUCTS 0
#endif
#if defined(__AVX512BF16__) && PARSAE_INT8_PRODUCTS  // no processor has the one without the other
#define PARSAE_BF16_PRODUCTS 1
#else
#define PARSAE_BF16_PRODUCTS 0
#endif

#if PARSAE_BF16_PRODUCTS
#define PARSAE_ISA avx512_int8_bf16
#elif PARSAE_INT8_PRODUCTS
#define PARSAE_ISA avx512_int8
#elif defined(__AVX512F__)
#define PARSAE_ISA avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define PARSAE_ISA avx2
#elif defined(__AVX__) && defined(__FMA__)
#define PARSAE_ISA avx_fma
#elif defined(__AVX__)
#define PARSAE_ISA avx
#elif defined(__ARM_NEON)
#define PARSAE_ISA neon
#else
#define PARSAE_ISA baseline
#endif

// Whether a * b + c is one instruction, rounded once. Without it std::fma is a library call, and parsae rounds twice.
#if defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA) || defined(__FP_FAST_FMAF)
#define PARSAE_FUSED_MULTIPLY_ADD 1
#else
#define PARSAE_FUSED_MULTIPLY_ADD 0
#endif

#if defined(_OPENMP)
#define PARSAE_THREADING openmp
#else
#define PARSAE_THREADING serial
#endif

#define PARSAE_JOIN_NAMES(isa, threading) v0_##isa##_##threading
#define PARSAE_EXPAND_AND_JOIN(isa, threading) PARSAE_JOIN_NAMES(isa, threading)
#define PARSAE_ABI PARSAE_EXPAND_AND_JOIN(PARSAE_ISA, PARSAE_THREADING)

#define PARSAE_VERSION_MAJOR 0
#define PARSAE_VERSION_MINOR 1
#define PARSAE_VERSION_PATCH 0

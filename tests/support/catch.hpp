// SPDX-License-Identifier: MIT
#pragma once

// Catch2 version 2 or 3, whichever is installed; tests use what both have. Matchers live in Catch::Matchers.

#if __has_include(<catch2/catch_all.hpp>)

#include <catch2/catch_all.hpp>

#else

#include <catch2/catch.hpp>

namespace Catch::Matchers {

/// Version 3's name for version 2's Contains(string).
inline StdString::ContainsMatcher ContainsSubstring(const std::string& part) { return Contains(part); }

}  // namespace Catch::Matchers

#endif

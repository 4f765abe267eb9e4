// SPDX-License-Identifier: MIT
// The precompiled header of the tests belongs to this file: main.cpp, which asks Catch2 for more, cannot carry it.
#include <support/catch.hpp>

// SPDX-License-Identifier: MIT
#include <parsae/parsae.hpp>

#include <cstdint>

using Draw = std::uint64_t (parsae::Random::*)(std::uint64_t, std::uint64_t) const;

Draw draw_of_second_unit() { return &parsae::Random::below; }

const void* shape_check_of_second_unit() { return reinterpret_cast<const void*>(&parsae::require_shape); }

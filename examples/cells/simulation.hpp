// SPDX-License-Identifier: MIT
#pragma once

#include "options.hpp"
#include "results.hpp"
#include "watch.hpp"

namespace parsae_examples::cells {

/// Roughly, in seconds of two cores.
[[nodiscard]] double simulation_cost(const Options& options);

/// Part one: adds to the results; false when it was stopped.
[[nodiscard]] bool run_simulations(const Options& options, Watch& watch, Results& results);

}  // namespace parsae_examples::cells

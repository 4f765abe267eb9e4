// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>

#include "options.hpp"

namespace parsae_cli {

/// `parsae train`; returns the exit code. Throws UsageError, parsae::FileError.
/// \param verb  as the command line was parsed with it
[[nodiscard]] int run_train(const TrainRequest& request, const CLI::App& verb);

}  // namespace parsae_cli

// SPDX-License-Identifier: MIT
#include <parsae/parsae.hpp>

#include <nlohmann/json.hpp>
#include <zlib.h>

#include <cstdlib>

// A user's program: the whole library, and what the io floor brings along, from one linked target.
int main() {
  const nlohmann::json version = {PARSAE_VERSION_MAJOR, PARSAE_VERSION_MINOR, PARSAE_VERSION_PATCH};
  parsae::Buffer<double> draws(4);
  const parsae::Random random(1);
  parsae::Threads::available().for_each(
      draws.size(), [&](parsae::Index i, int) { draws[i] = random.uniform(static_cast<std::uint64_t>(i)); });
  const bool in_range = draws[0] >= 0.0 && draws[0] < 1.0;
  return in_range && version.size() == 3 && zlibVersion() != nullptr ? EXIT_SUCCESS : EXIT_FAILURE;
}

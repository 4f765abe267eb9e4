// SPDX-License-Identifier: MIT
#include <parsae/core/buffer.hpp>
#include <parsae/core/random.hpp>
#include <parsae/core/threads.hpp>

#include <cstdlib>

// A user's program without files: Eigen is all it needs.
int main() {
  parsae::Buffer<double> draws(4);
  const parsae::Random random(1);
  parsae::Threads::available().for_each(
      draws.size(), [&](parsae::Index i, int) { draws[i] = random.normal(static_cast<std::uint64_t>(i)); });
  return draws[0] != draws[1] ? EXIT_SUCCESS : EXIT_FAILURE;
}

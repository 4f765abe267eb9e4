// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// A batch cut into blocks of whole register tiles, for kernels whose bits do not depend on the cut: as large as they
/// may be, since every block packs the dictionary anew, and at least one for each thread.
class SampleBlocks {
 public:
  static constexpr Index largest = 1200;

  /// \param tile  samples of a register tile
  SampleBlocks(Index batch, Index tile, Threads threads) : batch_(batch) {
    const Index n_blocks = divide_up(divide_up(batch, largest), threads.count()) * threads.count();
    size_ = std::max(divide_up(divide_up(batch, std::max(n_blocks, Index{1})), tile), Index{1}) * tile;
  }

  [[nodiscard]] Index count() const { return divide_up(batch_, size_); }
  [[nodiscard]] Index size() const { return size_; }
  [[nodiscard]] SampleRange range(Index block) const { return {block * size_, std::min(batch_, (block + 1) * size_)}; }

 private:
  Index batch_ = 0;
  Index size_ = 1;
};

}  // namespace parsae::inline PARSAE_ABI

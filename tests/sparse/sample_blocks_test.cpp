// SPDX-License-Identifier: MIT
#include <parsae/sparse/sample_blocks.hpp>

#include <support/catch.hpp>

namespace sample_blocks_test {

using namespace parsae;

TEST_CASE("blocks cover the batch once, in whole tiles of at most the largest size") {
  for (const Index batch : {0, 1, 5, 12, 13, 24, 1200, 1201, 2048, 10000})
    for (const Index tile : {1, 6, 12})
      for (const int threads : {1, 2, 7}) {
        CAPTURE(batch, tile, threads);
        const SampleBlocks blocks(batch, tile, Threads(threads));
        CHECK(blocks.size() % tile == 0);
        CHECK(blocks.size() <= SampleBlocks::largest);
        Index next = 0;
        for (Index block = 0; block < blocks.count(); ++block) {
          CHECK(blocks.range(block).begin == next);
          CHECK(blocks.range(block).size() <= blocks.size());
          CHECK(blocks.range(block).size() > 0);
          next = blocks.range(block).end;
        }
        CHECK(next == batch);
        if (batch >= tile * threads * threads) CHECK(blocks.count() >= threads);
      }
}

}  // namespace sample_blocks_test

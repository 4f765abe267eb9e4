// SPDX-License-Identifier: MIT
#include <parsae/io/shard_settings.hpp>

#include <support/catch.hpp>

using namespace parsae;

TEST_CASE("a source without settings shuffles without end and refuses what is not finite") {
  const ShardSettings settings;
  CHECK(settings.order == ShardSettings::Order::Shuffled);
  CHECK(settings.epochs == 0);
  CHECK(settings.not_finite == ShardSettings::NotFinite::Refuse);
  CHECK(settings.max_norm_ratio == 0);
  CHECK(settings.files.raw_dim == 0);
}

// SPDX-License-Identifier: MIT
#include <parsae/io/shard_settings.hpp>

#include <support/catch.hpp>

#include <limits>
#include <stdexcept>

namespace shard_settings_test {

using namespace parsae;

TEST_CASE("a source without settings shuffles without end and refuses what is not finite") {
  const ShardSettings settings;
  CHECK(settings.order == ShardSettings::Order::Shuffled);
  CHECK(settings.epochs == 0);
  CHECK(settings.not_finite == ShardSettings::NotFinite::Refuse);
  CHECK(settings.max_norm_ratio == 0);
  CHECK(settings.files.raw_dim == 0);
}

TEST_CASE("settings outside their ranges are refused") {
  CHECK_NOTHROW(ShardSettings().check());
  CHECK_NOTHROW(ShardSettings{.batch_size = 1, .epochs = 1'000'000'000, .max_norm_ratio = 1}.check());
  const auto refuses = [](const ShardSettings& settings) { CHECK_THROWS_AS(settings.check(), std::invalid_argument); };
  refuses({.batch_size = 0});
  refuses({.epochs = -1});
  refuses({.epochs = 1'000'000'001});
  refuses({.buffer_rows = -1});
  refuses({.max_norm_ratio = 0.5});
  refuses({.max_norm_ratio = -1});
  refuses({.max_norm_ratio = std::numeric_limits<double>::infinity()});
  refuses({.max_norm_ratio = std::numeric_limits<double>::quiet_NaN()});
}

}  // namespace shard_settings_test

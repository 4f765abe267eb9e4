// SPDX-License-Identifier: MIT
#include <parsae/analysis/token_layers.hpp>

#include <support/catch.hpp>

#include <initializer_list>

namespace token_layers_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Labels {
  std::int32_t layer = 0;
  std::int64_t token = 0;
};

void require_three_layers(std::initializer_list<Labels> samples) {
  Buffer<std::int32_t> layers;
  Buffer<std::int64_t> tokens;
  for (const Labels& sample : samples) {
    layers.push_back(sample.layer);
    tokens.push_back(sample.token);
  }
  require_whole_tokens("Metric", layers.size(), layers.slice(), tokens.slice(), 3);
}

}  // namespace

TEST_CASE("whole tokens may come in any order, and their layers, too") {
  CHECK_NOTHROW(require_three_layers({}));
  CHECK_NOTHROW(require_three_layers({{0, 7}, {1, 7}, {2, 7}, {2, 3}, {0, 3}, {1, 3}}));
  CHECK_NOTHROW(require_three_layers({{0, 7}, {1, 7}, {2, 7}, {0, 7}, {1, 7}, {2, 7}}));  // once more in the next pass
}

TEST_CASE("a token that is torn apart is refused, within a batch and at its ends") {
  CHECK_THROWS_WITH(require_three_layers({{0, 7}, {1, 7}, {0, 8}, {1, 8}, {2, 8}, {2, 7}}),
                    ContainsSubstring("Metric token in sample 2: expected all layers of token 7 together, got 8"));
  CHECK_THROWS_WITH(require_three_layers({{0, 7}, {1, 7}, {2, 7}, {0, 8}, {1, 8}}),
                    ContainsSubstring("Metric samples: expected all 3 layers of token 8 in one batch, got 2"));
  CHECK_THROWS_WITH(require_three_layers({{2, 7}, {0, 8}, {1, 8}}), ContainsSubstring("Metric token in sample 1"));
}

TEST_CASE("a layer that comes twice, or is none, is refused") {
  CHECK_THROWS_WITH(require_three_layers({{0, 7}, {1, 7}, {2, 7}, {0, 8}, {1, 8}, {0, 8}}),
                    ContainsSubstring("Metric layer in sample 5: expected each layer of token 8 once, got 0"));
  CHECK_THROWS_WITH(require_three_layers({{0, 7}, {1, 7}, {3, 7}}),
                    ContainsSubstring("Metric layer: expected a value from 0 to 2, got 3"));
  CHECK_THROWS_WITH(require_three_layers({{0, 7}, {-1, 7}, {2, 7}}), ContainsSubstring("Metric layer"));
  const Buffer<std::int32_t> layers(3, 0);
  const Buffer<std::int64_t> tokens(2, 0);
  CHECK_THROWS_WITH(require_whole_tokens("Metric", 3, layers.slice(), tokens.slice(), 3),
                    ContainsSubstring("Metric tokens"));
  CHECK_THROWS_WITH(require_whole_tokens("Metric", 2, layers.slice(), tokens.slice(), 3),
                    ContainsSubstring("Metric layers"));
}

}  // namespace token_layers_test

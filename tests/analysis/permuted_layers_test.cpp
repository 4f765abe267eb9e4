// SPDX-License-Identifier: MIT
#include <parsae/analysis/permuted_layers.hpp>

#include <support/catch.hpp>

#include <map>
#include <vector>

namespace permuted_layers_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Labels {
  Buffer<std::int32_t> layers;
  Buffer<std::int64_t> tokens;
};

Labels whole_tokens(Index n_tokens, Index n_layers) {
  Labels labels;
  for (Index i = 0; i < n_tokens * n_layers; ++i) {
    labels.layers.push_back(static_cast<std::int32_t>(i % n_layers));
    labels.tokens.push_back(i / n_layers);
  }
  return labels;
}

}  // namespace

TEST_CASE("every order of a token's layers is equally likely, and no label leaves its token") {
  const Labels labels = whole_tokens(6000, 3);
  const Buffer<std::int32_t> permuted = permuted_layers(labels.layers.slice(), labels.tokens.slice(), 3, 5);
  REQUIRE(permuted.size() == 18000);
  CHECK_NOTHROW(require_whole_tokens("permuted", 18000, permuted.slice(), labels.tokens.slice(), 3));
  std::map<std::vector<std::int32_t>, int> counts;
  for (Index i = 0; i < 18000; i += 3) ++counts[{permuted[i], permuted[i + 1], permuted[i + 2]}];
  CHECK(counts.size() == 6);
  for (const auto& [order, count] : counts) {  // 1000 expected, standard deviation 29
    CHECK(count > 850);
    CHECK(count < 1150);
  }
}

TEST_CASE("a token's order depends on seed and token alone") {
  const Labels labels = whole_tokens(100, 4);
  const auto all = permuted_layers(labels.layers.slice(), labels.tokens.slice(), 4, 5);
  CHECK(permuted_layers(labels.layers.slice(), labels.tokens.slice(), 4, 5) == all);
  CHECK(!(permuted_layers(labels.layers.slice(), labels.tokens.slice(), 4, 6) == all));
  const auto last = permuted_layers(labels.layers.slice().part(392, 8), labels.tokens.slice().part(392, 8), 4, 5);
  for (Index i = 0; i < 8; ++i) CHECK(last[i] == all[392 + i]);
}

TEST_CASE("permuted_layers refuses tokens that are torn apart, or that no stream of random numbers has") {
  Labels labels = whole_tokens(2, 3);
  const auto permuted = [&] { return permuted_layers(labels.layers.slice(), labels.tokens.slice(), 3, 5).size(); };
  labels.tokens[5] = 7;
  CHECK_THROWS_WITH(permuted(), ContainsSubstring("permuted_layers token in sample 5"));
  for (Index i = 3; i < 6; ++i) labels.tokens[i] = -1;
  CHECK_THROWS_WITH(permuted(), ContainsSubstring("permuted_layers token: expected a value from 0"));
  CHECK_THROWS_WITH(permuted_layers(labels.layers.slice(), labels.tokens.slice(), 0, 5),
                    ContainsSubstring("permuted_layers n_layers"));
}

}  // namespace permuted_layers_test

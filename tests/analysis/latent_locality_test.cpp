// SPDX-License-Identifier: MIT
#include <parsae/analysis/latent_locality.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace latent_locality_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Kind = LatentLocality::Kind;

namespace {

Buffer<Index> types_by_turns(Index n, Index n_types) {
  Buffer<Index> type;
  for (Index i = 0; i < n; ++i) type.push_back(i % n_types);
  return type;
}

/// From the definition, over two lists of numbers.
bool is_significant(const Matrix<float>& latents, Index latent, const Buffer<Index>& type, Index c, double width) {
  double sum[2] = {};
  double squares[2] = {};
  double n[2] = {};
  for (Index i = 0; i < type.size(); ++i) {
    sum[type[i] == c] += static_cast<double>(latents(latent, i));
    ++n[type[i] == c];
  }
  for (Index i = 0; i < type.size(); ++i) {
    const int inside = type[i] == c;
    squares[inside] += std::pow(static_cast<double>(latents(latent, i)) - sum[inside] / n[inside], 2);
  }
  const auto error = [&](int inside) { return std::sqrt(squares[inside] / (n[inside] - 1) / n[inside]); };
  return sum[1] / n[1] - sum[0] / n[0] > width * (error(1) + error(0));
}

}  // namespace

TEST_CASE("dead, local and global latents") {
  const Buffer<Index> type = types_by_turns(120, 4);
  Matrix<float> latents = Matrix<float>::Zero(5, 120);
  for (Index i = 0; i < 120; ++i) {
    const float noise = static_cast<float>(i % 7) / 7;
    if (type[i] == 2) latents(1, i) = 1 + noise;                  // one type
    if (type[i] == 1 || type[i] == 3) latents(2, i) = 1 + noise;  // two
    latents(3, i) = 1 + static_cast<float>(i / 4 % 5);            // everywhere alike
    if (type[i] != 0) latents(4, i) = 1;                          // all but one, without spread
  }
  const std::vector<LatentLocality> found = latent_localities(latents, type.slice(), 4);
  CHECK(found[0].kind == Kind::Dead);
  CHECK(found[0].types.empty());
  CHECK(found[1].kind == Kind::Local);
  REQUIRE(found[1].types.size() == 1);
  CHECK(found[1].types[0] == 2);
  CHECK(found[2].kind == Kind::Global);
  REQUIRE(found[2].types.size() == 2);
  CHECK(found[2].types[1] == 3);
  CHECK(found[3].kind == Kind::Global);
  CHECK(found[3].types.empty());
  CHECK(found[4].types.size() == 3);
}

TEST_CASE("significant types are those of the definition, for any number of threads") {
  const Index n_types = 6;
  const Buffer<Index> type = types_by_turns(150, n_types);
  Matrix<float> latents = test::random_matrix<float>(40, 150, 1).cwiseMax(0.0f);
  for (Index j = 0; j < 40; ++j)
    for (Index i = 0; i < 150; ++i)
      if (type[i] == j % n_types) latents(j, i) *= 2;
  const std::vector<LatentLocality> one =
      latent_localities(latents, type.slice(), n_types, {.width = 1, .threads = Threads(1)});
  const std::vector<LatentLocality> many =
      latent_localities(latents, type.slice(), n_types, {.width = 1, .threads = Threads(3)});
  Index n_significant = 0;
  for (Index j = 0; j < 40; ++j) {
    Buffer<Index> expected;
    for (Index c = 0; c < n_types; ++c)
      if (is_significant(latents, j, type, c, 1)) expected.push_back(c);
    CHECK(one[static_cast<std::size_t>(j)].types == expected);
    CHECK(many[static_cast<std::size_t>(j)].types == expected);
    CHECK((one[static_cast<std::size_t>(j)].kind == Kind::Local) == (expected.size() == 1));
    n_significant += expected.size();
  }
  CHECK(n_significant > 20);
  CHECK(n_significant < 100);
}

TEST_CASE("a type of one cell, and one without cells, are never significant") {
  Buffer<Index> type(10, 0);
  type[3] = 1;
  Matrix<float> latents = Matrix<float>::Zero(1, 10);
  latents(0, 3) = 100;
  const LatentLocality found = latent_localities(latents, type.slice(), 3).front();
  CHECK(found.kind == Kind::Global);
  CHECK(found.types.empty());
  CHECK(latent_localities(latents, Buffer<Index>(10, 0).slice(), 1).front().types.empty());  // nothing elsewhere
}

TEST_CASE("types and latents that do not fit are refused") {
  const Matrix<float> latents = Matrix<float>::Ones(2, 4);
  const Buffer<Index> type = types_by_turns(4, 2);
  CHECK_THROWS_WITH(latent_localities(latents, type.slice(), 1), ContainsSubstring("latent_localities type"));
  CHECK_THROWS_WITH(latent_localities(latents, type.slice(), 0), ContainsSubstring("n_types"));
  CHECK_THROWS_WITH(latent_localities(latents, type.slice().part(0, 3), 2),
                    ContainsSubstring("latent_localities type"));
  CHECK_THROWS_WITH(latent_localities(latents, type.slice(), 2, {.width = -1}), ContainsSubstring("width"));
}

}  // namespace latent_locality_test

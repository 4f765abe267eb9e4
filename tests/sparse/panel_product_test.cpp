// SPDX-License-Identifier: MIT
#include <parsae/sparse/panel_product.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>
#include <vector>

namespace panel_product_test {

using namespace parsae;
using test::random_matrix;
using test::random_vector;

namespace {

/// Counts around nothing, one vector and a whole panel.
template <class Scalar>
std::vector<Index> latent_counts() {
  constexpr Index width = Simd<Scalar>::width;
  constexpr Index panel = PanelProduct<Scalar>::latents;
  return {1, 2, width - 1, width, width + 1, panel - 1, panel};
}

template <class Scalar>
std::vector<Scalar> poisoned(Index size) {
  return std::vector<Scalar>(static_cast<std::size_t>(size), std::numeric_limits<Scalar>::quiet_NaN());
}

/// Entry (q, i) of a packed block with `width` entries a row: the matrix where it has one, else zero.
template <class Scalar>
Index wrong_entries(const std::vector<Scalar>& packed, const Matrix<Scalar>& from, Index width, Index count,
                    Index n_inputs) {
  Index wrong = 0;
  for (Index q = 0; q < n_inputs; ++q)
    for (Index i = 0; i < width; ++i)
      wrong += packed[static_cast<std::size_t>(q * width + i)] != (i < count ? from(q, i) : Scalar(0));
  return wrong + (std::isnan(packed.back()) ? 0 : 1);  // one entry behind the block is nobody's
}

}  // namespace

TEMPLATE_TEST_CASE("samples are packed input by input, missing ones are zero", "", float, double) {
  using Product = PanelProduct<TestType>;
  for (const Index n_inputs : {0, 1, 5, 20})
    for (const Index stride : {n_inputs, n_inputs + 3})
      for (Index count = 0; count <= Product::samples; ++count) {
        const Matrix<TestType> samples = random_matrix<TestType>(stride, count, 1);
        std::vector<TestType> packed = poisoned<TestType>(n_inputs * Product::samples + 1);
        Product::pack_samples(samples.data(), stride, count, n_inputs, packed.data());
        CAPTURE(n_inputs, stride, count);
        CHECK(wrong_entries<TestType>(packed, samples, Product::samples, count, n_inputs) == 0);
      }
}

TEMPLATE_TEST_CASE("latents are packed input by input, missing ones are zero", "", float, double) {
  using Product = PanelProduct<TestType>;
  for (Index n_inputs = 0; n_inputs <= 35; ++n_inputs)
    for (Index count = 0; count <= Product::latents; ++count) {
      const Matrix<TestType> latents = random_matrix<TestType>(n_inputs, count, 1);
      std::vector<TestType> packed = poisoned<TestType>(n_inputs * Product::latents + 1);
      Product::pack_latents(latents.data(), count, n_inputs, packed.data());
      CAPTURE(n_inputs, count);
      CHECK(wrong_entries<TestType>(packed, latents, Product::latents, count, n_inputs) == 0);
    }
}

TEMPLATE_TEST_CASE("a tile has the bits of the triple loop, whatever the tails", "", float, double) {
  using Product = PanelProduct<TestType>;
  for (Index n_inputs = 0; n_inputs <= 20; ++n_inputs)
    for (const Index n_latents : latent_counts<TestType>())
      for (Index n_samples = 1; n_samples <= Product::samples; ++n_samples) {
        const Matrix<TestType> samples = random_matrix<TestType>(n_inputs, n_samples, 1);
        const Matrix<TestType> latents = random_matrix<TestType>(n_inputs, n_latents, 2);
        const Vector<TestType> bias = random_vector<TestType>(Product::latents, 3);
        std::vector<TestType> packed_samples = poisoned<TestType>(n_inputs * Product::samples + 1);
        std::vector<TestType> packed_latents = poisoned<TestType>(n_inputs * Product::latents + 1);
        std::vector<TestType> pre_acts = poisoned<TestType>(Product::samples * Product::latents + 1);
        Product::pack_samples(samples.data(), n_inputs, n_samples, n_inputs, packed_samples.data());
        Product::pack_latents(latents.data(), n_latents, n_inputs, packed_latents.data());
        Product::multiply(packed_samples.data(), packed_latents.data(), n_inputs, bias.data(), pre_acts.data());
        Index wrong = 0;
        for (Index i = 0; i < Product::samples; ++i)
          for (Index j = 0; j < Product::latents; ++j) {
            TestType expected = 0;
            if (i < n_samples && j < n_latents)
              for (Index q = 0; q < n_inputs; ++q) expected = multiply_add(latents(q, j), samples(q, i), expected);
            expected += bias(j);
            wrong += pre_acts[static_cast<std::size_t>(i * Product::latents + j)] != expected;
          }
        CAPTURE(n_inputs, n_latents, n_samples);
        CHECK(wrong == 0);
        CHECK(std::isnan(pre_acts.back()));
      }
}

TEMPLATE_TEST_CASE("a sum of outer products goes on from the tile, in ascending order, at any stride", "", float,
                   double) {
  using Product = PanelProduct<TestType>;
  for (const Index count : {0, 1, 2, 7, 40})
    for (const Index stride : {Product::latents, Product::latents + 1, 3 * Product::latents}) {
      const Matrix<TestType> a = random_matrix<TestType>(Product::samples, count, 1);
      const Matrix<TestType> b = random_matrix<TestType>(stride, count, 2);
      const Matrix<TestType> before = random_matrix<TestType>(Product::latents, Product::samples, 3);
      std::vector<TestType> tile = poisoned<TestType>(before.size() + 1);
      std::copy(before.data(), before.data() + before.size(), tile.begin());
      Product::accumulate(a.data(), b.data(), stride, count, tile.data());
      Index wrong = 0;
      for (Index i = 0; i < Product::samples; ++i)
        for (Index j = 0; j < Product::latents; ++j) {
          TestType expected = before(j, i);
          for (Index t = 0; t < count; ++t) expected = multiply_add(b(j, t), a(i, t), expected);
          wrong += tile[static_cast<std::size_t>(i * Product::latents + j)] != expected;
        }
      CAPTURE(count, stride);
      CHECK(wrong == 0);
      CHECK(std::isnan(tile.back()));
    }
}

}  // namespace panel_product_test

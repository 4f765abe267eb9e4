// SPDX-License-Identifier: MIT
#include <parsae/sparse/gathered_product.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <limits>
#include <vector>

namespace gathered_product_test {

using namespace parsae;
using test::random_matrix;
using test::random_vector;

namespace {

/// Which of `ids` get a value other than that of pre_activation(), as a count; and whether the kernel wrote beyond
/// them.
template <class Scalar, class Id>
Index wrong_entries(const std::vector<Id>& ids, Index n_inputs, Index n_latents) {
  constexpr Index n = GatheredProduct<Scalar>::latents;
  const Matrix<Scalar> w_enc = random_matrix<Scalar>(n_inputs, n_latents, 1);
  const Vector<Scalar> sample = random_vector<Scalar>(n_inputs, 2);
  const Vector<Scalar> b_enc = random_vector<Scalar>(n_latents, 3);
  Vector<Scalar> pre_acts = Vector<Scalar>::Constant(n + 1, std::numeric_limits<Scalar>::quiet_NaN());
  GatheredProduct<Scalar>::multiply(w_enc.data(), ids.data(), sample.data(), n_inputs, b_enc.data(), pre_acts.data());
  Index wrong = std::isnan(pre_acts(n)) ? 0 : 1;
  for (Index j = 0; j < n; ++j) {
    const Index id = static_cast<Index>(ids[static_cast<std::size_t>(j)]);
    wrong += pre_acts(j) != pre_activation(w_enc.col(id).data(), sample.data(), n_inputs, b_enc(id));
  }
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("latents that lie anywhere have the bits of pre_activation", "", float, double) {
  constexpr auto n = static_cast<std::size_t>(GatheredProduct<TestType>::latents);
  constexpr Index n_latents = 50;
  const Random draws(5);
  for (Index n_inputs = 0; n_inputs <= 70; ++n_inputs) {
    std::vector<LatentId> ids(n);
    for (std::size_t j = 0; j < n; ++j)
      ids[j] = static_cast<LatentId>(draws.below(n_latents, static_cast<std::uint64_t>(n_inputs) * n + j));
    CAPTURE(n_inputs);
    CHECK(wrong_entries<TestType>(ids, n_inputs, n_latents) == 0);
  }
}

TEMPLATE_TEST_CASE("a latent that is named again has its value again", "", float, double) {
  constexpr auto n = static_cast<std::size_t>(GatheredProduct<TestType>::latents);
  std::vector<Index> ids(n, 2);
  CHECK(wrong_entries<TestType>(ids, 37, 3) == 0);
  ids[1] = 0;
  ids[n - 2] = 1;
  CHECK(wrong_entries<TestType>(ids, 37, 3) == 0);
}

TEMPLATE_TEST_CASE("calling the next columns into the cache changes nothing", "", float, double) {
  constexpr Index n = GatheredProduct<TestType>::latents;
  constexpr Index n_inputs = 37;
  constexpr Index n_latents = 50;
  const Matrix<TestType> w_enc = random_matrix<TestType>(n_inputs, n_latents, 1);
  const Vector<TestType> sample = random_vector<TestType>(n_inputs, 2);
  const Vector<TestType> b_enc = random_vector<TestType>(n_latents, 3);
  std::vector<LatentId> ids(std::size_t{n});
  for (std::size_t j = 0; j < ids.size(); ++j) ids[j] = static_cast<LatentId>(3 * j % n_latents);
  const std::vector<LatentId> next(std::size_t{n}, n_latents - 1);
  Vector<TestType> alone(n);
  Vector<TestType> followed(n);
  using Product = GatheredProduct<TestType>;
  Product::multiply(w_enc.data(), ids.data(), sample.data(), n_inputs, b_enc.data(), alone.data());
  Product::multiply(w_enc.data(), ids.data(), next.data(), sample.data(), n_inputs, b_enc.data(), followed.data());
  CHECK(alone == followed);
}

}  // namespace gathered_product_test

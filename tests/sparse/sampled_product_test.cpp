// SPDX-License-Identifier: MIT
#include <parsae/sparse/sampled_product.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <limits>

namespace sampled_product_test {

using namespace parsae;
using test::random_matrix;

TEMPLATE_TEST_CASE("every stored entry gets its latent's product with its sample's gradient", "", float, double) {
  constexpr Index n_latents = 30;
  Buffer<TestType> d_values(5000, -1);
  for (const Index n_outputs : {1, 7, 40})
    for (const Index batch : {0, 1, 64, 65, 150}) {
      const Matrix<TestType> dictionary = random_matrix<TestType>(n_outputs, n_latents, 1);
      const Matrix<TestType> d_recon = random_matrix<TestType>(n_outputs, batch, 2);
      const SparseCode<TestType> code = test::reference_threshold<TestType>(
          random_matrix<TestType>(n_latents, batch, 3), Vector<TestType>::Constant(n_latents, 1), 1);
      sampled_product(dictionary, d_recon, code, Threads(1), d_values);
      CAPTURE(n_outputs, batch);
      REQUIRE(d_values.size() == code.stored());
      REQUIRE((batch < 2 || code.active_count() < code.stored()));  // explicit zeros get a gradient, too
      Index wrong = 0;
      for (Index i = 0; i < batch; ++i)
        for (Index e = code.begin_of(i); e < code.begin_of(i) + code.count_of(i); ++e) {
          double expected = 0;
          double magnitude = 0;
          for (Index q = 0; q < n_outputs; ++q) {
            const double product =
                static_cast<double>(dictionary(q, code.latents[e])) * static_cast<double>(d_recon(q, i));
            expected += product;
            magnitude += std::abs(product);
          }
          const double bound = static_cast<double>(n_outputs + 1) *
                               static_cast<double>(std::numeric_limits<TestType>::epsilon()) * magnitude;
          wrong += !(std::abs(static_cast<double>(d_values[e]) - expected) <= bound);
        }
      CHECK(wrong == 0);
      for (const int threads : {2, 4}) {
        Buffer<TestType> again;
        sampled_product(dictionary, d_recon, code, Threads(threads), again);
        CHECK(again == d_values);
      }
    }
}

}  // namespace sampled_product_test

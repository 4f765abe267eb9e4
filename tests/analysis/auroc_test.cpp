// SPDX-License-Identifier: MIT
#include <parsae/analysis/auroc.hpp>

#include <support/close_to.hpp>
#include <support/random_matrix.hpp>

namespace auroc_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("AUROC is the share of pairs in the right order, ties one half") {
  const Vector<double> scores = test::rounded_matrix<double>(80, 1, 1).col(0);
  Buffer<std::uint8_t> is_positive(80, 0);
  for (Index i = 0; i < 80; ++i) is_positive[i] = (i * i) % 7 == 2;
  double right = 0;
  double pairs = 0;
  for (Index i = 0; i < 80; ++i) {
    for (Index j = 0; j < 80; ++j) {
      if (is_positive[i] == 0 || is_positive[j] != 0) continue;
      right += scores(i) > scores(j) ? 1 : scores(i) == scores(j) ? 0.5 : 0;
      ++pairs;
    }
  }
  CHECK_THAT(auroc({scores.data(), 80}, is_positive.slice()), test::close_to(right / pairs, 1e-14));
}

TEST_CASE("AUROC of a perfect, a reversed and a constant score") {
  const double scores[] = {1, 2, 3, 4};
  const double constant[] = {5, 5, 5, 5};
  const std::uint8_t upper[] = {0, 0, 1, 1};
  const std::uint8_t lower[] = {1, 1, 0, 0};
  CHECK(auroc({scores, 4}, {upper, 4}) == 1);
  CHECK(auroc({scores, 4}, {lower, 4}) == 0);
  CHECK(auroc({constant, 4}, {upper, 4}) == 0.5);
}

TEST_CASE("without positives or negatives there is no AUROC; what does not fit is refused") {
  const double scores[] = {1, 2};
  const double bad[] = {1, std::nan("")};
  const std::uint8_t none[] = {0, 0};
  const std::uint8_t all[] = {1, 7};
  CHECK(std::isnan(auroc({scores, 2}, {none, 2})));
  CHECK(std::isnan(auroc({scores, 2}, {all, 2})));
  CHECK_THROWS_WITH(auroc({scores, 2}, {none, 1}), ContainsSubstring("auroc is_positive"));
  CHECK_THROWS_WITH(auroc({bad, 2}, {all, 2}), ContainsSubstring("auroc scores"));
}

}  // namespace auroc_test

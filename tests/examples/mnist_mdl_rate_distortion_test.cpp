// SPDX-License-Identifier: MIT
#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <cmath>

#include "../../examples/mnist_mdl/pca_reference.hpp"
#include "../../examples/mnist_mdl/pixel_curves.hpp"
#include "../../examples/mnist_mdl/stored_digits.hpp"

namespace mnist_mdl_rate_distortion_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;
using parsae::Matrix;

/// Images in a plane about a mean: all variance in two directions, four times as much in the first.
Matrix<float> plane(Index n) {
  Matrix<float> directions = Matrix<float>::Zero(20, 2);
  directions(3, 0) = 2;
  directions(7, 1) = 1;
  Matrix<float> images = directions * parsae::test::random_matrix<float>(2, n, 5);
  images.array() += 0.5f;
  return images;
}

}  // namespace

TEST_CASE("undominated points have fewer bits the larger their FVU is") {
  const std::vector<RatePoint> kept = undominated({{0.5, 10, "a"}, {0.1, 90, "b"}, {0.3, 95, "c"}, {0.3, 40, "d"}});
  REQUIRE(kept.size() == 3);
  CHECK(kept[0].note == "b");
  CHECK(kept[1].note == "d");
  CHECK(kept[2].note == "a");
  CHECK(fewest_bits_within(kept, 0.4)->note == "d");
  CHECK(fewest_bits_within(kept, 0.05) == nullptr);
  CHECK(undominated({{0.1, 10, "a"}, {0.2, 10, "b"}}).size() == 1);
}

TEST_CASE("PCA leaves less with more components, finer steps and more bits") {
  const Matrix<float> images = plane(400);
  const PrincipalComponents pca(images, {.n_components = 2});
  const std::vector<RatePoint> points = pca_messages(pca, images, 100);
  REQUIRE(points.size() == 4 * 5 * 2);
  CHECK(points[0].fvu > points[1].fvu);
  CHECK(points[0].bits < points[1].bits);
  const std::vector<RatePoint> best = undominated(points);
  CHECK(best.front().fvu < 0.002);  // the finest steps are a sixteenth of the deviation
  CHECK(best.back().fvu > 0.2);     // one component
  // More images share the dictionary, the codes stay what they are.
  const std::vector<RatePoint> shared = pca_messages(pca, images, 1'000'000);
  CHECK(points[0].bits > shared[0].bits);
  CHECK(shared[0].bits > 1);
  // Whoever shares it with nobody pays for each component that is used, and a byte for each pixel of the mean.
  const std::vector<RatePoint> alone = pca_messages(pca, images, 1);
  const std::vector<RatePoint> free = pca_messages(pca, images, parsae::Index{1} << 50);
  const double component =
      parsae::quantize_dictionary(parsae::Matrix<float>(pca.directions().cast<float>()), 4).bits_entropy / 2;
  CHECK_THAT(alone[0].bits - free[0].bits, WithinAbs(component + 8 * 20, 1e-6));
  CHECK_THAT(alone[1].bits - free[1].bits, WithinAbs(2 * component + 8 * 20, 1e-6));
}

TEST_CASE("stored digits: an image that is stored costs its number and its share of the dictionary") {
  const Matrix<float> images = (parsae::test::random_matrix<float>(9, 40, 3).array().abs() > 0.5f).cast<float>();
  const std::vector<RatePoint> points = stored_digit_messages(images, images, 80);
  REQUIRE(points.size() == 3);  // 16, 32 and all 40
  CHECK(points[0].fvu > points[2].fvu);
  CHECK_THAT(points[2].fvu, WithinAbs(0, 1e-5));
  CHECK_THAT(points[2].bits, WithinRel(std::log2(40.0) + pixel_bits(images, 4) * 40 / 80, 1e-12));
  CHECK(points[2].note == "40 stored digits of four grays");
  const auto rows = references_within("nearest stored digit", points, {0.3, points[0].fvu});
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].feasible);
  CHECK(rows[1].bits == points[0].bits);
  const auto out_of_reach = references_within("nearest", {points[0]}, {0.0});
  CHECK_FALSE(out_of_reach[0].feasible);
  CHECK_THAT(out_of_reach[0].note, ContainsSubstring("at best, with 16 stored digits"));
}

TEST_CASE("pixel curves: black and white images are whole with two grays, and deflate packs them") {
  Matrix<float> images = Matrix<float>::Zero(64, 50);
  for (Index i = 0; i < 50; ++i) images(i, i) = 1;
  const RateCurve raw = pixel_curve(images);
  REQUIRE(raw.points.size() == 1);
  CHECK(raw.points[0].fvu == 0);
  CHECK_THAT(raw.points[0].bits, WithinRel(50 * (-0.02 * std::log2(0.02) - 0.98 * std::log2(0.98)), 1e-9));
  const RateCurve packed = deflate_curve(images);
  REQUIRE(packed.points.size() == 1);
  CHECK(packed.points[0].bits < 64);
  CHECK(packed.points[0].bits == 8.0 * static_cast<double>(deflated_size(images, 2)) / 50);
}

}  // namespace mnist_mdl_rate_distortion_test

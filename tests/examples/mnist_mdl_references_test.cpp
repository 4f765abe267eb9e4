// SPDX-License-Identifier: MIT
#include <support/catch.hpp>

#include <cmath>

#include "../../examples/mnist_mdl/references.hpp"

namespace mnist_mdl_references_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::WithinAbs;
using parsae::Matrix;

/// Three pixels of four images: always off, on in one of four, on in half.
Matrix<float> binary_images() {
  Matrix<float> images(3, 4);
  images << 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0;
  return images;
}

const double quarter = 2 - 0.75 * std::log2(3.0);  // bits of a pixel that is on in one of four

}  // namespace

TEST_CASE("binary images take two grays and the entropy of each pixel") {
  const auto references = raw_pixel_references(binary_images(), {0.5, 0.01});
  REQUIRE(references.size() == 2);
  for (const Reference& reference : references) {
    CHECK(reference.name == "raw pixels");
    CHECK(reference.feasible);
    CHECK(reference.levels == 2);
    CHECK_THAT(reference.bits, WithinAbs(1 + quarter, 1e-12));
    CHECK(reference.note ==
          "each pixel rounded to 2 grays and entropy coded by position; 3 bits without entropy coding");
  }
  CHECK(references[0].eps == 0.5);
  CHECK(references[1].eps == 0.01);
}

TEST_CASE("pixels are rounded to equally spaced grays from 0 to 1") {
  Matrix<float> images(1, 6);
  images << 0, 0.2f, 0.3f, 0.5f, 0.8f, 1;
  Matrix<float> three(1, 6);
  three << 0, 0, 0.5f, 0.5f, 1, 1;
  CHECK(rounded_pixels(images, 3) == three);
  CHECK_THAT(pixel_bits(three, 3), WithinAbs(std::log2(3.0), 1e-12));
  CHECK(pixel_bits(Matrix<float>::Ones(5, 7), 2) == 0);
}

TEST_CASE("the fewest grays that meet the bound are taken") {
  Matrix<float> images(1, 3);
  images << 0, 0.5f, 1;  // variation 0.5; two grays are off by 0.5 once: an FVU of 0.5
  const auto references = raw_pixel_references(images, {0.49, 0.51});
  CHECK(references[0].levels == 3);
  CHECK_THAT(references[0].bits, WithinAbs(std::log2(3.0), 1e-12));
  CHECK(references[1].levels == 2);
  CHECK_THAT(references[1].bits, WithinAbs(std::log2(3.0) - 2.0 / 3, 1e-12));
}

TEST_CASE("a bound that 256 grays do not meet is not feasible") {
  Matrix<float> images(1, 2);
  images << 0.3f, 0.3001f;
  const auto references = raw_pixel_references(images, {0.4});
  REQUIRE(references.size() == 1);
  CHECK_FALSE(references[0].feasible);
  CHECK(references[0].levels == 0);
  CHECK(std::isnan(references[0].bits));
}

}  // namespace mnist_mdl_references_test

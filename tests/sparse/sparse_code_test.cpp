// SPDX-License-Identifier: MIT
#include <parsae/sparse/sparse_code.hpp>

#include <support/catch.hpp>

namespace sparse_code_test {

using namespace parsae;

namespace {

/// Two samples: latent 3, and an explicit zero at latent 5; then latent 1.
SparseCode<float> example() {
  SparseCode<float> code;
  code.offsets.push_back(2);
  code.offsets.push_back(3);
  code.resize_entries(3);
  code.latents[0] = 3;
  code.latents[1] = 5;
  code.latents[2] = 1;
  code.values[0] = code.pre_acts[0] = 2;
  code.values[1] = 0;
  code.pre_acts[1] = 0.25f;
  code.values[2] = code.pre_acts[2] = 4;
  return code;
}

}  // namespace

TEST_CASE("a new code has no samples") {
  const SparseCode<float> code;
  CHECK(code.n_samples() == 0);
  CHECK(code.stored() == 0);
  CHECK(code.active_count() == 0);
}

TEST_CASE("entries are found by sample, and explicit zeros are stored but not active") {
  const SparseCode<float> code = example();
  CHECK(code.n_samples() == 2);
  CHECK((code.begin_of(0) == 0 && code.count_of(0) == 2));
  CHECK((code.begin_of(1) == 2 && code.count_of(1) == 1));
  CHECK(code.stored() == 3);
  CHECK(code.active_count() == 2);
}

TEST_CASE("codes are equal when everything is") {
  CHECK(example() == example());
  SparseCode<float> other = example();
  other.offsets[1] = 1;
  CHECK_FALSE(other == example());
  other = example();
  other.latents[2] = 2;
  CHECK_FALSE(other == example());
  other = example();
  other.values[1] = 1;
  CHECK_FALSE(other == example());
  other = example();
  other.pre_acts[1] = 0.125f;
  CHECK_FALSE(other == example());
}

}  // namespace sparse_code_test

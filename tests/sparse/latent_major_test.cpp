// SPDX-License-Identifier: MIT
#include <parsae/sparse/latent_major.hpp>
#include <parsae/sparse/used_latents.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace latent_major_test {

using namespace parsae;
using test::random_matrix;

namespace {

/// Each latent's entries are those a scan over the whole code finds, in the order of samples.
template <class Scalar>
void check_against_scan(const LatentMajor<Scalar>& latent_major, const SparseCode<Scalar>& code,
                        const Buffer<Scalar>& d_values, Index n_latents) {
  REQUIRE(latent_major.n_latents() == n_latents);
  for (Index j = 0; j < n_latents; ++j) {
    std::vector<SampleId> samples;
    std::vector<Scalar> values;
    std::vector<Scalar> pre_acts;
    std::vector<Scalar> gradients;
    for (Index i = 0; i < code.n_samples(); ++i)
      for (Index e = code.begin_of(i); e < code.begin_of(i) + code.count_of(i); ++e) {
        if (code.latents[e] != j) continue;
        samples.push_back(static_cast<SampleId>(i));
        values.push_back(code.values[e]);
        pre_acts.push_back(code.pre_acts[e]);
        gradients.push_back(d_values[e]);
      }
    const LatentEntries<Scalar> entries = latent_major.entries(j);
    const Slice<const Scalar> d = latent_major.d_values(j);
    CAPTURE(j);
    CHECK(entries.latent == j);
    CHECK(latent_major.count_of(j) == static_cast<Index>(samples.size()));
    CHECK(std::vector<SampleId>(entries.samples.begin(), entries.samples.end()) == samples);
    CHECK(std::vector<Scalar>(entries.values.begin(), entries.values.end()) == values);
    CHECK(std::vector<Scalar>(entries.pre_acts.begin(), entries.pre_acts.end()) == pre_acts);
    CHECK(std::vector<Scalar>(d.begin(), d.end()) == gradients);
  }
}

template <class Scalar>
Buffer<Scalar> numbered(Index count) {
  Buffer<Scalar> numbers(count);
  for (Index e = 0; e < count; ++e) numbers[e] = static_cast<Scalar>(e) + Scalar(0.5);
  return numbers;
}

}  // namespace

TEMPLATE_TEST_CASE("a code is re-ordered latent by latent, ascending in sample", "", float, double) {
  LatentMajor<TestType> latent_major;
  CHECK(latent_major.n_latents() == 0);
  struct Shape {
    Index n_latents;
    Index batch;
  };
  // The last two are cut into two and three ranges of latents.
  for (const Shape shape :
       {Shape{23, 40}, Shape{5, 100}, Shape{40, 3}, Shape{4, 0}, Shape{1, 1}, Shape{1024, 7}, Shape{1300, 5}})
    for (const int threads : {1, 2, 4}) {
      CAPTURE(shape.n_latents, shape.batch, threads);
      const Matrix<TestType> pre_acts = random_matrix<TestType>(shape.n_latents, shape.batch, 1);
      // A threshold and a window: explicit zeros, whose value and pre-activation differ. The last latent has no entry.
      Vector<TestType> threshold = Vector<TestType>::Constant(shape.n_latents, TestType(0.5));
      if (shape.n_latents > 1) threshold(shape.n_latents - 1) = 100;
      const SparseCode<TestType> code = test::reference_threshold<TestType>(pre_acts, threshold, 1);
      const Buffer<TestType> d_values = numbered<TestType>(code.stored());
      latent_major.build(code, d_values, shape.n_latents, Threads(threads));
      check_against_scan(latent_major, code, d_values, shape.n_latents);

      LatentMajor<TestType> in_blocks;
      UsedLatents<TestType> used;
      in_blocks.count(code, shape.n_latents, Threads(threads));
      used.find(code, in_blocks, Threads(threads));
      in_blocks.fill_in_blocks(code, d_values, used, Threads(threads));
      check_against_scan(in_blocks, code, d_values, shape.n_latents);
    }
}

TEMPLATE_TEST_CASE("pre-activations that are the values, or nearly, are found again", "", float, double) {
  LatentMajor<TestType> latent_major;
  const Matrix<TestType> pre_acts = random_matrix<TestType>(90, 1600, 1);  // more than one block is compared
  const SparseCode<TestType> alike = test::reference_relu(pre_acts);
  REQUIRE(alike.stored() > 65536);
  SparseCode<TestType> first_differs = alike;
  SparseCode<TestType> last_differs = alike;
  first_differs.values[0] = 0;
  last_differs.values[last_differs.stored() - 1] = 0;
  const Buffer<TestType> d_values = numbered<TestType>(alike.stored());
  for (const int threads : {1, 3})
    for (const auto& code : {std::cref(alike), std::cref(std::as_const(first_differs)), std::cref(alike),
                             std::cref(std::as_const(last_differs))}) {
      latent_major.build(code, d_values, 90, Threads(threads));
      check_against_scan(latent_major, code.get(), d_values, 90);
    }
}

TEST_CASE("counting alone tells how often each latent is used") {
  SparseCode<float> code;
  for (const LatentId latent : {0, 2, 2, 0, 2}) {  // a sample each
    code.latents.push_back(latent);
    code.offsets.push_back(code.latents.size());
  }
  LatentMajor<float> latent_major;
  latent_major.count(code, 4, Threads(1));
  CHECK(latent_major.n_used() == 2);
  CHECK(latent_major.count_of(0) == 2);
  CHECK(latent_major.count_of(1) == 0);
  CHECK(latent_major.count_of(2) == 3);
  code.resize_entries(5);
  latent_major.fill(code, numbered<float>(5), Threads(1));
  CHECK(latent_major.n_from(0) == 5);
  CHECK(latent_major.n_from(2) == 3);
  CHECK(latent_major.n_from(3) == 0);
}

}  // namespace latent_major_test

// SPDX-License-Identifier: MIT
#include <parsae/sparse/entry_rows.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <vector>

namespace entry_rows_test {

using namespace parsae;
using test::first_difference;

namespace {

/// Appends the entries of sample `i` in rows of `width` latents; survivors are all above -0.5, the others stay away.
template <class Scalar>
void append_sample(EntryRows<Scalar>& rows, const Matrix<Scalar>& pre_acts, Index i, Index width) {
  for (Index first = 0; first < pre_acts.rows(); first += width) {
    std::uint32_t survivors = 0;
    for (Index j = 0; j < std::min(width, pre_acts.rows() - first); ++j)
      survivors |= static_cast<std::uint32_t>(pre_acts(first + j, i) > Scalar(-0.5)) << j;
    rows.append({pre_acts.data() + i * pre_acts.rows() + first, survivors, static_cast<LatentId>(first),
                 static_cast<SampleId>(i)},
                [](LatentId, Scalar pre_act) { return pre_act > 0; });
  }
}

}  // namespace

TEMPLATE_TEST_CASE("rows of several workers become one code", "", float, double) {
  constexpr Index batch = 60;
  for (const Index n_latents : {1, 31, 32, 33, 400}) {
    Matrix<TestType> pre_acts = test::random_matrix<TestType>(n_latents, batch, 1);
    pre_acts.col(7).setConstant(-1);
    pre_acts.col(8).setConstant(2);  // rows whose last bit is set
    const SparseCode<TestType> expected = test::code_where<TestType>(
        pre_acts, [&](Index j, Index i) { return pre_acts(j, i) > 0; },
        [&](Index j, Index i) { return j % 3 == 0 ? TestType(0) : pre_acts(j, i); });
    std::vector<EntryRows<TestType>> workers(3);
    for (const std::size_t n_workers : {std::size_t{1}, std::size_t{3}, std::size_t{2}})
      for (const Index width : {32, 16, 5}) {
        for (EntryRows<TestType>& worker : workers) worker.clear();
        for (Index i = 0; i < batch; ++i)
          append_sample(workers[static_cast<std::size_t>(i / 4 * 5) % n_workers], pre_acts, i, width);
        Index stored = 0;
        for (const EntryRows<TestType>& worker : workers) stored += worker.stored();
        SparseCode<TestType> code;
        EntryRows<TestType>::write(
            Slice<EntryRows<TestType>>(workers.data(), static_cast<Index>(n_workers)), batch,
            [](LatentId latent, TestType pre_act) { return latent % 3 == 0 ? TestType(0) : pre_act; }, code);
        CAPTURE(n_latents, n_workers, width);
        CHECK(first_difference(code, expected) == "");
        CHECK(stored == expected.stored());
      }
  }
}

TEMPLATE_TEST_CASE("a row all of whose survivors stay is appended at once", "", float, double) {
  constexpr Index width = PackedRow<TestType>::width;
  const Matrix<TestType> pre_acts = test::random_matrix<TestType>(10 * width, 60, 1);
  EntryRows<TestType> rows;
  for (Index i = 0; i < 60; ++i)
    for (Index first = 0; first < 10 * width; first += width) {
      const TestType* row = pre_acts.data() + i * pre_acts.rows() + first;
      rows.append({row, PackedRow<TestType>::above(row, 0), static_cast<LatentId>(first), static_cast<SampleId>(i)});
    }
  SparseCode<TestType> code;
  EntryRows<TestType>::write(
      Slice<EntryRows<TestType>>(&rows, 1), 60, [](LatentId, TestType pre_act) { return pre_act; }, code);
  CHECK(first_difference(code, test::reference_relu(pre_acts)) == "");
}

TEST_CASE("single candidates are rows of one entry") {
  const Matrix<float> pre_acts = test::random_matrix<float>(40, 9, 2);
  EntryRows<float> rows;
  for (Index i = 0; i < 9; ++i)
    for (Index j = 0; j < 40; ++j)
      if (pre_acts(j, i) > 0) rows.push_back({pre_acts(j, i), static_cast<LatentId>(j), static_cast<SampleId>(i)});
  SparseCode<float> code;
  EntryRows<float>::write(
      Slice<EntryRows<float>>(&rows, 1), 9, [](LatentId, float pre_act) { return pre_act; }, code);
  CHECK(first_difference(code, test::reference_relu(pre_acts)) == "");
}

TEST_CASE("no rows make a code of empty samples, and no samples an empty code") {
  EntryRows<float> rows;
  const float pre_act = -1;
  rows.append({&pre_act, 1, 3, 2}, [](LatentId, float value) { return value > 0; });
  SparseCode<float> code;
  const auto same = [](LatentId, float value) { return value; };
  EntryRows<float>::write(Slice<EntryRows<float>>(&rows, 1), 3, same, code);
  CHECK(code.n_samples() == 3);
  CHECK(code.stored() == 0);
  EntryRows<float>::write(Slice<EntryRows<float>>(&rows, 1), 0, same, code);
  CHECK(code.n_samples() == 0);
}

}  // namespace entry_rows_test

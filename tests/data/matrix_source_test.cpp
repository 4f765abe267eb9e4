// SPDX-License-Identifier: MIT
#include <parsae/data/matrix_source.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace matrix_source_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Source = MatrixSource<float>;
using Ids = std::vector<std::int64_t>;

namespace {

/// The ids of the next `n_batches` batches, one after the other.
Ids next_ids(Source& source, Index n_batches) {
  Ids ids;
  Batch<float> batch;
  for (Index b = 0; b < n_batches && source.next(batch); ++b)
    ids.insert(ids.end(), batch.sample_id.begin(), batch.sample_id.end());
  return ids;
}

Ids part(const Ids& ids, std::ptrdiff_t first, std::ptrdiff_t count) {
  return {ids.begin() + first, ids.begin() + first + count};
}

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

Ids all_ids(std::size_t n) {
  Ids ids(n);
  std::iota(ids.begin(), ids.end(), std::int64_t{0});
  return ids;
}

}  // namespace

TEST_CASE("MatrixSource hands out each sample once a pass, in batches that straddle passes", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(3, 10, 1);
  Source source(samples, {.batch_size = 4, .seed = 7});
  CHECK(source.n_inputs() == 3);
  CHECK(source.n_samples() == 10);

  Batch<float> batch;
  Ids ids;
  for (int b = 0; b < 10; ++b) {
    REQUIRE(source.next(batch));
    REQUIRE(batch.inputs.cols() == 4);
    REQUIRE(batch.sample_id.size() == 4);
    CHECK(batch.targets.size() == 0);
    CHECK(batch.weight.empty());
    for (Index i = 0; i < 4; ++i) CHECK(batch.inputs.col(i) == samples.col(batch.sample_id[i]));
    ids.insert(ids.end(), batch.sample_id.begin(), batch.sample_id.end());
  }
  for (const int pass : {0, 10, 20, 30}) CHECK(sorted(part(ids, pass, 10)) == all_ids(10));
  CHECK(source.position() == SourcePosition{4, 0});
}

TEST_CASE("MatrixSource shuffles every pass anew, by its seed alone", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(2, 50, 1);
  const auto three_passes = [&](std::uint64_t seed) {
    Source source(samples, {.batch_size = 50, .seed = seed});
    return next_ids(source, 3);
  };
  const Ids ids = three_passes(3);
  CHECK(part(ids, 0, 50) != all_ids(50));
  CHECK(part(ids, 0, 50) != part(ids, 50, 50));
  CHECK(part(ids, 50, 50) != part(ids, 100, 50));
  CHECK(three_passes(3) == ids);
  CHECK(part(three_passes(4), 0, 50) != part(ids, 0, 50));
}

TEST_CASE("MatrixSource puts every sample everywhere equally often", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(1, 4, 1);
  Source source(samples, {.batch_size = 4});
  std::vector<int> counts(16, 0);
  constexpr int passes = 4000;
  for (int pass = 0; pass < passes; ++pass) {
    const Ids ids = next_ids(source, 1);
    for (std::size_t place = 0; place < 4; ++place) ++counts[4 * static_cast<std::size_t>(ids[place]) + place];
  }
  // 1000 expected, standard deviation 27
  for (const int count : counts) {
    CHECK(count > 850);
    CHECK(count < 1150);
  }
}

TEST_CASE("MatrixSource ends after its epochs, the last batch as short as it is", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(2, 10, 1);
  Source source(samples, {.batch_size = 8, .epochs = 2});
  Batch<float> batch;
  for (const Index expected : {8, 8, 4}) {
    REQUIRE(source.next(batch));
    CHECK(batch.inputs.cols() == expected);
    CHECK(batch.sample_id.size() == expected);
  }
  CHECK(!source.next(batch));
  CHECK(!source.next(batch));
  CHECK(source.position() == SourcePosition{2, 0});

  source.seek({1, 7});
  REQUIRE(source.next(batch));
  CHECK(batch.inputs.cols() == 3);
  CHECK(!source.next(batch));
}

TEST_CASE("MatrixSource gives batches larger than its samples", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(2, 3, 1);
  Source source(samples, {.batch_size = 7});
  const Ids ids = next_ids(source, 3);
  REQUIRE(ids.size() == 21);
  for (std::ptrdiff_t pass = 0; pass < 7; ++pass) CHECK(sorted(part(ids, 3 * pass, 3)) == all_ids(3));
}

TEST_CASE("MatrixSource goes on from any position with the same batches", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(2, 11, 1);
  Source whole(samples, {.batch_size = 4, .seed = 9});
  next_ids(whole, 7);
  const SourcePosition position = whole.position();
  CHECK(position == SourcePosition{2, 6});
  const Ids rest = next_ids(whole, 5);

  Source fresh(samples, {.batch_size = 4, .seed = 9});
  fresh.seek(position);
  CHECK(fresh.position() == position);
  CHECK(next_ids(fresh, 5) == rest);
  fresh.seek({});
  CHECK(next_ids(fresh, 3) != rest);
}

TEST_CASE("MatrixSource in sequential order goes through the samples as they stand", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(2, 5, 1);
  Source source(samples, {.batch_size = 3, .order = Source::Order::Sequential});
  CHECK(next_ids(source, 4) == Ids{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1});
}

TEST_CASE("MatrixSource reads a block of a larger matrix where it lies", "[matrix_source]") {
  Matrix<float> large = test::random_matrix<float>(6, 9, 1);
  Source source(large.block(1, 2, 3, 5), {.batch_size = 5, .order = Source::Order::Sequential});
  large(1, 2) = 42;  // not copied: the source sees it
  Batch<float> batch;
  REQUIRE(source.next(batch));
  CHECK(batch.inputs == large.block(1, 2, 3, 5));
  CHECK(batch.inputs(0, 0) == 42);
}

TEST_CASE("MatrixSource refuses samples that are not finite and says where", "[matrix_source]") {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Matrix<float> samples = test::random_matrix<float>(3, 10, 1);
    samples(2, 6) = bad;
    CHECK_THROWS_WITH(Source(samples, {}),
                      ContainsSubstring("MatrixSource samples") && ContainsSubstring("sample 6, input 2"));
  }
}

TEST_CASE("MatrixSource refuses sizes and positions that mean nothing", "[matrix_source]") {
  const Matrix<float> samples = test::random_matrix<float>(3, 10, 1);
  const Matrix<float> none(3, 0);
  const Matrix<float> flat(0, 3);
  CHECK_THROWS_WITH(Source(none, {}), ContainsSubstring("MatrixSource samples"));
  CHECK_THROWS_WITH(Source(flat, {}), ContainsSubstring("MatrixSource inputs"));
  CHECK_THROWS_WITH(Source(samples, {.batch_size = 0}), ContainsSubstring("MatrixSource batch_size"));
  CHECK_THROWS_WITH(Source(samples, {.epochs = -1}), ContainsSubstring("MatrixSource epochs"));
  Source source(samples, {});
  CHECK_THROWS_WITH(source.seek({-1, 0}), ContainsSubstring("position epoch"));
  CHECK_THROWS_WITH(source.seek({0, 10}), ContainsSubstring("position sample") && ContainsSubstring("got 10"));
  CHECK_THROWS_WITH(source.seek({0, -1}), ContainsSubstring("position sample"));
}

TEST_CASE("a batch that another source filled keeps nothing of it", "[matrix_source]") {
  const Matrix<float> samples = Matrix<float>::Random(3, 10);
  MatrixSource<float> source(samples, {.batch_size = 4});
  Batch<float> batch;
  batch.targets = Matrix<float>::Ones(5, 7);
  batch.weight.assign(7, 2.0f);
  batch.group.assign(7, 1);
  REQUIRE(source.next(batch));
  CHECK(batch.targets.size() == 0);
  CHECK(batch.weight.empty());
  CHECK(batch.group.empty());
  CHECK(batch.inputs.cols() == 4);
}

}  // namespace matrix_source_test

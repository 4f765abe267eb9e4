// SPDX-License-Identifier: MIT
#include <parsae/data/matrix_source.hpp>
#include <parsae/io/npy.hpp>
#include <parsae/io/shard_source.hpp>

#include <io/damaged_file.hpp>
#include <io/memory_rows.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace shard_source_test {

using namespace parsae;

static_assert(BatchSource<ShardSource<float>, float>);
static_assert(BatchSource<ShardSource<double>, double>);

namespace {

using Source = ShardSource<float>;
using Ids = std::vector<std::int64_t>;
constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

/// The next batch, whose samples must be those that their ids say: input 0 of numbered_samples().
template <class AnySource>
Ids next_ids(AnySource& source) {
  Batch<typename AnySource::Scalar> batch;
  const bool is_there = source.next(batch);
  CHECK(is_there == (batch.inputs.cols() > 0));
  REQUIRE(batch.sample_id.size() == batch.inputs.cols());
  for (Index i = 0; i < batch.inputs.cols(); ++i) REQUIRE(batch.inputs(0, i) == static_cast<float>(batch.sample_id[i]));
  CHECK(batch.targets.size() + batch.group.size() + batch.weight.size() == 0);
  return {batch.sample_id.begin(), batch.sample_id.end()};
}

/// All that is left, batch after batch.
template <class AnySource>
std::vector<Ids> all_batches(AnySource& source) {
  std::vector<Ids> batches;
  for (Ids ids = next_ids(source); !ids.empty(); ids = next_ids(source)) batches.push_back(std::move(ids));
  return batches;
}

Ids joined(const std::vector<Ids>& batches) {
  Ids all;
  for (const Ids& ids : batches) all.insert(all.end(), ids.begin(), ids.end());
  return all;
}

test::MemoryRows& memory(const std::unique_ptr<RowFile>& file) { return dynamic_cast<test::MemoryRows&>(*file); }

/// numbered_files() with a NaN in each of the given rows, and a large norm in each of the others.
std::vector<std::unique_ptr<RowFile>> flawed_files(const std::vector<Index>& n_rows, const Ids& not_finite,
                                                   const Ids& large = {}) {
  std::vector<std::unique_ptr<RowFile>> files;
  Index first = 0;
  for (const Index count : n_rows) {
    Matrix<float> samples = test::numbered_samples(3, first, count);
    for (Index i = 0; i < count; ++i) {
      samples(1, i) = 1000;
      if (std::find(not_finite.begin(), not_finite.end(), first + i) != not_finite.end()) samples(2, i) = nan_value;
      if (std::find(large.begin(), large.end(), first + i) != large.end()) samples(2, i) = 1e6f;
    }
    files.push_back(std::make_unique<test::MemoryRows>("shard" + std::to_string(files.size()), samples));
    first += count;
  }
  return files;
}

Ids without(Ids ids, const Ids& left_out) {
  std::erase_if(ids,
                [&](std::int64_t id) { return std::find(left_out.begin(), left_out.end(), id) != left_out.end(); });
  return ids;
}

}  // namespace

TEST_CASE("every pass has every sample once, and batches are full until the end") {
  for (const Index buffer_rows : {1, 2, 7, 30, 31, 1000}) {
    INFO("buffer of " << buffer_rows);
    Source source(test::numbered_files({10, 0, 1, 20}), {.batch_size = 8, .epochs = 3, .buffer_rows = buffer_rows});
    CHECK(source.n_samples() == 31);
    CHECK(source.n_inputs() == 3);
    const std::vector<Ids> batches = all_batches(source);
    REQUIRE(batches.size() == 12);
    for (std::size_t i = 0; i < 11; ++i) CHECK(batches[i].size() == 8);
    CHECK(batches.back().size() == 5);
    const Ids all = joined(batches);
    for (std::ptrdiff_t pass = 0; pass < 3; ++pass) {
      Ids ids(all.begin() + 31 * pass, all.begin() + 31 * (pass + 1));
      std::sort(ids.begin(), ids.end());
      for (std::size_t i = 0; i < 31; ++i) REQUIRE(ids[i] == static_cast<std::int64_t>(i));
    }
    CHECK(source.position() == SourcePosition{3, 0});
    CHECK(next_ids(source).empty());
  }
}

TEST_CASE("a sequential source is the files one after another, like a matrix") {
  Source source(test::numbered_files({10, 3, 20}), {.batch_size = 7, .epochs = 2, .order = Source::Order::Sequential});
  const Matrix<float> all = test::numbered_samples(3, 0, 33);
  MatrixSource<float> expected(all, {.batch_size = 7, .epochs = 2, .order = MatrixSource<float>::Order::Sequential});
  CHECK(all_batches(source) == all_batches(expected));
}

TEST_CASE("an order depends on seed and pass, not on time or content") {
  const auto order_of = [](std::uint64_t seed, int delay, std::int64_t pass = 0) {
    auto files = test::numbered_files({50, 60});
    for (const auto& file : files) memory(file).delay = std::chrono::microseconds(delay);
    Source source(std::move(files), {.batch_size = 10, .epochs = pass + 1, .seed = seed, .buffer_rows = 20});
    source.seek({pass, 0});
    return joined(all_batches(source));
  };
  CHECK(order_of(1, 0) == order_of(1, 300));
  CHECK(order_of(1, 0) != order_of(2, 0));
  CHECK(order_of(1, 0) != order_of(1, 0, 1));
  const Ids flawed{0, 5, 17, 49, 50, 109};
  Source source(flawed_files({50, 60}, flawed),
                {.batch_size = 10, .epochs = 1, .seed = 1, .buffer_rows = 20, .not_finite = Source::NotFinite::Skip});
  CHECK(joined(all_batches(source)) == without(order_of(1, 0), flawed));
}

TEST_CASE("a source goes on from every position with the same batches") {
  const Ids flawed{3, 4, 12, 22};
  for (const Index buffer_rows : {1, 5, 9, 23, 100}) {
    for (const Source::Order order : {Source::Order::Shuffled, Source::Order::Sequential}) {
      INFO("buffer of " << buffer_rows);
      const Source::Settings settings{.batch_size = 4,
                                      .epochs = 3,
                                      .order = order,
                                      .seed = 3,
                                      .buffer_rows = buffer_rows,
                                      .not_finite = Source::NotFinite::Skip};
      Source whole(flawed_files({6, 11, 6}, flawed), settings);
      std::vector<SourcePosition> positions{whole.position()};
      std::vector<Ids> batches;
      for (Ids ids = next_ids(whole); !ids.empty(); ids = next_ids(whole)) {
        batches.push_back(ids);
        positions.push_back(whole.position());
      }
      REQUIRE(batches.size() == 15);  // 57 samples
      Source again(flawed_files({6, 11, 6}, flawed), settings);
      for (std::size_t i = 0; i < positions.size(); ++i) {
        again.seek(positions[i]);
        CHECK(again.position() == positions[i]);
        REQUIRE(all_batches(again) ==
                std::vector<Ids>(batches.begin() + static_cast<std::ptrdiff_t>(i), batches.end()));
      }
      // Backwards as well, without reading to the end in between.
      for (std::size_t i = batches.size(); i-- > 0;) {
        again.seek(positions[i]);
        REQUIRE(next_ids(again) == batches[i]);
        REQUIRE(again.position() == positions[i + 1]);
      }
    }
  }
}

TEST_CASE("seeking reads what the buffer holds, and not what has left it") {
  Source source(test::numbered_files({2000, 2000}), {.batch_size = 1, .epochs = 1, .seed = 1, .buffer_rows = 100});
  source.seek({0, 3950});
  CHECK(next_ids(source).size() == 1);
  CHECK(all_batches(source).size() == 49);
  std::size_t n_read = 0;
  for (const auto& file : source.files()) n_read += memory(file).read_rows.size();
  CHECK(n_read == 50);
}

TEST_CASE("positions that no pass has are refused") {
  Source source(test::numbered_files({10}), {.epochs = 1});
  CHECK_THROWS_AS(source.seek({0, 10}), std::invalid_argument);
  CHECK_THROWS_AS(source.seek({0, -1}), std::invalid_argument);
  CHECK_THROWS_AS(source.seek({-1, 0}), std::invalid_argument);
  source.seek({1, 0});
  CHECK(next_ids(source).empty());
}

TEST_CASE("a row that is not finite is refused by file and row, always at the same place") {
  for (int repetition = 0; repetition < 3; ++repetition) {
    Source source(flawed_files({50, 60}, {57}), {.batch_size = 10, .seed = 4, .buffer_rows = 30});
    Batch<float> batch;
    std::size_t n_batches = 0;
    const FileError error = test::refusal("shard1", [&] {
      for (; source.next(batch); ++n_batches) {
      }
    });
    CHECK(error.reason() == "expected finite values, got nan in row 7, column 2");
    // The source stands before the batch, and refuses it again.
    CHECK(source.position() == SourcePosition{0, static_cast<std::int64_t>(10 * n_batches)});
    CHECK_THROWS_AS(source.next(batch), FileError);
    CHECK_THROWS_AS(source.first_samples(110), FileError);
  }
}

TEST_CASE("rows that are left out are counted, file by file") {
  const Ids not_finite{1, 60};
  const Ids large{40, 55, 61};
  const Source::Settings settings{
      .batch_size = 10, .epochs = 2, .buffer_rows = 16, .not_finite = Source::NotFinite::Skip, .max_norm_ratio = 2};
  Source source(flawed_files({50, 60}, not_finite, large), settings);
  Ids all = joined(all_batches(source));
  CHECK(all.size() == 2 * 105);
  CHECK(without(all, not_finite) == all);
  CHECK(without(all, large) == all);
  const ShardReport& report = source.report();
  CHECK(report.total.handed_out == 210);
  CHECK(report.total.not_finite == 4);
  CHECK(report.total.outliers == 6);
  CHECK(report.total.read() == 220);
  REQUIRE(report.files.size() == 2);
  CHECK(report.files[0].counts.read() == 100);
  CHECK(report.files[0].counts.not_finite == 2);
  CHECK(report.files[0].counts.outliers == 2);
  CHECK(report.files[1].counts.outliers == 4);
  CHECK(std::abs(report.largest_norm - 2000) < 20);
}

TEST_CASE("one good row among many that are left out is handed out in every pass") {
  constexpr Index n_rows = 40;
  Ids flawed;
  for (Index row = 0; row < n_rows; ++row)
    if (row != 7) flawed.push_back(row);
  for (const Index buffer_rows : {1, 30, 40}) {
    Source source(flawed_files({n_rows}, flawed),
                  {.batch_size = 3, .epochs = 30, .buffer_rows = buffer_rows, .not_finite = Source::NotFinite::Skip});
    CHECK(joined(all_batches(source)) == Ids(30, 7));
  }
}

TEST_CASE("a source that has to leave out everything says so") {
  const auto files = [] {
    std::vector<std::unique_ptr<RowFile>> bad;
    bad.push_back(std::make_unique<test::MemoryRows>("bad", Matrix<float>::Constant(2, 5, nan_value)));
    return bad;
  };
  Source source(files(), {.not_finite = Source::NotFinite::Skip});
  Batch<float> batch;
  CHECK_THROWS_AS(source.next(batch), FileError);
  CHECK_THROWS_AS(source.first_samples(3), FileError);
  CHECK_THROWS_AS(Source(files(), {.max_norm_ratio = 2}), FileError);
}

TEST_CASE("the first samples are those of the first batches, and the position stays") {
  const Ids flawed{0, 30, 31, 77};
  const Source::Settings settings{
      .batch_size = 25, .seed = 5, .buffer_rows = 40, .not_finite = Source::NotFinite::Skip};
  Source source(flawed_files({50, 60}, flawed), settings);
  const Matrix<float> first = source.first_samples(60);
  Batch<float> batch;
  REQUIRE(source.next(batch));
  CHECK(batch.inputs == first.leftCols(25));
  const SourcePosition position = source.position();
  CHECK(source.first_samples(60) == first);
  CHECK(source.position() == position);
  REQUIRE(source.next(batch));
  CHECK(batch.inputs == first.middleCols(25, 25));
  CHECK(source.first_samples(1000).cols() == 106);
  Source other(flawed_files({50, 60}, flawed), settings);
  static_cast<void>(other.first_samples(5));
  CHECK(memory(other.files()[0]).read_rows.size() + memory(other.files()[1]).read_rows.size() < 9);
}

TEST_CASE("an exception of the reading thread reaches next(), which can be asked again") {
  auto files = test::numbered_files({300, 300});
  memory(files[1]).broken_row = 250;
  Source source(std::move(files), {.batch_size = 50, .epochs = 1, .order = Source::Order::Sequential});
  Batch<float> batch;
  for (int i = 0; i < 5; ++i) REQUIRE(source.next(batch));
  const FileError error = test::refusal("shard1", [&] { source.next(batch); });
  CHECK(error.reason() == "row 250 is broken");
  CHECK_THROWS_AS(source.next(batch), FileError);
  memory(source.files()[1]).broken_row = -1;
  CHECK(next_ids(source).front() == 250);
}

TEST_CASE("files of different inputs are refused, both named") {
  auto files = test::numbered_files({3});
  files.push_back(std::make_unique<test::MemoryRows>("other", test::numbered_samples(4, 0, 3)));
  CHECK(test::refusal("other", [&] { const Source source(std::move(files), {}); }).reason() ==
        "expected 3 inputs a row, as in shard0, got 4");
}

TEST_CASE("settings outside their ranges and sources without rows are refused") {
  CHECK_THROWS_AS(Source(test::numbered_files({3}), {.batch_size = 0}), std::invalid_argument);
  CHECK_THROWS_AS(Source(test::numbered_files({}), {}), std::invalid_argument);
  CHECK_THROWS_AS(Source(test::numbered_files({0, 0}), {}), FileError);
}

TEST_CASE("paths are opened, and numbers become those of the source's type") {
  const test::TemporaryFolder folder;
  write_npy(folder / "a.npy", test::numbered_samples(4, 0, 9));
  write_npy(folder / "b.npy", test::numbered_samples(4, 9, 5));
  ShardSource<double> source({folder / "a.npy", folder / "b.npy"}, {.batch_size = 14, .epochs = 1});
  CHECK(source.buffer_rows() == (256 << 20) / 16);
  const Ids ids = next_ids(source);
  CHECK(ids.size() == 14);
  CHECK_FALSE(std::is_sorted(ids.begin(), ids.end()));
  CHECK_THROWS_AS(Source({folder / "missing.npy"}, {}), FileError);
}

}  // namespace shard_source_test

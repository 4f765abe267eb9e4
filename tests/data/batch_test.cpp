// SPDX-License-Identifier: MIT
#include <parsae/data/batch.hpp>
#include <parsae/data/matrix_source.hpp>

#include <support/catch.hpp>

namespace batch_test {

using namespace parsae;

namespace {

struct NoPosition {
  bool next(Batch<float>&) { return false; }
};

}  // namespace

TEST_CASE("BatchSource asks for batches and for positions", "[batch]") {
  STATIC_REQUIRE(BatchSource<MatrixSource<float>, float>);
  STATIC_REQUIRE(!BatchSource<MatrixSource<float>, double>);
  STATIC_REQUIRE(!BatchSource<NoPosition, float>);
}

TEST_CASE("A batch starts empty, a source's position at its beginning", "[batch]") {
  const Batch<double> batch;
  CHECK(batch.inputs.size() == 0);
  CHECK(batch.targets.size() == 0);
  CHECK(batch.weight.empty());
  CHECK(SourcePosition() == SourcePosition{0, 0});
  CHECK(SourcePosition{1, 0} != SourcePosition{0, 1});
}

}  // namespace batch_test

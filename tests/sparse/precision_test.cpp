// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k_selection.hpp>
#include <parsae/sparse/precision.hpp>
#include <parsae/sparse/walk.hpp>

#include <support/catch.hpp>
#include <support/walk_case.hpp>

namespace precision_test {

using namespace parsae;

namespace {

template <class Scalar>
ScreeningReport report_of(Precision precision, int n_walks) {
  using Walker = Walk<Scalar, TopKSelection<Scalar>>;
  const auto input = test::WalkCase<Scalar>::random(64, 200, 30);
  Walker walker(typename Walker::Settings{1200, 400000, precision});
  SparseCode<Scalar> code;
  for (int walk = 0; walk < n_walks; ++walk) {
    walker.run(input.inputs, input.w_enc, input.b_enc, Threads(1), TopKSelection<Scalar>(30, 4), code);
    REQUIRE(test::first_difference(code, test::reference_top_k(input.pre_acts(), 4)) == "");
  }
  return walker.screening();
}

template <class Scalar>
Index n_walks_of(const ScreeningReport& report) {
  return report.int8_walks + report.bf16_walks + report.exact_walks;
}

}  // namespace

TEMPLATE_TEST_CASE("an exact walk reports no screening", "", float, double) {
  const ScreeningReport report = report_of<TestType>(Precision::Exact, 3);
  CHECK(n_walks_of<TestType>(report) == 0);
  CHECK(report.samples == 0);
  CHECK(report.survivors == 0);
  CHECK(report.rescored == 0);
}

TEST_CASE("every screened walk is reported once, with what it left over") {
  const ScreeningReport report = report_of<float>(Precision::Screened, 3);
  CHECK(n_walks_of<float>(report) == 3);
  CHECK(report.samples == 30 * (report.int8_walks + report.bf16_walks));
  const bool is_native = Int8Code::is_native || Bf16Code::is_native;
  CHECK((report.exact_walks < 3) == is_native);
  CHECK((report.survivors > 0) == is_native);
  CHECK((report.rescored > 0) == is_native);
  CHECK(report.rescored <= report.survivors);
}

TEST_CASE("in double there is nothing to screen with") {
  CHECK(n_walks_of<double>(report_of<double>(Precision::Screened, 2)) == 0);
}

}  // namespace precision_test

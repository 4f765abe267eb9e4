// SPDX-License-Identifier: MIT
#include <parsae/activations/gated_selection.hpp>

#include <support/catch.hpp>
#include <support/walk_case.hpp>

#include <cmath>

namespace gated_selection_test {

using namespace parsae;

static_assert(SelectionFor<GatedSelection<float>, float> && SelectionFor<GatedSelection<double>, double>);

namespace {

template <class Scalar>
SparseCode<Scalar> reference_gated(const Matrix<Scalar>& pre_acts, const Vector<Scalar>& log_scale,
                                   const Vector<Scalar>& shift, bool has_zeros) {
  const auto value = [&](Index j, Index i) {
    return std::max(multiply_add(std::exp(log_scale(j)), pre_acts(j, i), shift(j)), Scalar(0));
  };
  return test::code_where<Scalar>(
      pre_acts, [&](Index j, Index i) { return pre_acts(j, i) > 0 && (has_zeros || value(j, i) > 0); }, value);
}

}  // namespace

TEMPLATE_TEST_CASE("open gates are stored with their magnitudes, zeros only where they are wanted", "", float, double) {
  using Selection = GatedSelection<TestType>;
  constexpr Index n_latents = 60;
  constexpr Index batch = 45;
  // Quarters: among the pre-activations are zeros, and with scale 1 and a shift that is a quarter magnitudes are, too.
  const test::WalkCase<TestType> input = test::WalkCase<TestType>::rounded(3, n_latents, batch);
  const Matrix<TestType> pre_acts = input.pre_acts();
  Vector<TestType> log_scale = test::random_vector<TestType>(n_latents, 5);
  log_scale.head(30).setZero();
  const Vector<TestType> shift = test::rounded_matrix<TestType>(n_latents, 1, 6);
  const Slice<const TestType> r(log_scale.data(), n_latents);
  const Slice<const TestType> c(shift.data(), n_latents);
  Index n_exact = 0;
  for (Index i = 0; i < batch; ++i)
    for (Index j = 0; j < 30; ++j) n_exact += pre_acts(j, i) > 0 && pre_acts(j, i) + shift(j) == 0;
  REQUIRE(n_exact > 0);
  REQUIRE((pre_acts.array() == 0).any());

  const SparseCode<TestType> with_zeros = reference_gated(pre_acts, log_scale, shift, true);
  const SparseCode<TestType> without = reference_gated(pre_acts, log_scale, shift, false);
  REQUIRE(with_zeros.active_count() == without.stored());
  REQUIRE(with_zeros.stored() > without.stored() + 100);
  for (const int threads : {1, 2, 4}) {
    CAPTURE(threads);
    const Selection stored(batch, r, c, ExplicitZeros::Stored);
    const Selection dropped(batch, r, c, ExplicitZeros::Dropped);
    CHECK(test::first_difference(input.code(stored, threads), with_zeros) == "");
    CHECK(test::first_difference(input.code(dropped, threads), without) == "");
  }
}

TEST_CASE("a gate stays closed below zero whatever its magnitude") {
  const double log_scale[] = {0, 0};
  const double shift[] = {100, -100};
  test::WalkCase<double> input{Matrix<double>::Ones(1, 1), Matrix<double>(1, 2), Vector<double>::Zero(2)};
  input.w_enc << -0.5, 0.5;
  const SparseCode<double> code =
      input.code(GatedSelection<double>(1, {log_scale, 2}, {shift, 2}, ExplicitZeros::Stored));
  REQUIRE(code.stored() == 1);
  CHECK(code.latents[0] == 1);
  CHECK(code.values[0] == 0);
  CHECK(code.pre_acts[0] == 0.5);
}

TEST_CASE("the gate's floor lets screening rule out closed gates") {
  const float zeros[] = {0, 0, 0};
  const GatedSelection<float> rule(2, {zeros, 3}, {zeros, 3}, ExplicitZeros::Stored);
  EntryRows<float> worker = rule.worker();
  Buffer<float> by_sample(2, 7.0f);
  Buffer<float> by_latent(3, 7.0f);
  rule.begin(worker, {0, 2}, {by_sample.slice(), by_latent.slice()});
  CHECK(by_sample == Buffer<float>(2, floor_always<float>));
  CHECK(by_latent == Buffer<float>(3, 0.0f));
  CHECK_FALSE(GatedSelection<float>::raises_floors);
}

TEST_CASE("a row of open gates is settled like its candidates") {
  const float zeros[] = {0, 0, 0};
  const float shift[] = {0, -5, 1};
  const float pre_acts[] = {2, 3, 0};
  static_assert(TakesRows<GatedSelection<float>, float>);
  for (const ExplicitZeros kind : {ExplicitZeros::Stored, ExplicitZeros::Dropped}) {
    const GatedSelection<float> rule(1, {zeros, 3}, {shift, 3}, kind);
    EntryRows<float> worker = rule.worker();
    rule.take(worker, {pre_acts, 0b111, 0, 0});  // the last one reaches its gate's floor and is not above it
    SparseCode<float> code;
    rule.finish(Slice<EntryRows<float>>(&worker, 1), code);
    REQUIRE(code.stored() == (kind == ExplicitZeros::Stored ? 2 : 1));
    CHECK((code.latents[0] == 0 && code.values[0] == 2));
    if (kind == ExplicitZeros::Stored) CHECK((code.latents[1] == 1 && code.values[1] == 0 && code.pre_acts[1] == 3));
  }
}

}  // namespace gated_selection_test

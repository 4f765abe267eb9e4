// SPDX-License-Identifier: MIT
#include <parsae/steering/contrast.hpp>

#include <analysis/code_fixture.hpp>
#include <support/catch.hpp>

#include <array>
#include <limits>

namespace contrast_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace {

using Labels = Buffer<std::int32_t>;

Labels labels_of(Index n_samples, std::int32_t n_classes) {
  Labels labels(n_samples);
  for (Index i = 0; i < n_samples; ++i) labels[i] = static_cast<std::int32_t>((7 * i + i / 3) % n_classes);
  return labels;
}

Contrast added_in_batches(const SparseCode<float>& code, const Labels& labels, const std::vector<Index>& order,
                          Index batch, const Contrast::Settings& settings) {
  Contrast contrast(settings);
  for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(batch)) {
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(first);
    const std::size_t size = std::min(static_cast<std::size_t>(batch), order.size() - first);
    const std::vector<Index> samples(begin, begin + static_cast<std::ptrdiff_t>(size));
    Labels part;
    for (const Index sample : samples) part.push_back(labels[sample]);
    contrast.add(UnitActivity::of_code(test::picked(code, samples), settings.n_units), part.slice());
  }
  return contrast;
}

std::vector<Index> ascending(Index n) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

}  // namespace

TEST_CASE("a map is the target's mean less the mean of the other classes' means") {
  constexpr Index n_units = 6;
  const auto code = test::random_code<float>(n_units, 40, 3);
  const Labels labels = labels_of(40, 3);
  const Matrix<double> values = test::dense(code, n_units);
  for (const ActivityMeasure measure : {ActivityMeasure::Frequency, ActivityMeasure::Weight}) {
    const Contrast contrast =
        added_in_batches(code, labels, ascending(40), 40, {.n_units = n_units, .n_classes = 3, .measure = measure});
    for (Index target = 0; target < 3; ++target) {
      const Vector<double> map = contrast.map(target);
      for (Index unit = 0; unit < n_units; ++unit) {
        std::array<double, 3> sums{};
        std::array<double, 3> counts{};
        for (Index i = 0; i < 40; ++i) {
          const auto label = static_cast<std::size_t>(labels[i]);
          sums[label] += measure == ActivityMeasure::Weight ? values(unit, i) : values(unit, i) != 0 ? 1 : 0;
          counts[label] += 1;
        }
        double expected = 0;
        for (std::size_t label = 0; label < 3; ++label)
          expected += sums[label] / counts[label] * (static_cast<Index>(label) == target ? 1 : -0.5);
        CHECK_THAT(map[unit], WithinAbs(expected, 1e-9));
      }
    }
  }
}

TEST_CASE("with two classes a map is the other's with its signs turned") {
  const auto code = test::random_code<float>(8, 50, 9);
  const Labels labels = labels_of(50, 2);
  const Contrast contrast =
      added_in_batches(code, labels, ascending(50), 50, {.n_units = 8, .measure = ActivityMeasure::Weight});
  CHECK(contrast.n_samples(0) + contrast.n_samples(1) == 50);
  CHECK(contrast.map(0) == -contrast.map(1));
}

TEST_CASE("neither order nor batches show, to the bit") {
  const auto code = test::random_code<float>(8, 60, 4);
  const Labels labels = labels_of(60, 3);
  const Contrast::Settings settings{.n_units = 8, .n_classes = 3, .measure = ActivityMeasure::Weight};
  const std::vector<Index> order = ascending(60);
  std::vector<Index> mixed;
  for (Index i = 0; i < 60; ++i) mixed.push_back((i * 37 + 11) % 60);
  const Vector<double> expected = added_in_batches(code, labels, order, 60, settings).map(1);
  for (const Index batch : {1, 7, 60}) {
    CHECK(added_in_batches(code, labels, order, batch, settings).map(1) == expected);
    CHECK(added_in_batches(code, labels, mixed, batch, settings).map(1) == expected);
  }
}

TEST_CASE("units are ranked by contrast, equals by number") {
  Contrast contrast({.n_units = 4});
  UnitActivity activity(4, 2);
  activity.add_tokens(0, 1);
  activity.add_tokens(1, 1);
  activity.add(0, 3, 1);  // the target's own
  activity.add(1, 0, 1);  // the others'; 1 and 2 are nobody's
  Labels labels(2);
  labels[0] = 1;
  labels[1] = 0;
  contrast.add(activity, labels.slice());
  CHECK(contrast.ranking(1) == std::vector<Index>{3, 1, 2, 0});
  CHECK(contrast.top(1, 2) == std::vector<Index>{3, 1});
  CHECK(contrast.bottom(1, 2) == std::vector<Index>{0, 2});
  CHECK(contrast.top(1, 0).empty());
  CHECK_THROWS_WITH(contrast.top(1, 5), ContainsSubstring("Contrast n: expected a value from 0 to 4"));
}

TEST_CASE("classes without samples are left out, and a map needs samples on both sides") {
  Contrast contrast({.n_units = 1, .n_classes = 3});
  UnitActivity activity(1, 1);
  activity.add_tokens(0, 1);
  activity.add(0, 0, 1);
  Labels label(1);
  CHECK_THROWS_WITH(contrast.map(0), ContainsSubstring("of the target class"));
  contrast.add(activity, label.slice());
  CHECK_THROWS_WITH(contrast.map(0), ContainsSubstring("outside the target class"));
  label[0] = 2;
  contrast.add(UnitActivity(1, 1), label.slice());
  CHECK(contrast.map(0)[0] == 1);
}

TEST_CASE("what cannot be counted is refused and not added") {
  CHECK_THROWS_WITH(Contrast(Contrast::Settings{}), ContainsSubstring("Contrast n_units"));
  CHECK_THROWS_WITH(Contrast({.n_units = 2, .n_classes = 1}), ContainsSubstring("Contrast n_classes"));
  Contrast contrast({.n_units = 2, .measure = ActivityMeasure::Weight});
  Labels labels(1);
  CHECK_THROWS_WITH(contrast.add(UnitActivity(3, 1), labels.slice()), ContainsSubstring("Contrast activity"));
  CHECK_THROWS_WITH(contrast.add(UnitActivity(2, 2), labels.slice()), ContainsSubstring("Contrast activity"));
  labels[0] = 2;
  CHECK_THROWS_WITH(contrast.add(UnitActivity(2, 1), labels.slice()), ContainsSubstring("Contrast label"));
  labels[0] = 0;
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e12}) {
    UnitActivity activity(2, 1);
    activity.add_tokens(0, 1);
    activity.add(0, 1, bad);
    CHECK_THROWS_WITH(contrast.add(activity, labels.slice()), ContainsSubstring("Contrast activity"));
  }
  CHECK(contrast.n_samples(0) == 0);
  UnitActivity large(2, 1);
  large.add_tokens(0, 1);
  large.add(0, 1, 1e9);
  contrast.add(large, labels.slice());
  contrast.add(large, labels.slice());
  CHECK_THROWS_WITH(contrast.add(large, labels.slice()), ContainsSubstring("a sum below 2^31"));
}

}  // namespace contrast_test

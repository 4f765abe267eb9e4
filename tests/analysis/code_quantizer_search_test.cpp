// SPDX-License-Identifier: MIT
#include <parsae/analysis/code_quantizer_search.hpp>

#include <support/catch.hpp>
#include <support/close_to.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

namespace code_quantizer_search_test {

using namespace parsae;

namespace {

constexpr Index n_outputs = 10;
constexpr Index n_latents = 7;

/// A dictionary, and two sets of samples that it reconstructs but for noise.
struct Coded {
  Matrix<double> dictionary = test::random_matrix<double>(n_outputs, n_latents, 1).colwise().normalized();
  Vector<double> b_dec = test::random_vector<double>(n_outputs, 2);
  CodedSamples<double> validation = samples(50, 3);
  CodedSamples<double> test = samples(70, 5);

  [[nodiscard]] CodedSamples<double> samples(Index n, std::uint64_t stream) const {
    const Matrix<double> values = test::random_matrix<double>(n_latents, n, stream);
    CodedSamples<double> result;
    result.code = test::reference_relu<double>(values);
    result.targets = dictionary * values.cwiseMax(0.0) + 0.1 * test::random_matrix<double>(n_outputs, n, stream + 1);
    result.targets.colwise() += b_dec;
    return result;
  }

  [[nodiscard]] CodeQuantizerSearch<double> search(CodeQuantizer::Range range = CodeQuantizer::Range::Shared,
                                                   int threads = 1) const {
    return {dictionary, b_dec, validation, test, {.most_bins = 40, .range = range}, Threads(threads)};
  }

  /// FVU with `n_bins` bins, by dense algebra.
  [[nodiscard]] double fvu(const CodedSamples<double>& samples, Index n_bins, CodeQuantizer::Range range) const {
    const CodeQuantizer quantizer(validation.code, n_latents, {.n_bins = n_bins, .range = range});
    Matrix<double> values = Matrix<double>::Zero(n_latents, samples.code.n_samples());
    for (Index i = 0; i < samples.code.n_samples(); ++i)
      for (Index e = samples.code.begin_of(i); e < samples.code.offsets[i + 1]; ++e) {
        const Index latent = samples.code.latents[e];
        values(latent, i) = quantizer.value(latent, quantizer.bin(latent, samples.code.values[e]));
      }
    const Matrix<double> recon = (dictionary * values).colwise() + b_dec;
    const Vector<double> mean = samples.targets.rowwise().mean();
    return (recon - samples.targets).squaredNorm() / (samples.targets.colwise() - mean).squaredNorm();
  }
};

}  // namespace

TEST_CASE("the FVU of a quantized code is that of dense algebra, for any number of threads") {
  const Coded coded;
  for (const auto range : {CodeQuantizer::Range::Shared, CodeQuantizer::Range::PerLatent}) {
    CodeQuantizerSearch<double> one = coded.search(range, 1);
    CodeQuantizerSearch<double> four = coded.search(range, 4);
    for (const Index n_bins : {1, 2, 5, 40}) {
      CHECK_THAT(one.validation_fvu(n_bins), test::close_to(coded.fvu(coded.validation, n_bins, range), 1e-12));
      CHECK_THAT(one.test_fvu(n_bins), test::close_to(coded.fvu(coded.test, n_bins, range), 1e-12));
      CHECK(one.validation_fvu(n_bins) == four.validation_fvu(n_bins));
    }
  }
}

TEST_CASE("the coarsest quantizer meets the bound on both parts, and one bin fewer does not") {
  const Coded coded;
  CodeQuantizerSearch<double> search = coded.search();
  int answered = 0;
  for (double eps = 0.01; eps < 1; eps += 0.01) {
    const std::optional<Index> bins = search.coarsest(eps);
    const auto meets = [&](Index n) { return search.validation_fvu(n) <= eps && search.test_fvu(n) <= eps; };
    if (!bins) {
      CHECK(!meets(40));
      continue;
    }
    ++answered;
    CHECK(meets(*bins));
    if (*bins > 1) CHECK(!meets(*bins - 1));
  }
  CHECK(answered > 50);
}

TEST_CASE("the test samples have the last word") {
  Coded coded;
  const std::optional<Index> before = coded.search().coarsest(0.2);
  REQUIRE(before.has_value());
  coded.test.targets = test::random_matrix<double>(n_outputs, coded.test.targets.cols(), 9);
  CHECK(!coded.search().coarsest(0.2).has_value());
}

TEST_CASE("a search refuses parts that do not fit") {
  Coded coded;
  coded.test.targets.conservativeResize(n_outputs - 1, Eigen::NoChange);
  CHECK_THROWS_AS(coded.search(), std::invalid_argument);
  Coded wide;
  wide.validation.code.latents[0] = n_latents;
  CHECK_THROWS_AS(wide.search(), std::invalid_argument);
  const Coded fine;
  CHECK_THROWS_AS(CodeQuantizerSearch<double>(fine.dictionary, fine.b_dec, fine.validation, fine.test, {.most_bins = 0},
                                              Threads(1)),
                  std::invalid_argument);
}

}  // namespace code_quantizer_search_test

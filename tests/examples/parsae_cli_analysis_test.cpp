// SPDX-License-Identifier: MIT
#include <parsae/analysis/evaluate.hpp>
#include <parsae/data/matrix_source.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/random_model.hpp>

#include <cmath>

#include "../../examples/parsae_cli/analysis.hpp"
#include "../../examples/parsae_cli/nearest_latents.hpp"
#include "../../examples/parsae_cli/row_statistics.hpp"
#include "../../examples/parsae_cli/top_examples.hpp"

namespace parsae_cli_analysis_test {

namespace {

using namespace parsae_cli;
using Catch::Matchers::ContainsSubstring;
using parsae::Matrix;

parsae::SparseCode<float> code_of(std::initializer_list<std::pair<int, float>> entries) {
  parsae::SparseCode<float> code;  // a sample for each entry
  for (const auto& [latent, value] : entries) {
    code.latents.push_back(latent);
    code.values.push_back(value);
    code.pre_acts.push_back(value);
    code.offsets.push_back(code.latents.size());
  }
  return code;
}

/// Rows that are held in memory; the second one is not finite.
class SomeRows final : public parsae::RowFile {
 public:
  [[nodiscard]] const std::filesystem::path& path() const override { return path_; }
  [[nodiscard]] Index n_rows() const override { return 4; }
  [[nodiscard]] Index n_inputs() const override { return 2; }
  void read(Index first_row, parsae::Slice<float> out) override {
    const float rows[4][2] = {{3, 4}, {std::nanf(""), 0}, {0, 0}, {3, -4}};
    for (Index q = 0; q < 2; ++q) out[q] = rows[first_row][q];
  }
  [[nodiscard]] std::string description() const override { return "rows"; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("figures agree with evaluate(), whatever the batches") {
  parsae::Autoencoder<parsae::TopK<float>> model = parsae::test::random_model(parsae::TopK<float>({.k = 3}), 5, 16);
  model.input_scale = model.output_scale = 0.5F;
  const Matrix<float> samples = parsae::test::random_matrix<float>(5, 300, 7);
  const Sae sae(model, "topk");
  CHECK(sae.settings() == "k = 3");

  Analysis analysis(sae, parsae::Threads(2));
  for (const Index first : {0, 100, 200}) {
    const Matrix<float> part = samples.middleCols(first, 100);
    analysis.add(part, sae.encode(part, parsae::Threads(1)));
  }
  const Figures figures = analysis.figures();
  parsae::MatrixSource<float> source(samples, {.batch_size = 64, .epochs = 1});
  const parsae::Evaluation expected = parsae::evaluate(model, source);
  CHECK(figures.n_samples == 300);
  CHECK(std::abs(figures.fvu / expected.fvu - 1) < 1e-6);
  CHECK(std::abs(figures.mean_squared_error / expected.mean_squared_error - 1) < 1e-6);
  CHECK(figures.l0 == expected.l0);
  CHECK(figures.dead_fraction == expected.dead_fraction);
  CHECK(figures.bits_per_sample > 0);
  double energy = 0;
  for (std::size_t j = 0; j < 16; ++j) {
    CHECK(analysis.latents()[j].density == expected.density(static_cast<Index>(j)));
    energy += analysis.latents()[j].energy;
  }
  CHECK(std::abs(energy - 1) < 1e-12);

  double cosine = 0;
  const Matrix<float> recon = model.decode(model.encode(samples));
  for (Index i = 0; i < 300; ++i)
    cosine += static_cast<double>(samples.col(i).dot(recon.col(i)) / samples.col(i).norm() / recon.col(i).norm());
  CHECK(std::abs(figures.cosine - cosine / 300) < 1e-5);
}

TEST_CASE("the spread of L0 is that over samples") {
  parsae::Autoencoder<parsae::ReLU<float>> model({.n_inputs = 1, .n_latents = 2}, parsae::ReLU<float>());
  model.encoder.w_enc << 1, 1;
  model.encoder.b_enc << 0, -1;
  model.decoder.w_dec << 1, 1;
  Matrix<float> samples(1, 4);
  samples << -1, 0.5F, 2, 3;  // 0, 1, 2, 2 active latents
  const Sae sae(model, "relu");
  Analysis analysis(sae, parsae::Threads(1));
  analysis.add(samples, sae.encode(samples, parsae::Threads(1)));
  CHECK(analysis.figures().l0 == 1.25);
  CHECK(std::abs(analysis.figures().l0_deviation - std::sqrt(0.6875)) < 1e-12);
  CHECK(analysis.latents()[0].density == 0.75);
  CHECK(std::abs(analysis.latents()[1].mean_active - 1.5) < 1e-6);
}

TEST_CASE("top examples are the largest, the earlier among equals, in whatever order they come") {
  const std::vector<std::int64_t> ids{0, 1, 2, 3, 4, 5};
  const auto codes = code_of({{1, 2.F}, {1, 5.F}, {0, 1.F}, {1, 5.F}, {1, 0.F}, {1, 3.F}});
  TopExamples top(3, 3);
  top.add(codes, {ids.data(), 6});
  const std::vector<TopExample> best = top.of(1);
  REQUIRE(best.size() == 3);
  CHECK(best[0].value == 5);
  CHECK(best[0].sample == 1);
  CHECK(best[1].sample == 3);
  CHECK(best[2].value == 3);
  CHECK(top.of(0).size() == 1);
  CHECK(top.of(2).empty());

  TopExamples late(3, 1);
  const std::vector<std::int64_t> reversed{5, 4, 3, 2, 1, 0};
  late.add(codes, {reversed.data(), 6});
  CHECK(late.of(1).front().sample == 2);
  CHECK_THROWS_WITH(late.add(codes, {ids.data(), 2}), ContainsSubstring("TopExamples sample_ids"));
  CHECK_THROWS_WITH(TopExamples(3, 0), ContainsSubstring("TopExamples per_latent: expected at least 1"));
}

TEST_CASE("the nearest latent is found across blocks, for any number of threads") {
  Matrix<float> w_dec = parsae::test::random_matrix<float>(6, 300, 3);
  w_dec.col(290) = 3 * w_dec.col(5) + 0.01F * w_dec.col(6);
  w_dec.col(7).setZero();
  const std::vector<NearestLatent> nearest = nearest_latents(w_dec, parsae::Threads(1));
  CHECK(nearest[5].latent == 290);
  CHECK(nearest[290].latent == 5);
  CHECK(nearest[5].cosine > 0.999);
  CHECK(nearest[7].latent == -1);
  const std::vector<NearestLatent> two = nearest_latents(w_dec, parsae::Threads(2));
  for (std::size_t j = 0; j < nearest.size(); ++j) {
    CHECK(nearest[j].latent != 7);
    CHECK(nearest[j].latent == two[j].latent);
    CHECK(nearest[j].cosine == two[j].cosine);
  }
  CHECK(nearest_latents(w_dec.leftCols(1), parsae::Threads(1)).front().latent == -1);
}

TEST_CASE("statistics are of the finite rows") {
  SomeRows rows;
  const RowStatistics all = row_statistics(rows, 100);
  CHECK(all.n_rows == 4);
  CHECK(all.n_not_finite == 1);
  CHECK(all.lowest == -4);
  CHECK(all.highest == 4);
  CHECK(all.mean == 1);
  CHECK(std::abs(all.zero_share - 1.0 / 3) < 1e-12);
  CHECK(all.median_norm == 5);
  CHECK(all.largest_norm == 5);
  CHECK(std::abs(all.mean_share - 4 / (50.0 / 3)) < 1e-12);
  CHECK(row_statistics(rows, 2).n_rows == 2);
  CHECK(row_statistics(rows, 2).n_not_finite == 0);
}

}  // namespace parsae_cli_analysis_test

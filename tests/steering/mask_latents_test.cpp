// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/steering/mask_latents.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>

namespace mask_latents_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

Autoencoder<TopK<double>> random_top_k() {
  Autoencoder<TopK<double>> model({.n_inputs = 6, .n_latents = 20}, TopK<double>({.k = 3}));
  model.encoder.w_enc = test::random_matrix<double>(6, 20, 1);
  model.encoder.b_enc.setConstant(5);  // every latent is above zero: who is chosen is a matter of rank
  model.encoder.b_enc[7] = 100;        // wins everywhere unless it is masked
  model.decoder.w_dec = model.encoder.w_enc.colwise().normalized();
  return model;
}

}  // namespace

TEST_CASE("masked latents are never chosen, and the next best move in") {
  const Autoencoder<TopK<double>> model = random_top_k();
  const Matrix<double> samples = test::random_matrix<double>(6, 30, 2);
  Intervention intervention(20, {.policy = SuppressionPolicy::MaskLogit});
  intervention.suppress({0, 7, 13});
  const auto masked = mask_latents(model, intervention).encode(samples, Threads(1));
  for (Index i = 0; i < samples.cols(); ++i) {
    const Vector<double> pre_acts = model.encoder.w_enc.transpose() * samples.col(i) + model.encoder.b_enc;
    std::vector<LatentId> best;
    for (LatentId latent = 0; latent < 20; ++latent)
      if (intervention[latent] == Treatment::None) best.push_back(latent);
    std::sort(best.begin(), best.end(), [&](LatentId a, LatentId b) { return pre_acts[a] > pre_acts[b]; });
    best.resize(3);
    std::sort(best.begin(), best.end());
    REQUIRE(masked.count_of(i) == 3);
    for (Index e = 0; e < 3; ++e) CHECK(masked.latents[masked.begin_of(i) + e] == best[static_cast<std::size_t>(e)]);
  }
}

TEST_CASE("no sample is strong enough for a masked latent, nor one that none is left for") {
  const Autoencoder<TopK<double>> model = random_top_k();
  const Matrix<double> samples = 10 * test::random_matrix<double>(6, 30, 2);
  Intervention intervention(20, {.policy = SuppressionPolicy::MaskLogit});
  for (Index latent = 2; latent < 20; ++latent) intervention.suppress(latent);
  for (const LatentId latent : mask_latents(model, intervention).encode(samples, Threads(1)).latents) CHECK(latent < 2);
  intervention.suppress({0, 1});
  CHECK(mask_latents(model, intervention).encode(samples, Threads(1)).stored() == 0);
}

TEST_CASE("an empty mask leaves every bit of the codes") {
  const Autoencoder<TopK<double>> model = random_top_k();
  const Matrix<double> samples = test::random_matrix<double>(6, 30, 2);
  const Intervention none(20, {.policy = SuppressionPolicy::MaskLogit});
  CHECK(mask_latents(model, none).encode(samples, Threads(1)) == model.encode(samples, Threads(1)));
}

TEST_CASE("other interventions are refused") {
  const Autoencoder<TopK<double>> model = random_top_k();
  CHECK_THROWS_WITH(mask_latents(model, Intervention(20)), ContainsSubstring("mask_latents policy"));
  Intervention mask(20, {.policy = SuppressionPolicy::MaskLogit});
  mask.stimulate(1);
  CHECK_THROWS_WITH(mask_latents(model, mask), ContainsSubstring("mask_latents stimulated latents"));
  const Intervention other(19, {.policy = SuppressionPolicy::MaskLogit});
  CHECK_THROWS_WITH(mask_latents(model, other), ContainsSubstring("mask_latents units"));
}

}  // namespace mask_latents_test

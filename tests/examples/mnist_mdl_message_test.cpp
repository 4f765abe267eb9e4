// SPDX-License-Identifier: MIT
#include <parsae/data/matrix_source.hpp>

#include <support/catch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

#include "../../examples/mnist_mdl/message.hpp"

namespace mnist_mdl_message_test {

namespace {

using namespace parsae_examples;
using Catch::Matchers::WithinAbs;
using parsae::Matrix;
using parsae::SparseCode;
using parsae::Threads;

constexpr Index n_pixels = 12;
constexpr Index n_latents = 9;
constexpr Index n_images = 1000;

/// Codes of half the latents, and images that they reconstruct but for noise.
parsae::CodedSamples<float> coded_images(const TrainedSae& sae, Index n, float noise, std::uint64_t stream) {
  parsae::CodedSamples<float> images;
  const Matrix<float> pre_acts = parsae::test::random_matrix<float>(sae.width, n, stream);
  images.code = parsae::test::reference_relu<float>(pre_acts);
  images.targets =
      sae.w_dec * pre_acts.cwiseMax(0.0f) + noise * parsae::test::random_matrix<float>(n_pixels, n, stream + 1);
  images.targets.colwise() += sae.b_dec;
  return images;
}

TrainedSae small_sae(std::uint64_t stream, float noise = 0.2f) {
  TrainedSae sae;
  sae.width = n_latents;
  sae.k = 4;
  sae.seed = stream;
  sae.w_dec = parsae::test::random_matrix<float>(n_pixels, n_latents, stream).colwise().normalized();
  sae.b_dec = parsae::test::random_vector<float>(n_pixels, stream + 1);
  sae.scale = 0.5f;
  sae.l0 = 4.5;
  sae.fvu = 0.01;
  sae.dead_fraction = 0.125;
  sae.validation = coded_images(sae, 60, noise, stream + 2);
  sae.test = coded_images(sae, 80, noise, stream + 4);
  return sae;
}

/// What one pair of quantizers gives, counted with the plain tools of the library and dense matrices.
struct MessageByHand {
  double fvu_validation = 0;
  double fvu_test = 0;
  double bits_codes = 0;
  double bits_dictionary = 0;

  [[nodiscard]] bool meets(double eps) const { return fvu_validation <= eps && fvu_test <= eps; }
  [[nodiscard]] double bits_total() const { return bits_codes + bits_dictionary; }
};

Matrix<float> received_by_hand(const TrainedSae& sae, const parsae::CodedSamples<float>& images, int bits, Index bins) {
  const parsae::CodeQuantizer quantizer(sae.validation.code, sae.width,
                                        {.n_bins = bins, .range = parsae::CodeQuantizer::Range::Shared});
  SparseCode<float> code = images.code;
  quantizer.quantize(code);
  Matrix<float> values = Matrix<float>::Zero(sae.width, code.n_samples());
  for (Index i = 0; i < code.n_samples(); ++i)
    for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e) values(code.latents[e], i) = code.values[e];
  Matrix<float> recon = parsae::quantize_dictionary(sae.w_dec, bits).w_dec * values;
  recon.colwise() += parsae::quantize_dictionary<float>(sae.b_dec, 8).w_dec.col(0);
  return recon;
}

MessageByHand message_by_hand(const TrainedSae& sae, int bits, Index bins) {
  const auto fvu = [&](const parsae::CodedSamples<float>& images) {
    const Matrix<float> error = received_by_hand(sae, images, bits, bins) - images.targets;
    const double variation = (images.targets.colwise() - images.targets.rowwise().mean().eval()).squaredNorm();
    return static_cast<double>(error.squaredNorm()) / variation;
  };
  MessageByHand message;
  message.fvu_validation = fvu(sae.validation);
  message.fvu_test = fvu(sae.test);
  parsae::DescriptionLengthMeter meter(parsae::CodeQuantizer(
      sae.validation.code, sae.width, {.n_bins = bins, .range = parsae::CodeQuantizer::Range::Shared}));
  meter.add(sae.test.code);
  message.bits_codes = meter.result().bits_total();
  message.bits_dictionary =
      (parsae::quantize_dictionary(sae.w_dec, bits).bits_entropy + n_pixels * 8) / static_cast<double>(n_images);
  return message;
}

/// The shortest of all messages, quantizer by quantizer.
struct Shortest {
  int bits = 0;
  Index bins = 0;
  MessageByHand message;
  double bits_codes_only = 0;
};

std::optional<Shortest> shortest_by_hand(const TrainedSae& sae, double eps) {
  std::optional<Shortest> best;
  double codes_only = std::numeric_limits<double>::infinity();
  for (int bits = 2; bits <= 8; ++bits)
    for (Index bins = 1; bins <= 64; ++bins) {
      const MessageByHand message = message_by_hand(sae, bits, bins);
      if (!message.meets(eps)) continue;
      codes_only = std::min(codes_only, message.bits_codes);
      if (!best || message.bits_total() < best->message.bits_total()) best = Shortest{bits, bins, message, 0};
    }
  if (best) best->bits_codes_only = codes_only;
  return best;
}

}  // namespace

TEST_CASE("the shortest message is the shortest of all pairs of quantizers that meet the bound on both parts") {
  for (const std::uint64_t stream : {10u, 20u, 30u}) {
    const TrainedSae sae = small_sae(stream);
    MessageSearch search(sae, n_images, Threads(1));
    for (const double eps : {0.05, 0.1, 0.2, 0.3, 0.5}) {
      INFO("stream " << stream << ", eps " << eps);
      const GridRow row = search.shortest(eps);
      const std::optional<Shortest> expected = shortest_by_hand(sae, eps);
      REQUIRE(row.feasible == expected.has_value());
      if (!expected) continue;
      CHECK(row.dictionary_bits == expected->bits);
      CHECK(row.code_bins == expected->bins);
      CHECK_THAT(row.bits_codes, WithinAbs(expected->message.bits_codes, 1e-9));
      CHECK_THAT(row.bits_codes_only, WithinAbs(expected->bits_codes_only, 1e-9));
      CHECK_THAT(row.bits_dictionary, WithinAbs(expected->message.bits_dictionary, 1e-9));
      CHECK_THAT(row.bits_total, WithinAbs(row.bits_codes + row.bits_dictionary, 1e-12));
    }
  }
}

TEST_CASE("a row says which SAE it is of, and at which bound") {
  const TrainedSae sae = small_sae(10);
  const GridRow row = MessageSearch(sae, n_images, Threads(1)).shortest(0.3);
  CHECK(row.width == n_latents);
  CHECK(row.k == 4);
  CHECK(row.seed == 10);
  CHECK(row.l0 == 4.5);
  CHECK(row.fvu == 0.01);
  CHECK(row.dead_fraction == 0.125);
  CHECK(row.eps == 0.3);
}

TEST_CASE("a bound that no quantizer meets is not feasible, one on either part alone included") {
  const TrainedSae sae = small_sae(10, 1.0f);
  CHECK_FALSE(MessageSearch(sae, n_images, Threads(1)).shortest(1e-4).feasible);
  CHECK(MessageSearch(sae, n_images, Threads(1)).shortest(0.9).feasible);
  for (parsae::CodedSamples<float> TrainedSae::*part : {&TrainedSae::validation, &TrainedSae::test}) {
    TrainedSae one_bad = sae;
    (one_bad.*part).targets = parsae::test::random_matrix<float>(n_pixels, (one_bad.*part).targets.cols(), 99);
    CHECK_FALSE(MessageSearch(one_bad, n_images, Threads(1)).shortest(0.9).feasible);
  }
}

TEST_CASE("where the FVU jumps up and down with the bins, both parts still meet the bound") {
  // Values on grids of their own: some numbers of bins hit those of the validation part, some those of the test part.
  for (const std::uint64_t stream : {40u, 50u, 60u, 70u, 80u, 90u}) {
    TrainedSae sae = small_sae(stream, 0.0f);
    for (parsae::CodedSamples<float>* images : {&sae.validation, &sae.test}) {
      Matrix<float> values = Matrix<float>::Zero(n_latents, images->code.n_samples());
      for (Index i = 0; i < images->code.n_samples(); ++i)
        for (Index e = images->code.begin_of(i); e < images->code.offsets[i + 1]; ++e) {
          const float step = images == &sae.validation ? 0.5f : 0.4f;
          images->code.values[e] = step * std::ceil(images->code.values[e] / step);
          values(images->code.latents[e], i) = images->code.values[e];
        }
      images->targets = (sae.w_dec * values).colwise() + sae.b_dec;
    }
    MessageSearch search(sae, n_images, Threads(1));
    for (double eps = 0.005; eps < 0.3; eps *= 1.1) {
      const GridRow row = search.shortest(eps);
      if (!row.feasible) continue;
      INFO("stream " << stream << ", eps " << eps << ", " << row.code_bins << " bins");
      const MessageByHand message = message_by_hand(sae, row.dictionary_bits, row.code_bins);
      CHECK(message.fvu_validation <= eps * (1 + 1e-5));
      CHECK(message.fvu_test <= eps * (1 + 1e-5));
    }
  }
}

TEST_CASE("what is received has the promised FVU, in units of pixels") {
  const TrainedSae sae = small_sae(20);
  MessageSearch search(sae, n_images, Threads(2));
  const GridRow row = search.shortest(0.2);
  REQUIRE(row.feasible);
  SparseCode<float> code;
  const Matrix<float> received = search.received(row, code);
  const Matrix<float> images = sae.test.targets / sae.scale;
  const Matrix<float> centered = images.colwise() - images.rowwise().mean().eval();
  CHECK((received - images).squaredNorm() <= 0.2f * centered.squaredNorm());
  CHECK(received.isApprox(received_by_hand(sae, sae.test, row.dictionary_bits, row.code_bins) / sae.scale, 1e-5f));
  CHECK(code.latents == sae.test.code.latents);
  CHECK(code.values != sae.test.code.values);
  CHECK(search.code_bits(row.code_bins).bits_total() == row.bits_codes);
}

TEST_CASE("more images share the dictionary; the codes stay what they are") {
  const TrainedSae sae = small_sae(30);
  const GridRow few = MessageSearch(sae, 10, Threads(1)).shortest(0.3);
  const GridRow many = MessageSearch(sae, 1'000'000'000, Threads(1)).shortest(0.3);
  REQUIRE(few.feasible);
  REQUIRE(many.feasible);
  CHECK(many.bits_dictionary < 1e-5);
  CHECK(many.bits_codes <= few.bits_codes);
  CHECK(many.dictionary_bits >= few.dictionary_bits);
}

}  // namespace mnist_mdl_message_test

// SPDX-License-Identifier: MIT
#include <parsae/allocators/top_k.hpp>
#include <parsae/model/initialize.hpp>

#include <support/catch.hpp>
#include <support/superposition.hpp>

#include <cmath>

#include "../../benchmarks/description_length/message.hpp"

namespace description_length_message_test {

namespace {

using namespace parsae_benchmarks::description_length;

}  // namespace

TEST_CASE("a message is the coarsest that raises the error of the validation samples by so much at most") {
  const parsae::Matrix<float> samples = parsae::test::superposition<float>(16, 32, 3, 1200, 11);
  const parsae::Matrix<float> validation = samples.leftCols(600);
  const parsae::Matrix<float> test = samples.rightCols(600);
  parsae::Autoencoder model({.n_inputs = 16, .n_latents = 40}, parsae::TopK<float>({.k = 3}));
  parsae::initialize(model, samples, {.seed = 1});
  const MessageMeter meter(model, validation, parsae::Threads(2));
  const Messages all = meter.of_validation();
  for (std::size_t rise = 1; rise < all.size(); ++rise) CHECK(all[rise].bits() <= all[rise - 1].bits());
  const double allowed_rise = allowed_rises[1];
  const Message own = all[1];
  CHECK(own.fvu > own.exact_fvu);
  CHECK(own.fvu <= allowed_rise * own.exact_fvu);
  CHECK(std::abs(own.l0 - 3) < 0.01);

  // By hand: one bin fewer is too coarse, and the test samples are sent with the same bins.
  const parsae::CodedSamples<float> coded{model.input_scale * validation, model.encode(validation)};
  parsae::Index bins = 1;
  const auto error_with = [&](parsae::Index n_bins, const parsae::Matrix<float>& of) {
    parsae::SparseCode<float> code = model.encode(of);
    parsae::CodeQuantizer(coded.code, 40, {.n_bins = n_bins}).quantize(code);
    const parsae::Matrix<float> recon = model.decode(code);
    return static_cast<double>((recon - of).squaredNorm() / (of.colwise() - of.rowwise().mean()).squaredNorm());
  };
  while (error_with(bins, validation) > allowed_rise * own.exact_fvu) ++bins;
  CHECK(std::abs(own.fvu - error_with(bins, validation)) < 1e-5);
  const Message other = meter.of(model, test)[1];
  CHECK(std::abs(other.fvu - error_with(bins, test)) < 1e-5);
  parsae::DescriptionLengthMeter lengths(parsae::CodeQuantizer(coded.code, 40, {.n_bins = bins}));
  lengths.add(model.encode(test));
  CHECK(std::abs(other.bits() - lengths.result().bits_total()) < 1e-9);
  CHECK(std::abs(other.bits_presence - lengths.result().bits_presence) < 1e-9);
}

}  // namespace description_length_message_test

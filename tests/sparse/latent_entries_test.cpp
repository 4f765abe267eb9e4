// SPDX-License-Identifier: MIT
#include <parsae/sparse/latent_entries.hpp>

#include <support/catch.hpp>

namespace latent_entries_test {

using namespace parsae;

TEST_CASE("a latent has as many entries as values") {
  const SampleId samples[] = {2, 5};
  const float values[] = {1, 0};
  const float pre_acts[] = {1, -3};
  const LatentEntries<float> entries{7, {samples, 2}, {values, 2}, {pre_acts, 2}};
  CHECK(entries.size() == 2);
  CHECK(entries.samples[1] == 5);
  CHECK(entries.pre_acts[1] == -3);
  CHECK(LatentEntries<float>().size() == 0);
}

TEST_CASE("a latent's gradient starts without a part in the decoder norm") {
  CHECK(LatentGradient<double>().decoder_norm == 0);
  CHECK(LatentGradient<double>().value.empty());
}

}  // namespace latent_entries_test

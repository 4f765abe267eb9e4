// SPDX-License-Identifier: MIT
#include <parsae/sparse/bf16_code.hpp>
#include <parsae/sparse/int8_code.hpp>
#include <parsae/sparse/screened_latents.hpp>

#include <sparse/hostile_columns.hpp>
#include <support/catch.hpp>

#include <bit>

namespace screened_latents_test {

using namespace parsae;
using test::random_matrix;
using test::random_vector;

namespace {

constexpr Index per_panel = PanelProduct<float>::latents;

/// Columns that are anything, a zero one and an unbounded one among them.
Matrix<float> hostile_encoder(Index n_inputs, Index n_latents) {
  Matrix<float> w_enc = random_matrix<float>(n_inputs, n_latents, 1);
  if (n_inputs == 0) return w_enc;
  const auto columns = test::hostile_columns(n_inputs, 1);
  for (Index j = 0; j < n_latents; j += 2) w_enc.col(j) = columns[static_cast<std::size_t>(j) % columns.size()].entries;
  return w_enc;
}

/// The same number, or both NaN.
Index differ(float a, float b) { return a == b || (a != a && b != b) ? 0 : 1; }

/// How many numbers of latent j in its panel are not those of its own column.
template <class Code>
Index wrong_of_latent(const typename ScreenedLatents<Code>::Panel& panel, Index n_words, Index j,
                      const Vector<float>& column, float bias) {
  std::vector<std::uint32_t> words(static_cast<std::size_t>(n_words) + 1);
  const CodedColumn coded = Code::encode(column.data(), column.size(), words.data());
  Index wrong = differ(panel.scale[j], coded.scale) + differ(panel.size[j], coded.norm + coded.error) +
                differ(panel.error[j], coded.error) + differ(panel.bias[j], bias);
  wrong += panel.first_sums[j] != Code::first_sum(coded);
  for (Index word = 0; word < n_words; ++word)
    wrong += panel.words[word * per_panel + j] != words[static_cast<std::size_t>(word)];
  return wrong;
}

template <class Code>
Index wrong_of_nobody(const typename ScreenedLatents<Code>::Panel& panel, Index n_words, Index j) {
  Index wrong = (panel.scale[j] != 0) + (panel.size[j] != 0) + (panel.error[j] != 0) + (panel.bias[j] != 0) +
                (panel.first_sums[j] != 0);
  for (Index word = 0; word < n_words; ++word) wrong += panel.words[word * per_panel + j] != 0;
  return wrong;
}

template <class Code>
Index wrong_entries(const ScreenedLatents<Code>& latents, const Matrix<float>& w_enc, const Vector<float>& b_enc) {
  Index wrong = latents.n_words() != divide_up(w_enc.rows(), Code::inputs_per_word);
  wrong += latents.n_panels() != divide_up(w_enc.cols(), per_panel);
  for (Index p = 0; p < latents.n_panels(); ++p) {
    const auto panel = latents.panel(p);
    for (Index j = 0; j < per_panel; ++j) {
      const Index latent = p * per_panel + j;
      wrong += latent < w_enc.cols()
                   ? wrong_of_latent<Code>(panel, latents.n_words(), j, w_enc.col(latent), b_enc(latent))
                   : wrong_of_nobody<Code>(panel, latents.n_words(), j);
    }
  }
  return wrong;
}

}  // namespace

TEMPLATE_TEST_CASE("panels hold the codes of their latents word by word, and zeros", "", Int8Code, Bf16Code) {
  ScreenedLatents<TestType> latents;  // one for all sizes: nothing of a larger encoder stays behind
  for (const Index n_latents : {10 * per_panel + 7, Index{1}, per_panel - 1, per_panel, per_panel + 1, Index{0}})
    for (const Index n_inputs : {70, 0, 1, 3, 4, 5, 31, 32, 33, 64, 128}) {
      const Matrix<float> w_enc = hostile_encoder(n_inputs, n_latents);
      const Vector<float> b_enc = random_vector<float>(n_latents, 2);
      for (const int threads : {1, 3}) {
        latents.build(w_enc, b_enc, Threads(threads));
        CAPTURE(n_latents, n_inputs, threads);
        CHECK(wrong_entries(latents, w_enc, b_enc) == 0);
      }
    }
}

TEST_CASE("words that another code leaves behind are memory and nothing else") {
  const Matrix<float> w_enc = hostile_encoder(70, 3 * per_panel + 1);
  const Vector<float> b_enc = random_vector<float>(w_enc.cols(), 2);
  ScreenedLatents<Bf16Code> bf16;
  bf16.build(w_enc, b_enc, Threads(1));
  const std::uint32_t* const memory = bf16.panel(0).words;
  ScreenedLatents<Int8Code> int8;
  int8.take_memory(bf16);
  int8.build(w_enc, b_enc, Threads(1));
  CHECK(int8.panel(0).words == memory);
  CHECK(wrong_entries(int8, w_enc, b_enc) == 0);
  bf16.take_memory(int8);
  bf16.build(w_enc, b_enc, Threads(1));
  CHECK(bf16.panel(0).words == memory);
  CHECK(wrong_entries(bf16, w_enc, b_enc) == 0);
}

}  // namespace screened_latents_test

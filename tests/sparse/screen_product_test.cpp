// SPDX-License-Identifier: MIT
#include <parsae/sparse/bf16_code.hpp>
#include <parsae/sparse/int8_code.hpp>
#include <parsae/sparse/screen_product.hpp>

#include <sparse/hostile_cases.hpp>
#include <sparse/hostile_columns.hpp>
#include <support/catch.hpp>

#include <limits>

namespace screen_product_test {

using namespace parsae;
using test::NamedCase;
using test::random_matrix;
using test::random_vector;
using test::WalkCase;

namespace {

/// Bounds of all entries of the matrix of pre-activations, n_latents x batch.
struct Bounds {
  Matrix<float> upper;
  Matrix<float> lower;
};

template <class Code>
Bounds bounds_of(const WalkCase<float>& input) {
  using Product = ScreenProduct<Code>;
  const float nobodys = std::numeric_limits<float>::quiet_NaN();
  const Index n_inputs = input.inputs.rows();
  ScreenedLatents<Code> latents;
  latents.build(input.w_enc, input.b_enc, Threads(1));
  const Index n_words = latents.n_words();
  Buffer<std::uint32_t> scratch(n_words);
  Buffer<std::uint32_t> words(n_words * Product::samples);
  Buffer<SampleBound> bounds(Product::samples);
  Matrix<float> upper = Matrix<float>::Constant(Product::latents, Product::samples, nobodys);
  Matrix<float> lower = upper;
  Bounds all{Matrix<float>(input.n_latents(), input.batch()), Matrix<float>(input.n_latents(), input.batch())};
  for (Index at = 0; at < input.batch(); at += Product::samples) {
    const Index n_samples = std::min(Product::samples, input.batch() - at);
    Product::pack_samples(input.inputs.data() + at * n_inputs, n_inputs, n_samples, n_inputs, scratch.data(),
                          words.data(), bounds.data());
    for (Index panel = 0; panel < latents.n_panels(); ++panel) {
      const Index first = panel * Product::latents;
      const Index count = std::min(Product::latents, input.n_latents() - first);
      Product::multiply(words.data(), bounds.data(), latents.panel(panel), n_words, underflow_bound(n_inputs),
                        upper.data(), lower.data());
      all.upper.block(first, at, count, n_samples) = upper.topLeftCorner(count, n_samples);
      all.lower.block(first, at, count, n_samples) = lower.topLeftCorner(count, n_samples);
    }
  }
  return all;
}

/// Entries with pre-activation outside of their bounds. NaN as a bound excludes nothing; no finite bound may be given
/// for a NaN.
Index violations(const Bounds& bounds, const Matrix<float>& pre_acts) {
  Index count = 0;
  for (Index e = 0; e < pre_acts.size(); ++e) {
    const float exact = pre_acts.data()[e];
    const float upper = bounds.upper.data()[e];
    const float lower = bounds.lower.data()[e];
    count += exact > upper || exact < lower;
    count += exact != exact && (std::isfinite(upper) || std::isfinite(lower));
  }
  return count;
}

/// Half the distance of the bounds over |x| |w|, the largest of all entries.
double widest(const Bounds& bounds, const WalkCase<float>& input) {
  double width = 0;
  for (Index i = 0; i < input.batch(); ++i)
    for (Index j = 0; j < input.n_latents(); ++j) {
      const double scale = input.inputs.col(i).cast<double>().norm() * input.w_enc.col(j).cast<double>().norm();
      width = std::max(width, (static_cast<double>(bounds.upper(j, i)) - bounds.lower(j, i)) / 2 / scale);
    }
  return width;
}

template <class Code>
constexpr bool is_int8 = std::is_same_v<Code, Int8Code>;

/// One sample and one latent, repeated to whole tiles.
WalkCase<float> one_entry(const Vector<float>& sample, const Vector<float>& latent) {
  return {sample.replicate(1, 2), latent.replicate(1, 2), Vector<float>::Zero(2)};
}

}  // namespace

TEMPLATE_TEST_CASE("a pre-activation lies between its bounds, whatever the tails", "", Int8Code, Bf16Code) {
  constexpr Index panel = ScreenProduct<TestType>::latents;
  constexpr Index tile = ScreenProduct<TestType>::samples;
  for (Index n_inputs = 0; n_inputs <= 70; ++n_inputs)
    for (const Index n_latents : {Index{1}, panel - 1, panel + 3}) {
      const Index batch = 1 + (n_inputs + n_latents) % (tile + 2);
      const auto input = WalkCase<float>::random(n_inputs, n_latents, batch);
      CAPTURE(n_inputs, n_latents, batch);
      CHECK(violations(bounds_of<TestType>(input), input.pre_acts()) == 0);
    }
}

TEMPLATE_TEST_CASE("bounds of hostile numbers hold", "", Int8Code, Bf16Code) {
  for (const Index n_inputs : {2, 37, 300})
    for (const NamedCase<float>& hostile : test::hostile_cases<float>(n_inputs, 40, 15)) {
      CAPTURE(n_inputs, hostile.name);
      CHECK(violations(bounds_of<TestType>(hostile.input), hostile.input.pre_acts()) == 0);
    }
}

TEMPLATE_TEST_CASE("bounds hold for every pair of hostile columns", "", Int8Code, Bf16Code) {
  for (const Index n_inputs : {1, 5, 64, 129}) {
    const auto samples = test::hostile_columns(n_inputs, 1);
    const auto latents = test::hostile_columns(n_inputs, 2);
    WalkCase<float> input;
    input.inputs.resize(n_inputs, static_cast<Index>(samples.size()));
    input.w_enc.resize(n_inputs, static_cast<Index>(latents.size()));
    for (std::size_t i = 0; i < samples.size(); ++i) {
      input.inputs.col(static_cast<Index>(i)) = samples[i].entries;
      input.w_enc.col(static_cast<Index>(i)) = latents[i].entries;
    }
    for (const float bias : {0.0F, 1.0F, -1e7F, 3e38F}) {
      input.b_enc = Vector<float>::Constant(input.n_latents(), bias);
      const Matrix<float> pre_acts = input.pre_acts();
      const Bounds bounds = bounds_of<TestType>(input);
      CAPTURE(n_inputs, bias);
      for (Index i = 0; i < pre_acts.cols(); ++i)
        for (Index j = 0; j < pre_acts.rows(); ++j) {
          if (!(pre_acts(j, i) > bounds.upper(j, i)) && !(pre_acts(j, i) < bounds.lower(j, i))) continue;
          CAPTURE(samples[static_cast<std::size_t>(i)].name, latents[static_cast<std::size_t>(j)].name);
          CAPTURE(bounds.lower(j, i), pre_acts(j, i), bounds.upper(j, i));
          CHECK(false);
        }
      CHECK(violations(bounds, pre_acts) == 0);
    }
  }
}

TEMPLATE_TEST_CASE("bounds are narrow enough to be of use", "", Int8Code, Bf16Code) {
  // The mean over entries of a normal column: 0.29 / 42 of int8, 0.0016 of bf16, from sample and latent alike.
  const double limit = is_int8<TestType> ? 0.02 : 0.0045;
  for (const float scale : {1.0F, 1e-9F, 1e9F}) {
    auto input = WalkCase<float>::random(256, 60, 30);
    input.inputs *= scale;
    input.b_enc *= scale;
    CAPTURE(scale);
    CHECK(widest(bounds_of<TestType>(input), input) < limit);
  }
  auto zeros = WalkCase<float>::random(256, 60, 30);
  zeros.inputs.setZero();
  const Bounds bounds = bounds_of<TestType>(zeros);
  CHECK((bounds.upper.colwise() - zeros.b_enc).cwiseAbs().maxCoeff() < 1e-12F);
  CHECK((bounds.lower.colwise() - zeros.b_enc).cwiseAbs().maxCoeff() < 1e-12F);
}

TEMPLATE_TEST_CASE("bounds hold where all errors of the codes have one sign, and that all but reaches them", "",
                   Int8Code, Bf16Code) {
  // Every entry is rounded down by nearly half a unit: of 1/127 of the largest, or of its own last bit.
  for (const Index n_inputs : {3, 64, 301, 768}) {
    Vector<float> column = Vector<float>::Constant(n_inputs, is_int8<TestType> ? 100.49F : 1 + 0x1p-8F * 0.99F);
    if (is_int8<TestType>) column(0) = 127;
    for (const float sign : {1.0F, -1.0F})
      for (const float scale : {1.0F, 1e-8F}) {
        const auto input = one_entry(sign * scale * column, column);
        const Bounds bounds = bounds_of<TestType>(input);
        const double exact = input.pre_acts()(0, 0);
        const double upper = bounds.upper(0, 0);
        const double lower = bounds.lower(0, 0);
        const double off = std::abs(exact - (upper + lower) / 2) / ((upper - lower) / 2);
        CAPTURE(n_inputs, sign, scale, lower, exact, upper);
        CHECK(violations(bounds, input.pre_acts()) == 0);
        CHECK(off > (n_inputs == 3 ? 0.6 : 0.95));
      }
  }
}

TEMPLATE_TEST_CASE("bounds hold where the error is that of one side alone", "", Int8Code, Bf16Code) {
  const Index n_inputs = 200;
  Vector<float> rounded = Vector<float>::Constant(n_inputs, is_int8<TestType> ? 100.49F : 1 + 0x1p-8F * 0.99F);
  Vector<float> exact = Vector<float>::Constant(n_inputs, 127);
  if (is_int8<TestType>) rounded(0) = 127;
  for (const auto& input : {one_entry(rounded, exact), one_entry(exact, rounded)}) {
    const Bounds bounds = bounds_of<TestType>(input);
    const double middle = (static_cast<double>(bounds.upper(0, 0)) + bounds.lower(0, 0)) / 2;
    CHECK(violations(bounds, input.pre_acts()) == 0);
    CHECK(input.pre_acts()(0, 0) - middle > 0.9 * (bounds.upper(0, 0) - middle));
  }
}

TEMPLATE_TEST_CASE("bounds cover what the long chain of the exact product loses", "", Int8Code, Bf16Code) {
  // Both codes are exact. The products end in ...011111, of which the chain keeps nothing once it is long: each step
  // rounds down by half of its last bit.
  const Index n_inputs = TestType::most_inputs;
  const Vector<float> sample = Vector<float>::Constant(n_inputs, 127);
  Vector<float> latent = Vector<float>::Constant(n_inputs, 97);
  latent(n_inputs - 1) = 127;
  const auto input = one_entry(sample, latent);
  const Matrix<float> pre_acts = input.pre_acts();
  REQUIRE(std::abs(pre_acts(0, 0) / sample.cast<double>().dot(latent.cast<double>()) - 1) > 1e-4);
  const Bounds bounds = bounds_of<TestType>(input);
  CHECK(violations(bounds, pre_acts) == 0);
  CHECK(widest(bounds, input) < 0.02);
  const auto negative = one_entry(-sample, latent);
  CHECK(violations(bounds_of<TestType>(negative), negative.pre_acts()) == 0);
}

TEMPLATE_TEST_CASE("one sample alone has the bounds that it has in a tile, bit for bit", "", Int8Code, Bf16Code) {
  using Product = ScreenProduct<TestType>;
  for (const Index n_inputs : {0, 1, 30, 64, 67}) {
    auto input = WalkCase<float>::random(n_inputs, 2 * Product::latents - 3, 1);
    if (n_inputs == 30) input.inputs.setConstant(std::numeric_limits<float>::quiet_NaN());
    ScreenedLatents<TestType> latents;
    latents.build(input.w_enc, input.b_enc, Threads(1));
    Buffer<std::uint32_t> scratch(latents.n_words());
    Buffer<std::uint32_t> words(latents.n_words() * Product::samples);
    Buffer<SampleBound> bounds(Product::samples);
    Product::pack_samples(input.inputs.data(), n_inputs, 1, n_inputs, scratch.data(), words.data(), bounds.data());
    for (Index word = 0; word < latents.n_words(); ++word) scratch[word] = words[word * Product::samples];
    Matrix<float> tile[2] = {Matrix<float>(Product::latents, Product::samples),
                             Matrix<float>(Product::latents, Product::samples)};
    Matrix<float> alone[2] = {Matrix<float>(Product::latents, 1), Matrix<float>(Product::latents, 1)};
    for (Index panel = 0; panel < latents.n_panels(); ++panel) {
      const float underflow = underflow_bound(n_inputs);
      Product::multiply(words.data(), bounds.data(), latents.panel(panel), latents.n_words(), underflow, tile[0].data(),
                        tile[1].data());
      Product::multiply_one(scratch.data(), bounds[0], latents.panel(panel), latents.n_words(), underflow,
                            alone[0].data(), alone[1].data());
      CAPTURE(n_inputs, panel);
      for (int side = 0; side < 2; ++side)
        for (Index j = 0; j < Product::latents; ++j)
          CHECK((alone[side](j, 0) == tile[side](j, 0) ||
                 (std::isnan(alone[side](j, 0)) && std::isnan(tile[side](j, 0)))));
    }
  }
}

TEMPLATE_TEST_CASE("samples that a tile misses have bounds of zero", "", Int8Code, Bf16Code) {
  using Product = ScreenProduct<TestType>;
  constexpr Index n_inputs = 21;
  constexpr Index stride = 24;
  const Index n_words = divide_up(n_inputs, TestType::inputs_per_word);
  const Matrix<float> samples = random_matrix<float>(stride, Product::samples, 1);
  for (Index count = 0; count <= Product::samples; ++count) {
    std::vector<std::uint32_t> scratch(static_cast<std::size_t>(n_words));
    std::vector<std::uint32_t> words(static_cast<std::size_t>(n_words * Product::samples), 0x12345678U);
    std::vector<SampleBound> bounds(static_cast<std::size_t>(Product::samples), SampleBound{9, 9, 9});
    Product::pack_samples(samples.data(), stride, count, n_inputs, scratch.data(), words.data(), bounds.data());
    Index wrong = 0;
    for (Index i = 0; i < Product::samples; ++i) {
      std::vector<std::uint32_t> expected(static_cast<std::size_t>(n_words), 0U);
      SampleBound bound;
      if (i < count)
        bound = bound_of(TestType::encode(samples.col(i).data(), n_inputs, expected.data()), TestType::gamma(n_inputs));
      const SampleBound& got = bounds[static_cast<std::size_t>(i)];
      wrong += got.scale != bound.scale || got.slope != bound.slope || got.norm != bound.norm;
      for (Index word = 0; word < n_words; ++word)
        wrong += words[static_cast<std::size_t>(word * Product::samples + i)] !=
                 (expected[static_cast<std::size_t>(word)] ^ TestType::sample_offset);
    }
    CAPTURE(count);
    CHECK(wrong == 0);
  }
}

}  // namespace screen_product_test

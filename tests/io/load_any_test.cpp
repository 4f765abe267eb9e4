// SPDX-License-Identifier: MIT
#include <parsae/io/load_any.hpp>

#include <io/damaged_file.hpp>
#include <support/random_model.hpp>
#include <support/temporary_folder.hpp>

namespace load_any_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;

namespace {

template <class Rule, class Act>
void check_loads(const Autoencoder<Act>& model) {
  const test::TemporaryFolder folder;
  save(model, folder / "model");
  CHECK(summarize_model_file(folder / "model").activation == Act::name);
  const AnyAutoencoder any = load_any(folder / "model");
  REQUIRE(std::holds_alternative<Autoencoder<Rule>>(any));
  const Matrix<float> samples = test::random_matrix<float>(6, 30, 9);
  CHECK(std::get<Autoencoder<Rule>>(any).encode(samples).values == model.encode(samples).values);
}

}  // namespace

TEST_CASE("a model of every activation is read by the name that its file has") {
  check_loads<ReLU<float>>(test::random_model(ReLU<float>(), 6, 20));
  check_loads<TopK<float>>(test::random_model(TopK<float>({.k = 3}), 6, 20));
  check_loads<Threshold<float>>(test::random_model(Threshold<float>(Vector<float>::Constant(1, 0.5f)), 6, 20));
  check_loads<Threshold<float>>(test::random_model(JumpReLU<float>({.initial_threshold = 0.4}), 6, 20));
  check_loads<GatedInference<float>>(test::random_model(GatedInference<float>(), 6, 20));
  check_loads<GatedInference<float>>(test::random_model(Gated<float>(), 6, 20));
  Autoencoder mutual = test::random_model(MutualChoice<float>({.k = 3}), 6, 20);
  mutual.activation.set_thresholds(Vector<float>::Constant(1, 0.7f));
  check_loads<Threshold<float>>(mutual);
  Autoencoder feature = test::random_model(FeatureChoice<float>({.k = 3}), 6, 20);
  feature.activation.set_thresholds(test::random_vector<float>(20, 5).cwiseAbs());
  check_loads<Threshold<float>>(feature);
  Autoencoder tree = test::random_model(TreeGated<float>({.k = 3}), 6, 20);
  Buffer<LatentId> parents(20, 7);
  tree.activation.set_parents(parents.slice());
  check_loads<TreeGated<float>>(tree);
}

TEST_CASE("what cannot be loaded is refused by name") {
  const test::TemporaryFolder folder;
  const auto path = folder / "model";
  const auto reason = [&] { return test::refusal(path, [&] { static_cast<void>(load_any(path)); }).reason(); };
  save(test::random_model(MutualChoice<float>({.k = 3}), 6, 20), path);
  CHECK_THAT(reason(), ContainsSubstring("expected a model that has seen a training batch"));
  save(test::random_model(TopK<double>({.k = 3}), 6, 20), path);
  CHECK_THAT(reason(), ContainsSubstring("expected \"float32\", got \"float64\""));
  SafetensorsWriter writer;
  writer.write(path);
  CHECK_THAT(reason(), ContainsSubstring("not a parsae model"));
  writer.set_metadata("config", R"({"format":"parsae model","version":1,"scalar":"float32","n_inputs":1,"n_latents":1,)"
                                R"("n_outputs":1,"activation":"swish"})");
  writer.write(path);
  CHECK(reason() == "config: unknown activation \"swish\"");
}

}  // namespace load_any_test

// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/activations/relu.hpp>
#include <parsae/activations/threshold.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/allocators/top_k.hpp>
#include <parsae/allocators/tree_gated.hpp>
#include <parsae/io/model_file.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <io/safetensors_fixture.hpp>
#include <support/allocation_watch.hpp>
#include <support/random_matrix.hpp>
#include <support/reference_codes.hpp>
#include <support/temporary_folder.hpp>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace model_file_test {

using namespace parsae;

namespace {

constexpr Index n_inputs = 4;
constexpr Index n_latents = 6;

template <class Act>
Autoencoder<Act> random_model(const Act& rule, typename Autoencoder<Act>::Settings settings = {}) {
  using Scalar = typename Act::Scalar;
  settings.n_inputs = n_inputs;
  settings.n_latents = n_latents;
  Autoencoder<Act> model(settings, rule);
  model.encoder.w_enc = test::random_matrix<Scalar>(n_inputs, n_latents, 1);
  model.encoder.b_enc = test::random_vector<Scalar>(n_latents, 2);
  model.decoder.w_dec = test::random_matrix<Scalar>(model.n_outputs(), n_latents, 3);
  model.decoder.b_dec = test::random_vector<Scalar>(model.n_outputs(), 4);
  model.input_scale = Scalar(0.3);
  model.output_scale = Scalar(1) / 3;
  return model;
}

/// Every array of a model, its name and then its bytes.
template <class Model>
std::vector<std::string> arrays_of(Model& model) {
  std::vector<std::string> arrays;
  model.visit_arrays([&](const auto& array) {
    arrays.emplace_back(array.name);
    for (const auto value : array.values) arrays.back() += test::bytes_of(value);
  });
  return arrays;
}

template <class Model>
void check_round_trip(Model model) {
  using Scalar = typename Model::ActivationType::Scalar;
  const test::TemporaryFolder folder;
  save(model, folder / "model");
  Model loaded = load<Model>(folder / "model");
  CHECK((arrays_of(loaded) == arrays_of(model)));  // in parentheses: bytes, nothing to print
  CHECK(loaded.input_scale == model.input_scale);
  CHECK(loaded.output_scale == model.output_scale);
  CHECK(loaded.decoder.norm == model.decoder.norm);
  CHECK(loaded.encoder.centering == model.encoder.centering);
  const Matrix<Scalar> samples = test::random_matrix<Scalar>(n_inputs, 40, 5);
  const SparseCode<Scalar> code = model.encode(samples);
  CHECK(code.stored() > 0);
  CHECK(test::first_difference(loaded.encode(samples), code).empty());
  CHECK(loaded.decode(code) == model.decode(code));
  save(loaded, folder / "again");
  CHECK((test::content_of(folder / "again") == test::content_of(folder / "model")));
}

template <class Scalar>
Autoencoder<MutualChoice<Scalar>> trained_mutual_choice() {
  auto model = random_model(MutualChoice<Scalar>({.k = 1.7, .threshold_decay = 0.9}));
  SparseCode<Scalar> code;
  code.latents.push_back(2);
  code.values.push_back(Scalar(0.123));
  code.pre_acts.push_back(Scalar(0.123));
  code.offsets.push_back(1);
  for (int step = 0; step < 3; ++step) model.activation.observe(code);
  return model;
}

/// Frozen in the second of three steps.
template <class Scalar>
Autoencoder<FeatureChoice<Scalar>> trained_feature_choice() {
  auto model = random_model(FeatureChoice<Scalar>({.k = 1.7,
                                                   .budgets = Budgets::Zipf,
                                                   .mutual_choice_batches = 2,
                                                   .density_decay = 0.9,
                                                   .zipf_shift = 0.3,
                                                   .threshold_decay = 0.8}));
  for (std::uint64_t step = 0; step < 3; ++step) {
    const Matrix<Scalar> inputs = test::random_matrix<Scalar>(n_inputs, 30, 60 + step);
    const auto rule = model.activation.select(30, n_latents);
    SparseCode<Scalar> code;
    Walk<Scalar, std::remove_cvref_t<decltype(rule)>>().run(inputs, model.encoder.w_enc, model.encoder.b_enc,
                                                            Threads(1), rule, code);
    model.activation.observe(code);
  }
  return model;
}

/// A chain, a branch of it, and two roots; in no order.
template <class Scalar>
Autoencoder<TreeGated<Scalar>> tree_gated_model() {
  auto model = random_model(TreeGated<Scalar>({.k = 3}));
  const LatentId parents[] = {4, -1, 0, 3, -1, 4};
  model.activation.set_parents({parents, n_latents});
  return model;
}

using TopKModel = Autoencoder<TopK<float>>;
using JumpModel = Autoencoder<JumpReLU<float>>;

/// A saved model whose header went through `edit(header)`; the data stays.
template <class Model>
std::filesystem::path edited(const test::TemporaryFolder& folder, const Model& model,
                             const std::function<void(nlohmann::json&)>& edit) {
  save(model, folder / "model");
  const std::string content = test::content_of(folder / "model");
  std::uint64_t length = 0;
  std::copy_n(content.data(), sizeof length, reinterpret_cast<char*>(&length));
  nlohmann::json header = nlohmann::json::parse(content.substr(8, length));
  edit(header);
  return test::make_file(folder / "edited", test::safetensors(header.dump(), content.substr(8 + length)));
}

/// The same, with the config inside the header as an object.
template <class Model>
std::filesystem::path with_config(const test::TemporaryFolder& folder, const Model& model,
                                  const std::function<void(nlohmann::json&)>& edit) {
  return edited(folder, model, [&](nlohmann::json& header) {
    nlohmann::json config = nlohmann::json::parse(header["__metadata__"]["config"].get<std::string>());
    edit(config);
    header["__metadata__"]["config"] = config.dump();
  });
}

template <class Model>
std::string reason_of(const std::filesystem::path& path) {
  return test::refusal(path, [&] { static_cast<void>(load<Model>(path)); }).reason();
}

/// Why a TopK model is refused whose config went through `edit`.
std::string config_refusal(const std::function<void(nlohmann::json&)>& edit) {
  const test::TemporaryFolder folder;
  return reason_of<TopKModel>(with_config(folder, random_model(TopK<float>({.k = 3})), edit));
}

}  // namespace

TEMPLATE_TEST_CASE("every activation comes back with the same bits and gives the same codes", "", float, double) {
  using Scalar = TestType;
  check_round_trip(random_model(ReLU<Scalar>()));
  check_round_trip(random_model(TopK<Scalar>({.k = 3})));
  check_round_trip(trained_mutual_choice<Scalar>());
  check_round_trip(trained_feature_choice<Scalar>());
  check_round_trip(tree_gated_model<Scalar>());
  check_round_trip(random_model(TreeGated<Scalar>({.k = 3})));
  auto jump = random_model(JumpReLU<Scalar>({.initial_threshold = 0.1, .bandwidth = 1.0 / 3}));
  jump.activation.threshold() = test::random_vector<Scalar>(n_latents, 6).cwiseAbs();
  check_round_trip(jump);
  auto relative = random_model(JumpReLU<Scalar>({.initial_threshold = 0.1, .relative_bandwidth = 0.3}));
  relative.activation.observe_pre_acts(test::random_matrix<Scalar>(n_latents, 12, 8));
  relative.activation.observe(SparseCode<Scalar>());
  check_round_trip(relative);
  check_round_trip(random_model(Threshold<Scalar>(test::random_vector<Scalar>(n_latents, 7).cwiseAbs())));
  auto gated = random_model(Gated<Scalar>());
  gated.activation.log_scale() = test::random_vector<Scalar>(n_latents, 8);
  gated.activation.shift() = test::random_vector<Scalar>(n_latents, 9);
  check_round_trip(gated);
  check_round_trip(random_model(gated.activation.inference()));
}

TEST_CASE("settings other than the default come back") {
  const auto saved_and_loaded = [](const auto& model) {
    const test::TemporaryFolder folder;
    save(model, folder / "model");
    return load<std::remove_cvref_t<decltype(model)>>(folder / "model");
  };
  const auto mutual_choice = saved_and_loaded(trained_mutual_choice<float>());
  CHECK(mutual_choice.activation.settings().k == 1.7);
  CHECK(mutual_choice.activation.settings().threshold_decay == 0.9);
  CHECK(mutual_choice.activation.inference().threshold() ==
        trained_mutual_choice<float>().activation.inference().threshold());
  const auto jump = saved_and_loaded(random_model(JumpReLU<double>({.initial_threshold = 0.1, .bandwidth = 1.0 / 3})));
  CHECK(jump.activation.settings().initial_threshold == 0.1);
  CHECK(jump.activation.settings().bandwidth == 1.0 / 3);
  auto measured = random_model(
      JumpReLU<float>({.relative_bandwidth = 0.3, .deviation_decay = 0.5, .narrowed_to = 0.5, .narrowing_batches = 3}));
  measured.activation.observe(SparseCode<float>());
  measured.activation.observe_pre_acts(test::random_matrix<float>(n_latents, 12, 8));
  REQUIRE(measured.activation.deviation() > 0);
  const auto relative = saved_and_loaded(measured);
  CHECK(relative.activation.settings().relative_bandwidth == 0.3);
  CHECK(relative.activation.settings().deviation_decay == 0.5);
  CHECK(relative.activation.settings().narrowed_to == 0.5);
  CHECK(relative.activation.settings().narrowing_batches == 3);
  CHECK(relative.activation.narrowing() == measured.activation.narrowing());
  CHECK(relative.activation.deviation() == measured.activation.deviation());
  CHECK(relative.activation.bandwidth() == measured.activation.bandwidth());
  CHECK(saved_and_loaded(random_model(TopK<float>({.k = 5}))).activation.settings().k == 5);
  check_round_trip(random_model(TopK<double>({.k = 3}),
                                {.n_outputs = 3, .decoder_norm = DecoderNorm::Free, .centering = Centering::None}));
  check_round_trip(random_model(ReLU<float>(), {.n_outputs = 1, .centering = Centering::None}));
}

TEST_CASE("Feature Choice comes back with its schedule, and a word that it does not know is refused") {
  const test::TemporaryFolder folder;
  const auto model = trained_feature_choice<float>();
  save(model, folder / "model");
  using Model = Autoencoder<FeatureChoice<float>>;
  const auto loaded = load<Model>(folder / "model");
  CHECK(loaded.activation.settings().budgets == Budgets::Zipf);
  CHECK(loaded.activation.settings().mutual_choice_batches == 2);
  CHECK(loaded.activation.settings().zipf_shift == 0.3);
  CHECK(loaded.activation.is_frozen());
  CHECK(loaded.activation.zipf_exponent() == model.activation.zipf_exponent());
  for (Index j = 0; j < n_latents; ++j)
    CHECK(loaded.activation.budgets().granted(j, 30) == model.activation.budgets().granted(j, 30));
  CHECK_THAT(reason_of<Model>(with_config(
                 folder, model, [](nlohmann::json& config) { config["activation_settings"]["budgets"] = "pareto"; })),
             Catch::Matchers::ContainsSubstring("FeatureChoice budgets: expected uniform or zipf, got pareto"));
}

TEST_CASE("a model that has not been trained is saved as well") {
  const test::TemporaryFolder folder;
  save(Autoencoder<MutualChoice<float>>({.n_inputs = 1, .n_latents = 1}, MutualChoice<float>({.k = 1})),
       folder / "model");
  CHECK(load<Autoencoder<MutualChoice<float>>>(folder / "model").n_latents() == 1);
}

TEST_CASE("matrices are stored one latent a row, under the names of the arrays") {
  const test::TemporaryFolder folder;
  const auto model = random_model(JumpReLU<float>());
  save(model, folder / "model");
  const SafetensorsReader file(folder / "model");
  CHECK(file.tensors().size() == 7);  // these, and how far the window has narrowed
  CHECK(file.read_matrix<float>("w_enc") == model.encoder.w_enc);
  CHECK(file.read_vector<float>("b_enc") == model.encoder.b_enc);
  CHECK(file.read_matrix<float>("w_dec") == model.decoder.w_dec);
  CHECK(file.read_vector<float>("b_dec") == model.decoder.b_dec);
  CHECK(file.read_vector<float>("threshold") == model.activation.threshold());
  CHECK(nlohmann::json::parse(file.metadata().at("config")).at("n_latents") == n_latents);
}

TEST_CASE("another activation or scalar is refused; the message has both names") {
  const test::TemporaryFolder folder;
  save(random_model(TopK<float>({.k = 3})), folder / "model");
  CHECK(reason_of<Autoencoder<ReLU<float>>>(folder / "model") ==
        R"(config: "activation": expected "relu", got "top_k")");
  CHECK(reason_of<Autoencoder<JumpReLU<float>>>(folder / "model") ==
        R"(config: "activation": expected "jump_relu", got "top_k")");
  CHECK(reason_of<Autoencoder<TopK<double>>>(folder / "model") ==
        R"(config: "scalar": expected "float64", got "float32")");
}

TEST_CASE("a file that is no model, or none at all, is refused") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_AS(load<TopKModel>(folder / "missing"), FileError);
  const auto path = test::make_file(folder / "other", test::safetensors("{}", ""));
  CHECK(reason_of<TopKModel>(path) == R"(not a parsae model: the metadata has no "config")");
  for (const char* text : {"", "7", "[]", "{", "{\\\"a\\\":1e999}"}) {
    const std::string json = std::string(R"({"__metadata__":{"config":")") + text + "\"}}";
    CHECK(reason_of<TopKModel>(test::make_file(folder / "other", test::safetensors(json, ""))) ==
          "config: expected a JSON object");
  }
}

TEST_CASE("missing and unknown keys, and values of another type, are refused by name") {
  for (const char* key : {"format", "version", "scalar", "activation", "n_inputs", "n_latents", "n_outputs",
                          "decoder_norm", "centering", "input_scale", "output_scale", "activation_settings"}) {
    INFO(key);
    CHECK(config_refusal([&](auto& config) { config.erase(key); }) ==
          std::string("config: \"") + key + "\" is missing");
    const std::string refusal = config_refusal([&](auto& config) { config[key] = true; });
    CHECK(refusal == (std::string(key) == "activation_settings"
                          ? "activation_settings: expected a JSON object"
                          : std::string("config: \"") + key + "\" has the wrong type, got true"));
  }
  CHECK(config_refusal([](auto& config) { config["extra"] = 1; }) == R"(config: unknown key "extra")");
  CHECK(config_refusal([](auto& config) { config["activation_settings"].erase("k"); }) ==
        R"(activation_settings: "k" is missing)");
  CHECK(config_refusal([](auto& config) { config["activation_settings"]["q"] = 1; }) ==
        R"(activation_settings: unknown key "q")");
  CHECK(config_refusal([](auto& config) { config["activation_settings"]["k"] = 2.5; }) ==
        R"(activation_settings: "k" has the wrong type, got 2.5)");
  CHECK(config_refusal([](auto& config) { config["n_inputs"] = "4"; }) ==
        R"(config: "n_inputs" has the wrong type, got "4")");
  CHECK(config_refusal([](auto& config) { config["n_inputs"] = -4; }) ==
        R"(config: "n_inputs" has the wrong type, got -4)");
  CHECK(config_refusal([](auto& config) { config["version"] = 2; }) == "config: expected version 1, got 2");
  CHECK(config_refusal([](auto& config) { config["decoder_norm"] = "big"; }) ==
        R"(config: "decoder_norm": expected "free" or "unit", got "big")");
  CHECK(config_refusal([](auto& config) { config["format"] = "png"; }) ==
        R"(config: "format": expected "parsae model", got "png")");
}

TEST_CASE("values that a model cannot have are refused by name") {
  CHECK(config_refusal([](auto& config) { config["activation_settings"]["k"] = 0; }) ==
        "config: TopK k: expected at least 1, got 0");
  CHECK(config_refusal([](auto& config) { config["activation_settings"]["k"] = n_latents + 1; }) ==
        "config: TopK k: expected a value from 1 to 6, got 7");
  CHECK(config_refusal([](auto& config) { config["input_scale"] = -0.5; }) ==
        "config: input_scale: expected a finite value above 0, got -0.5");
  CHECK(config_refusal([](auto& config) { config["output_scale"] = 0; }) ==
        "config: output_scale: expected a finite value above 0, got 0");
  CHECK(config_refusal([](auto& config) { config["input_scale"] = 1e300; }) ==  // not a float
        "config: input_scale: expected a finite value above 0, got inf");
  const test::TemporaryFolder folder;
  const JumpModel jump = random_model(JumpReLU<float>());
  CHECK(reason_of<JumpModel>(with_config(folder, jump, [](auto& config) {
          config["activation_settings"]["relative_bandwidth"] = 0;
        })) == "config: JumpReLU relative_bandwidth: expected a finite value above 0, got 0");
}

TEST_CASE("weights that are not finite, and negative thresholds, are refused") {
  const test::TemporaryFolder folder;
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    const auto reason = [&](const std::function<float&(JumpModel&)>& entry) {
      // save() refuses such a model, so the number is put into the file.
      constexpr float marker = 1.25e30f;
      JumpModel model = random_model(JumpReLU<float>());
      entry(model) = marker;
      save(model, folder / "model");
      std::string bytes = test::content_of(folder / "model");
      const std::size_t at = bytes.find(std::string(reinterpret_cast<const char*>(&marker), sizeof marker));
      REQUIRE(at != std::string::npos);
      std::memcpy(bytes.data() + at, &bad, sizeof bad);
      test::make_file(folder / "model", bytes);

      entry(model) = bad;
      CHECK_THROWS_AS(save(model, folder / "model"), std::invalid_argument);
      CHECK(test::content_of(folder / "model") == bytes);
      return reason_of<JumpModel>(folder / "model");
    };
    CHECK(reason([](auto& model) -> float& { return model.encoder.w_enc(1, 2); }) ==
          R"(tensor "w_enc" holds NaN or Inf)");
    CHECK(reason([](auto& model) -> float& { return model.encoder.b_enc(5); }) == R"(tensor "b_enc" holds NaN or Inf)");
    CHECK(reason([](auto& model) -> float& { return model.decoder.w_dec(3, 5); }) ==
          R"(tensor "w_dec" holds NaN or Inf)");
    CHECK(reason([](auto& model) -> float& { return model.decoder.b_dec(0); }) == R"(tensor "b_dec" holds NaN or Inf)");
    CHECK(reason([](auto& model) -> float& { return model.activation.threshold()(0); }) ==
          R"(tensor "threshold" holds NaN or Inf)");
  }
  JumpModel model = random_model(JumpReLU<float>());
  model.activation.threshold()(3) = -0.25f;
  save(model, folder / "model");
  CHECK(reason_of<JumpModel>(folder / "model") ==
        "config: JumpReLU threshold: expected a finite value of at least 0, got -0.25");
}

TEST_CASE("trees that are none are refused") {
  const test::TemporaryFolder folder;
  using Model = Autoencoder<TreeGated<float>>;
  const auto reason = [&](float parent) {
    Model model = tree_gated_model<float>();
    model.visit_arrays([&](const ParameterArray<float>& array) {
      if (array.name == "parent") array.values[4] = parent;
    });
    save(model, folder / "model");
    return reason_of<Model>(folder / "model");
  };
  CHECK(reason(2) == "config: TreeGated parents: expected no latent among its own ancestors, got latent 0");
  CHECK(reason(6) == "config: TreeGated parent: expected a value from -1 to 5, got 6");
  CHECK(reason(0.25f) == "config: TreeGated parent: expected a whole number, got 0.25");
  CHECK(reason(-1e30f) == "config: TreeGated parent: expected a value from -1 to 5, got -1e+30");
}

TEST_CASE("tensors that are missing, left over, or of another shape or dtype are refused by name") {
  const test::TemporaryFolder folder;
  const TopKModel model = random_model(TopK<float>({.k = 3}));
  const auto reason = [&](const std::function<void(nlohmann::json&)>& edit) {
    return reason_of<TopKModel>(edited(folder, model, edit));
  };
  const auto rename = [](nlohmann::json& header, const char* from, const char* to) {
    header[to] = header[from];
    header.erase(from);
  };
  for (const char* name : {"w_enc", "b_enc", "w_dec", "b_dec"}) {
    CHECK(reason([&](auto& header) { rename(header, name, "other"); }) ==
          std::string("tensor \"") + name + "\": is missing");
    CHECK(reason([&](auto& header) { header[name]["dtype"] = "I32"; }) ==
          std::string("tensor \"") + name + "\": expected the dtype F32, got \"I32\"");
  }
  CHECK(reason([](auto& header) {
          header["w_enc"]["shape"] = {n_inputs, n_latents};
        }) == R"(tensor "w_enc": expected the shape (6, 4), got (4, 6))");
  CHECK(reason([](auto& header) { header["w_dec"]["shape"] = {n_inputs * n_latents}; }) ==
        R"(tensor "w_dec": expected the shape (6, 4), got (24,))");
  CHECK(reason([](auto& header) {
          header["b_enc"]["shape"] = {3, 2};
        }) == R"(tensor "b_enc": expected the shape (6,), got (3, 2))");
  CHECK(reason([](auto& header) {
          header["spare"] = {{"dtype", "F32"}, {"shape", {0}}, {"data_offsets", {0, 0}}};
        }) == R"(unknown tensor "spare")");
}

TEST_CASE("a config or header that claims a huge model is refused before memory is asked for") {
  const test::TemporaryFolder folder;
  const TopKModel model = random_model(TopK<float>({.k = 3}));
  std::vector<std::filesystem::path> paths;
  const auto claim = [&](std::int64_t inputs, std::int64_t latents, const std::function<void(nlohmann::json&)>& edit) {
    with_config(folder, model, [&](auto& config) {
      config["n_inputs"] = inputs;
      config["n_outputs"] = inputs;
      config["n_latents"] = latents;
    });
    const std::string content = test::content_of(folder / "edited");
    std::uint64_t length = 0;
    std::copy_n(content.data(), sizeof length, reinterpret_cast<char*>(&length));
    nlohmann::json header = nlohmann::json::parse(content.substr(8, length));
    edit(header);
    paths.push_back(test::make_file(folder / ("claim" + std::to_string(paths.size())),
                                    test::safetensors(header.dump(), content.substr(8 + length))));
  };
  for (const std::int64_t n : {std::int64_t{1} << 20, (std::int64_t{1} << 31) - 1, std::int64_t{1} << 53}) {
    claim(n, n_latents, [](auto&) {});
    claim(n_inputs, n, [](auto&) {});
    claim(n, n, [](auto&) {});
  }
  // A tensor of a dtype that the reader does not know may have any shape.
  claim(1 << 13, 1 << 13, [](auto& header) {
    for (const char* name : {"w_enc", "w_dec"}) {
      header[name]["dtype"] = "NEW";
      header[name]["shape"] = {1 << 13, 1 << 13};
    }
  });
  for (const std::filesystem::path& path : paths) {
    INFO(path);
    const test::AllocationWatch watch;
    CHECK_THROWS_AS(load<TopKModel>(path), FileError);
    CHECK(watch.largest_bytes() < 100'000);
  }
}

TEST_CASE("a config that is nested deeply does not exhaust the stack") {
  const test::TemporaryFolder folder;
  constexpr std::size_t depth = 300'000;
  const std::string nested = std::string(depth, '[') + std::string(depth, ']');
  const auto nest = [&](const std::string& before) {
    return edited(folder, random_model(TopK<float>({.k = 3})), [&](nlohmann::json& header) {
      std::string config = header["__metadata__"]["config"].get<std::string>();
      const std::size_t at = config.find(before);
      REQUIRE(at != std::string::npos);
      const std::size_t value = at + before.size();
      config.replace(value, 1, nested);
      header["__metadata__"]["config"] = config;
    });
  };
  CHECK(reason_of<TopKModel>(nest(R"("version":)")) == R"(config: "version" has the wrong type, got an array)");
  CHECK(reason_of<TopKModel>(nest(R"("k":)")) == R"(activation_settings: "k" has the wrong type, got an array)");
}

TEST_CASE("a model file cut anywhere is refused, and no damaged byte does more than change the model") {
  const test::TemporaryFolder folder;
  JumpModel model({.n_inputs = 2, .n_latents = 2}, JumpReLU<float>());
  save(model, folder / "model");
  const std::string content = test::content_of(folder / "model");
  const auto use = [](const std::filesystem::path& path) {
    const JumpModel loaded = load<JumpModel>(path);
    static_cast<void>(loaded.encode(Matrix<float>::Ones(2, 3), Threads(1)));
  };
  test::check_every_truncation(folder / "damaged", content, use);
  const std::size_t n_refused = test::check_every_corruption(folder / "damaged", content, use);
  std::size_t data_size = 0;
  model.visit_arrays(
      [&](const auto& array) { data_size += static_cast<std::size_t>(array.values.size()) * sizeof(float); });
  CHECK(n_refused > 7 * (content.size() - data_size));  // nearly all of the header
  test::make_file(folder / "damaged", content + '\0');
  CHECK_THROWS_AS(use(folder / "damaged"), FileError);
}

TEST_CASE("an old model survives a save that fails") {
  const test::TemporaryFolder folder;
  const TopKModel old = random_model(TopK<float>({.k = 3}));
  save(old, folder / "model");
  const std::string content = test::content_of(folder / "model");
  CHECK(test::holds_in_child([&] {
    rlimit limit{64, 64};  // bytes a file may have
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0 || std::signal(SIGXFSZ, SIG_IGN) == SIG_ERR) return false;
    try {
      save(random_model(TopK<float>({.k = 2})), folder / "model");
    } catch (const FileError&) {
      return true;
    }
    return false;
  }));
  CHECK((test::content_of(folder / "model") == content));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  CHECK(load<TopKModel>(folder / "model").encoder.w_enc == old.encoder.w_enc);
  CHECK_THROWS_AS(save(old, folder / "no such folder" / "model"), FileError);
  save(random_model(TopK<float>({.k = 2})), folder / "model");
  CHECK(load<TopKModel>(folder / "model").activation.settings().k == 2);
}

}  // namespace model_file_test

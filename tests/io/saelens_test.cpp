// SPDX-License-Identifier: MIT
#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/io/saelens.hpp>

#include <io/child_process.hpp>
#include <io/damaged_file.hpp>
#include <support/random_model.hpp>
#include <support/temporary_folder.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace saelens_test {

using namespace parsae;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

constexpr Index n_inputs = 12;
constexpr Index n_latents = 40;

const Matrix<float>& samples() {
  static const Matrix<float> values = 3 * test::random_matrix<float>(n_inputs, 60, 9);
  return values;
}

/// As training leaves a model: unit decoder columns, biases, and a scale.
template <class Act>
Autoencoder<Act> trained(const Act& rule) {
  Autoencoder<Act> model = test::random_model(rule, n_inputs, n_latents);
  model.decoder.w_dec.colwise().normalize();
  model.encoder.w_enc *= 0.5f;
  model.input_scale = model.output_scale = 0.37f;
  return model;
}

Autoencoder<Gated<float>> trained_gated() {
  Autoencoder model = trained(Gated<float>());
  model.activation.log_scale() = 0.5f * test::random_vector<float>(n_latents, 7);
  model.activation.shift() = 0.5f * test::random_vector<float>(n_latents, 8);
  return model;
}

/// Dense codes, n_latents x n.
Matrix<float> dense(const SparseCode<float>& code, Index n) {
  Matrix<float> values = Matrix<float>::Zero(n, code.n_samples());
  for (Index i = 0; i < code.n_samples(); ++i)
    for (auto e = code.offsets[i]; e < code.offsets[i + 1]; ++e) values(code.latents[e], i) = code.values[e];
  return values;
}

/// The first Python that has NumPy; empty where none does.
const std::string& python() {
  static const std::string found = [] {
    for (const std::string candidate : {"python3", "/usr/bin/python3"})
      if (std::system((candidate + " -c 'import numpy' >/dev/null 2>&1").c_str()) == 0) return candidate;
    return std::string();
  }();
  return found;
}

/// A program that knows the format alone has to come to the same codes and reconstructions.
void check_reference(const fs::path& folder, const Matrix<float>& codes, const Matrix<float>& recon) {
  const char* sources = std::getenv("PARSAE_TEST_SOURCES");
  if (sources == nullptr || python().empty()) {
    WARN(
        "skipped: the comparison with tests/io/saelens_reference.py needs python3 with numpy, and PARSAE_TEST_SOURCES "
        "to name the folder tests/");
    return;
  }
  SafetensorsWriter writer;
  writer.add("inputs", samples());
  writer.add("codes", codes);
  writer.add("recon", recon);
  const fs::path expected = folder.parent_path() / "expected.safetensors";
  writer.write(expected);
  const std::string command =
      python() + " '" + sources + "/io/saelens_reference.py' '" + folder.string() + "' '" + expected.string() + "'";
  CHECK(std::system(command.c_str()) == 0);
}

/// Writes, reads back, and compares: values are in other units, everything else is the same.
template <class Rule, class Act>
void check_round_trip(const Autoencoder<Act>& model) {
  const test::TemporaryFolder folder;
  save_saelens(model, folder / "sl");
  const AnyAutoencoder any = load_saelens(folder / "sl");
  REQUIRE(std::holds_alternative<Autoencoder<Rule>>(any));
  const auto& read = std::get<Autoencoder<Rule>>(any);
  CHECK(read.input_scale == 1);
  CHECK(read.encoder.centering == model.encoder.centering);

  Matrix<float> codes = dense(model.encode(samples()), n_latents);
  const Matrix<float> recon = model.decode(model.encode(samples()));
  const Vector<float> norms = model.decoder.w_dec.colwise().norm().transpose() / model.output_scale;
  if (read.decoder.w_dec.col(0).norm() < 1.001f && read.decoder.w_dec.col(0).norm() > 0.999f)
    codes.array().colwise() *= norms.array();
  const Matrix<float> read_codes = dense(read.encode(samples()), n_latents);
  CHECK((codes.array() > 0).count() > 0);
  CHECK((codes.array() > 0).count() < codes.size());
  CHECK(((read_codes.array() > 0) == (codes.array() > 0)).all());
  CHECK((read_codes - codes).cwiseAbs().maxCoeff() < 1e-5f * codes.maxCoeff());
  const Matrix<float> read_recon = read.decode(read.encode(samples()));
  CHECK((read_recon - recon).cwiseAbs().maxCoeff() < 1e-5f * recon.cwiseAbs().maxCoeff());
  check_reference(folder / "sl", read_codes, recon);

  save_saelens(any, folder / "again");  // folded already
  const SafetensorsReader again(folder / "again" / "sae_weights.safetensors");
  const SafetensorsReader first(folder / "sl" / "sae_weights.safetensors");
  CHECK((again.read_matrix<float>("W_enc") - first.read_matrix<float>("W_enc")).norm() <
        1e-5f * first.read_matrix<float>("W_enc").norm());
}

nlohmann::json config_of(const fs::path& folder) {
  return nlohmann::json::parse(test::content_of(folder / "cfg.json"));
}

/// Changes the configuration of a directory.
template <class Change>
void edit_config(const fs::path& folder, const Change& change) {
  nlohmann::json config = config_of(folder);
  change(config);
  test::make_file(folder / "cfg.json", config.dump());
}

Matrix<float> recon_of(const AnyAutoencoder& any) {
  return std::visit([](const auto& model) { return model.decode(model.encode(samples())); }, any);
}

}  // namespace

TEST_CASE("a directory has the same codes, and the same reconstruction to 1e-5") {
  SECTION("ReLU") { check_round_trip<ReLU<float>>(trained(ReLU<float>())); }
  SECTION("ReLU with a free decoder, not centered") {
    Autoencoder model = trained(ReLU<float>());
    model.decoder.w_dec = 2 * test::random_matrix<float>(n_inputs, n_latents, 3);
    model.decoder.norm = DecoderNorm::Free;
    model.encoder.centering = Centering::None;
    check_round_trip<ReLU<float>>(model);
  }
  SECTION("TopK") { check_round_trip<TopK<float>>(trained(TopK<float>({.k = 5}))); }
  SECTION("TopK with a free decoder, whose norms stay") {
    Autoencoder model = trained(TopK<float>({.k = 5}));
    model.decoder.w_dec = 2 * test::random_matrix<float>(n_inputs, n_latents, 3);
    check_round_trip<TopK<float>>(model);
  }
  SECTION("JumpReLU") {
    Autoencoder model = trained(JumpReLU<float>());
    model.activation.threshold() = test::random_vector<float>(n_latents, 5).cwiseAbs();
    check_round_trip<Threshold<float>>(model);
  }
  SECTION("Mutual Choice") {
    Autoencoder model = trained(MutualChoice<float>({.k = 5}));
    model.activation.set_thresholds(Vector<float>::Constant(1, 0.8f));
    check_round_trip<Threshold<float>>(model);
  }
  SECTION("Feature Choice") {
    Autoencoder model = trained(FeatureChoice<float>({.k = 5}));
    model.activation.set_thresholds(test::random_vector<float>(n_latents, 5).cwiseAbs());
    check_round_trip<Threshold<float>>(model);
  }
  SECTION("Gated") { check_round_trip<GatedInference<float>>(trained_gated()); }
}

TEST_CASE("the files are those of version 6") {
  const test::TemporaryFolder folder;
  const Autoencoder model = trained(TopK<float>({.k = 5}));
  Vector<double> density = Vector<double>::Constant(n_latents, 0.01);
  density(1) = 0;
  save_saelens(model, folder / "a" / "b", {.metadata = {{"model_name", "gpt2"}}, .density = density});
  CHECK(test::content_of(folder / "a" / "b" / "cfg.json") == R"({
  "d_in": 12,
  "d_sae": 40,
  "dtype": "float32",
  "device": "cpu",
  "apply_b_dec_to_input": true,
  "normalize_activations": "none",
  "reshape_activations": "none",
  "metadata": {
    "sae_lens_version": "6.18.0",
    "model_name": "gpt2"
  },
  "architecture": "topk",
  "k": 5,
  "rescale_acts_by_decoder_norm": false
}
)");
  const SafetensorsReader weights(folder / "a" / "b" / "sae_weights.safetensors");
  CHECK(weights.tensors().size() == 4);
  CHECK(weights.info("W_enc").shape[0] == n_inputs);
  CHECK(weights.info("W_dec").shape[0] == n_latents);
  const Vector<float> sparsity =
      SafetensorsReader(folder / "a" / "b" / "sparsity.safetensors").read_vector<float>("sparsity");
  CHECK_THAT(sparsity(0), Catch::Matchers::WithinAbs(-2, 1e-6));
  CHECK(sparsity(1) == -10);
  save_saelens(model, folder / "a" / "b");
  CHECK_FALSE(fs::exists(folder / "a" / "b" / "sparsity.safetensors"));
}

TEST_CASE("factors that training left outside of the weights are folded in") {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "sl";
  save_saelens(trained(TopK<float>({.k = 5})), path);
  const Matrix<float> expected = recon_of(load_saelens(path));

  SECTION("of the inputs") {
    edit_config(path, [](nlohmann::json& config) { config["normalize_activations"] = "expected_average_only_in"; });
    CHECK_THAT(test::refusal(path / "cfg.json", [&] { static_cast<void>(load_saelens(path)); }).reason(),
               ContainsSubstring("activation_scaler.json is missing"));
    for (const char* text : {"{}", R"({"scaling_factor":null})", R"({"scaling_factor":-1})", "x"}) {
      test::make_file(path / "activation_scaler.json", text);
      CHECK(test::refusal(path / "activation_scaler.json", [&] { static_cast<void>(load_saelens(path)); }).reason() ==
            "expected a \"scaling_factor\" above 0");
    }
    test::make_file(path / "activation_scaler.json", R"({"scaling_factor":4})");
    const AnyAutoencoder any = load_saelens(path);
    const auto& scaled = std::get<Autoencoder<TopK<float>>>(any);
    const Matrix<float> quarter = samples() / 4;
    const Matrix<float> recon = scaled.decode(scaled.encode(quarter));
    CHECK((4 * recon - expected).norm() < 1e-5f * expected.norm());
  }
  SECTION("of the values, and decoder norms in the selection") {
    const SafetensorsReader file(path / "sae_weights.safetensors");
    const Matrix<float> w_enc = file.read_matrix<float>("W_enc");
    const Matrix<float> w_dec = file.read_matrix<float>("W_dec");
    const Vector<float> b_enc = file.read_vector<float>("b_enc");
    const Vector<float> b_dec = file.read_vector<float>("b_dec");
    const auto write = [&](const Vector<float>& scales, const Vector<float>& norms, bool has_factors) {
      // Latent j has an encoder and a bias divided by its norm, and a decoder multiplied by it.
      const Matrix<float> encoder = (w_enc.array().colwise() / norms.array()).matrix();
      const Vector<float> bias = (b_enc.array() / norms.array()).matrix();
      const Matrix<float> decoder = (w_dec.array().rowwise() * (norms.array() / scales.array()).transpose()).matrix();
      SafetensorsWriter writer;
      writer.add("W_enc", encoder);
      writer.add("W_dec", decoder);
      writer.add("b_enc", bias);
      writer.add("b_dec", b_dec);
      if (has_factors) writer.add("scaling_factor", scales);
      writer.write(path / "sae_weights.safetensors");
    };
    const Vector<float> factors = test::random_vector<float>(n_latents, 3).cwiseAbs().array() + 0.5f;
    const Vector<float> ones = Vector<float>::Ones(n_latents);
    write(factors, ones, true);
    CHECK((recon_of(load_saelens(path)) - expected).norm() < 1e-5f * expected.norm());
    write(ones, factors, false);
    CHECK((recon_of(load_saelens(path)) - expected).norm() > 1e-3f * expected.norm());
    edit_config(path, [](nlohmann::json& config) { config["rescale_acts_by_decoder_norm"] = true; });
    CHECK((recon_of(load_saelens(path)) - expected).norm() < 1e-5f * expected.norm());
  }
  SECTION("and float64 is read") {
    const SafetensorsReader file(path / "sae_weights.safetensors");
    std::map<std::string, Matrix<double>> tensors;
    SafetensorsWriter writer;
    for (const char* name : {"W_enc", "W_dec"}) tensors[name] = file.read_matrix<float>(name).cast<double>();
    const Vector<double> b_enc = file.read_vector<float>("b_enc").cast<double>();
    const Vector<double> b_dec = file.read_vector<float>("b_dec").cast<double>();
    for (const auto& [name, values] : tensors) writer.add(name, values);
    writer.add("b_enc", b_enc);
    writer.add("b_dec", b_dec);
    writer.write(path / "sae_weights.safetensors");
    CHECK(recon_of(load_saelens(path)) == expected);
  }
}

TEST_CASE("a decoder of zeros times its norm is never selected") {
  const test::TemporaryFolder folder;
  Autoencoder model = trained(TopK<float>({.k = 5}));
  model.decoder.w_dec.col(3).setZero();
  model.encoder.b_enc(3) = 100;  // without the norm, first in every sample
  save_saelens(model, folder / "sl");
  const auto n_selected = [&] {
    const AnyAutoencoder any = load_saelens(folder / "sl");
    const SparseCode<float> code = std::get<Autoencoder<TopK<float>>>(any).encode(samples());
    CHECK(code.active_count() > 0);
    return std::count(code.latents.begin(), code.latents.end(), LatentId{3});
  };
  CHECK(n_selected() == samples().cols());
  edit_config(folder / "sl", [](nlohmann::json& config) { config["rescale_acts_by_decoder_norm"] = true; });
  CHECK(n_selected() == 0);
}

TEST_CASE("weights that do not fit their configuration are refused by name") {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "sl";
  const fs::path file = path / "sae_weights.safetensors";
  save_saelens(trained(ReLU<float>()), path);
  const auto reason = [&] { return test::refusal(file, [&] { static_cast<void>(load_saelens(path)); }).reason(); };
  edit_config(path, [](nlohmann::json& config) { config["d_sae"] = 2'000'000'000; });
  CHECK_THAT(reason(), ContainsSubstring("tensor \"W_enc\": expected the shape (12, 2000000000), got (12, 40)"));
  edit_config(path, [](nlohmann::json& config) { config["d_sae"] = n_latents, config["architecture"] = "jumprelu"; });
  CHECK_THAT(reason(), ContainsSubstring("tensor \"threshold\": is missing"));
  edit_config(path, [](nlohmann::json& config) { config["architecture"] = "gated"; });
  CHECK_THAT(reason(), ContainsSubstring("tensor \"b_gate\": is missing"));

  Autoencoder jump = trained(JumpReLU<float>());
  save_saelens(jump, path);
  edit_config(path, [](nlohmann::json& config) { config["architecture"] = "standard"; });
  CHECK(reason() == "tensor \"threshold\" has no counterpart here");
  edit_config(path, [](nlohmann::json& config) { config["architecture"] = "jumprelu"; });
  CHECK_NOTHROW(load_saelens(path));
  std::string content = test::content_of(file);
  content.replace(content.size() - 4, 4, test::bytes_of(std::numeric_limits<float>::quiet_NaN()));
  test::make_file(file, content);
  CHECK_THAT(reason(), ContainsSubstring("holds NaN, Inf or a number too large for float"));
  test::make_file(file, content.substr(0, content.size() - 1));
  CHECK_THAT(reason(), ContainsSubstring("truncated"));
}

TEST_CASE("a negative threshold is one of zero, behind the ReLU") {
  const test::TemporaryFolder folder;
  save_saelens(trained(JumpReLU<float>({.initial_threshold = 0})), folder / "sl");
  const Matrix<float> expected = recon_of(load_saelens(folder / "sl"));
  const SafetensorsReader file(folder / "sl" / "sae_weights.safetensors");
  const Matrix<float> w_enc = file.read_matrix<float>("W_enc");
  const Matrix<float> w_dec = file.read_matrix<float>("W_dec");
  const Vector<float> b_enc = file.read_vector<float>("b_enc");
  const Vector<float> b_dec = file.read_vector<float>("b_dec");
  const Vector<float> threshold = Vector<float>::Constant(n_latents, -1);
  SafetensorsWriter writer;
  writer.add("W_enc", w_enc);
  writer.add("W_dec", w_dec);
  writer.add("b_enc", b_enc);
  writer.add("b_dec", b_dec);
  writer.add("threshold", threshold);
  writer.write(folder / "sl" / "sae_weights.safetensors");
  CHECK(recon_of(load_saelens(folder / "sl")) == expected);
}

TEST_CASE("an export that fails leaves no configuration of an earlier one beside its weights") {
  const test::TemporaryFolder folder;
  const fs::path path = folder / "sl";
  save_saelens(trained(TopK<float>({.k = 5})), path);
  CHECK(test::holds_in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20'000, 20'000};  // bytes a file may have: enough for the weights
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    try {
      save_saelens(trained(TopK<float>({.k = 6})), path, {.metadata = {{"notes", std::string(30'000, 'x')}}});
    } catch (const FileError& error) {
      return error.path() == path / "cfg.json";
    }
    return false;
  }));
  CHECK(fs::exists(path / "sae_weights.safetensors"));
  CHECK_FALSE(fs::exists(path / "cfg.json"));
}

TEST_CASE("a model that SAELens has no place for is refused") {
  const test::TemporaryFolder folder;
  CHECK_THROWS_WITH(save_saelens(test::random_model(ReLU<float>(), 4, 6, 3), folder / "sl"),
                    "save_saelens n_outputs: expected n_inputs = 4, got 3");
  CHECK_THROWS_WITH(save_saelens(trained(MutualChoice<float>()), folder / "sl"),
                    ContainsSubstring("expected a model that has seen a training batch"));
  Autoencoder broken = trained(ReLU<float>());
  broken.encoder.b_enc(3) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(save_saelens(trained(TreeGated<float>({.k = 2})), folder / "sl"),
                    "save_saelens activation: expected one that SAELens has, got tree_gated");
  CHECK_THROWS_WITH(save_saelens(broken, folder / "sl"), ContainsSubstring("b_enc: expected finite values"));
  CHECK_THROWS_WITH(save_saelens(trained(ReLU<float>()), folder / "sl", {.density = Vector<double>::Ones(3)}),
                    ContainsSubstring("save_saelens density"));
  CHECK_FALSE(fs::exists(folder / "sl"));
}

}  // namespace saelens_test

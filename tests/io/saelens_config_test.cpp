// SPDX-License-Identifier: MIT
#include <parsae/io/saelens_config.hpp>

#include <io/damaged_file.hpp>
#include <support/temporary_folder.hpp>

namespace saelens_config_test {

using namespace parsae;
using Architecture = SaelensConfig::Architecture;
using Normalization = SaelensConfig::Normalization;

namespace {

SaelensConfig parsed(const std::string& text) {
  const test::TemporaryFolder folder;
  return SaelensConfig(test::make_file(folder / "cfg.json", text));
}

std::string refused(const std::string& text) {
  const test::TemporaryFolder folder;
  const auto path = test::make_file(folder / "cfg.json", text);
  return test::refusal(path, [&] { SaelensConfig config(path); }).reason();
}

}  // namespace

TEST_CASE("the nested form of version 6") {
  const SaelensConfig config = parsed(R"({"d_in":12,"d_sae":96,"dtype":"float32","device":"cpu",
      "apply_b_dec_to_input":false,"normalize_activations":"none","reshape_activations":"hook_z","some_key":[1],
      "metadata":{"sae_lens_version":"6.21.0","model_name":"gpt2"},"architecture":"topk","k":7,
      "rescale_acts_by_decoder_norm":true})");
  CHECK(config.n_inputs == 12);
  CHECK(config.n_latents == 96);
  CHECK(config.architecture == Architecture::TopK);
  CHECK(config.k == 7);
  CHECK_FALSE(config.applies_b_dec);
  CHECK(config.rescales_by_norm);
  CHECK(config.normalization == Normalization::None);
  const std::string sizes = R"({"d_in":2,"d_sae":3,"sae_lens_version":"6.0.0","architecture":)";
  CHECK(parsed(sizes + "\"standard\"}").architecture == Architecture::Standard);
  CHECK(parsed(sizes + "\"jumprelu\"}").architecture == Architecture::JumpReLU);
  CHECK(parsed(sizes + "\"gated\"}").architecture == Architecture::Gated);
}

TEST_CASE("only a TopK rescales by decoder norms") {
  const std::string text = R"({"d_in":2,"d_sae":3,"k":1,"rescale_acts_by_decoder_norm":true,"architecture":)";
  CHECK(parsed(text + "\"topk\"}").rescales_by_norm);
  CHECK_FALSE(parsed(text + "\"jumprelu\"}").rescales_by_norm);
}

TEST_CASE("keys of the flat forms mean nothing in version 6, wherever its number stands") {
  const std::string text = R"({"d_in":2,"d_sae":3,"architecture":"jumprelu","activation_fn_str":"topk",
      "activation_fn_kwargs":{"k":1})";
  CHECK(parsed(text + "}").architecture == Architecture::TopK);
  CHECK(parsed(text + R"(,"sae_lens_version":"5.11.0"})").architecture == Architecture::TopK);
  CHECK(parsed(text + R"(,"sae_lens_version":"6.0.0"})").architecture == Architecture::JumpReLU);
  CHECK(parsed(text + R"(,"metadata":{"sae_lens_version":"6.49.2"}})").architecture == Architecture::JumpReLU);
}

TEST_CASE("the flat forms of versions 3 to 5, and their defaults") {
  const SaelensConfig plain = parsed(R"({"d_in":12,"d_sae":96,"hook_name":"x","normalize_activations":false})");
  CHECK(plain.architecture == Architecture::Standard);
  CHECK(plain.applies_b_dec);
  CHECK(plain.normalization == Normalization::None);
  const SaelensConfig top_k = parsed(R"({"d_in":12,"d_sae":96,"architecture":"standard","activation_fn_str":"topk",
      "activation_fn_kwargs":{"k":5},"normalize_activations":true,"sae_lens_training_version":"5.1.0"})");
  CHECK(top_k.architecture == Architecture::TopK);
  CHECK(top_k.k == 5);
  CHECK(top_k.normalization == Normalization::ExpectedAverage);
  CHECK(parsed(R"({"d_in":1,"d_sae":2,"normalize_activations":"expected_average_only_in"})").normalization ==
        Normalization::ExpectedAverage);
  CHECK(parsed(R"({"d_in":1,"d_sae":2,"normalize_activations":null,"architecture":"jumprelu"})").architecture ==
        Architecture::JumpReLU);
}

TEST_CASE("a function without a counterpart is refused by name") {
  CHECK(refused(R"({"d_in":1,"d_sae":2,"architecture":"temporal"})") ==
        "the architecture \"temporal\" has no counterpart here, expected standard, topk, jumprelu or gated");
  CHECK(refused(R"({"d_in":1,"d_sae":2,"activation_fn_str":"tanh-relu"})") ==
        "the activation function \"tanh-relu\" has no counterpart here, expected relu or topk");
  for (const char* name : {"layer_norm", "constant_norm_rescale"})
    CHECK(refused(R"({"d_in":1,"d_sae":2,"normalize_activations":")" + std::string(name) + "\"}") ==
          "normalize_activations \"" + std::string(name) +
              "\" depends on each sample and has no counterpart here, expected none or expected_average_only_in");
}

TEST_CASE("values of wrong types and sizes are refused by name") {
  CHECK(refused("") == "expected a JSON object");
  CHECK(refused("[]") == "expected a JSON object");
  CHECK(refused(R"({"d_in":1})") == "\"d_sae\" is missing");
  for (const char* size : {"0", "-1", "1.5", "\"3\"", "null", "9999999999"})
    CHECK(refused(R"({"d_sae":1,"d_in":)" + std::string(size) + "}") == "\"d_in\": expected an integer of at least 1");
  CHECK(refused(R"({"d_in":1,"d_sae":2,"architecture":3})") == "\"architecture\": expected a string");
  CHECK(refused(R"({"d_in":1,"d_sae":2,"apply_b_dec_to_input":1})") ==
        "\"apply_b_dec_to_input\": expected true or false");
  CHECK(refused(R"({"d_in":1,"d_sae":2,"rescale_acts_by_decoder_norm":"yes"})") ==
        "\"rescale_acts_by_decoder_norm\": expected true or false");
  CHECK(refused(R"({"d_in":1,"d_sae":2,"architecture":"topk"})") == "\"k\" is missing");
  CHECK(refused(R"({"d_in":1,"d_sae":2,"architecture":"topk","k":3})") == "\"k\": expected at most d_sae = 2");
}

}  // namespace saelens_config_test

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/file_error.hpp>
#include <parsae/core/types.hpp>
#include <parsae/io/bytes.hpp>
#include <parsae/io/mapped_file.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>

namespace parsae::inline PARSAE_ABI {

/// What cfg.json of a SAELens directory says about the function: the nested form of version 6 and the flat ones of
/// versions 3 to 5, whose defaults differ. Keys that it does not know are skipped: many files are whole runner
/// configurations. Throws FileError for a function that has no counterpart here.
class SaelensConfig {
 public:
  enum class Architecture { Standard, TopK, JumpReLU, Gated };
  enum class Normalization { None, ExpectedAverage };

  explicit SaelensConfig(const std::filesystem::path& path) : path_(path) {
    const MappedFile file(path);
    json_ = nlohmann::json::parse(as_text(file.bytes()), nullptr, false);
    if (!json_.is_object()) fail("expected a JSON object");
    n_inputs = read_size(json_, "d_in");
    n_latents = read_size(json_, "d_sae");
    const bool is_flat = !is_version_6();
    read_architecture(is_flat);
    read_normalization(is_flat);
    if (const nlohmann::json* centers = find("apply_b_dec_to_input")) {
      if (!centers->is_boolean()) fail("\"apply_b_dec_to_input\": expected true or false");
      applies_b_dec = centers->get<bool>();
    }
    if (const nlohmann::json* rescales = find("rescale_acts_by_decoder_norm"))
      rescales_by_norm = rescales->is_boolean() && rescales->get<bool>();
  }

  Index n_inputs = 0;
  Index n_latents = 0;
  Architecture architecture = Architecture::Standard;
  Normalization normalization = Normalization::None;
  Index k = 0;  ///< of TopK
  bool applies_b_dec = true;
  bool rescales_by_norm = false;  ///< TopK: selects pre-activations times decoder norms

 private:
  [[noreturn]] void fail(const std::string& reason) const { throw FileError(path_, reason); }

  /// A key that is there and not null.
  [[nodiscard]] const nlohmann::json* find(const std::string& name) const {
    const auto found = json_.find(name);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

  [[nodiscard]] Index read_size(const nlohmann::json& object, const std::string& name) const {
    const auto found = object.find(name);
    if (found == object.end()) fail("\"" + name + "\" is missing");
    const bool is_size = found->is_number_unsigned() && found->get<std::uint64_t>() >= 1 &&
                         found->get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<LatentId>::max()};
    if (!is_size) fail("\"" + name + "\": expected an integer of at least 1");
    return found->get<Index>();
  }

  [[nodiscard]] std::string read_word(const std::string& name, const std::string& otherwise) const {
    const nlohmann::json* found = find(name);
    if (found == nullptr) return otherwise;
    if (!found->is_string()) fail("\"" + name + "\": expected a string");
    return found->get<std::string>();
  }

  [[nodiscard]] bool is_version_6() const {
    const nlohmann::json* version = find("sae_lens_version");
    if (const nlohmann::json* metadata = find("metadata"); version == nullptr && metadata != nullptr)
      if (metadata->is_object() && metadata->contains("sae_lens_version")) version = &(*metadata)["sae_lens_version"];
    if (version == nullptr || !version->is_string()) return false;
    return std::atoi(version->get<std::string>().c_str()) >= 6;
  }

  void read_architecture(bool is_flat) {
    std::string name = read_word("architecture", "standard");
    const nlohmann::json* holder = &json_;  // of k
    if (is_flat) {
      const std::string function = read_word("activation_fn", read_word("activation_fn_str", "relu"));
      if (function == "topk") {
        name = "topk";
        if (const nlohmann::json* arguments = find("activation_fn_kwargs")) holder = arguments;
      } else if (function != "relu") {
        fail("the activation function \"" + function + "\" has no counterpart here, expected relu or topk");
      }
    }
    if (name == "standard") {
      architecture = Architecture::Standard;
    } else if (name == "topk") {
      architecture = Architecture::TopK;
      k = read_size(*holder, "k");
      if (k > n_latents) fail("\"k\": expected at most d_sae = " + std::to_string(n_latents));
    } else if (name == "jumprelu") {
      architecture = Architecture::JumpReLU;
    } else if (name == "gated") {
      architecture = Architecture::Gated;
    } else {
      fail("the architecture \"" + name + "\" has no counterpart here, expected standard, topk, jumprelu or gated");
    }
  }

  void read_normalization(bool is_flat) {
    const nlohmann::json* found = find("normalize_activations");
    if (found == nullptr) return;
    if (is_flat && found->is_boolean()) {  // version 3
      normalization = found->get<bool>() ? Normalization::ExpectedAverage : Normalization::None;
      return;
    }
    const std::string name = read_word("normalize_activations", "none");
    if (name == "none") return;
    if (name != "expected_average_only_in")
      fail("normalize_activations \"" + name +
           "\" depends on each sample and has no counterpart here, expected none or expected_average_only_in");
    normalization = Normalization::ExpectedAverage;
  }

  std::filesystem::path path_;
  nlohmann::json json_;
};

}  // namespace parsae::inline PARSAE_ABI

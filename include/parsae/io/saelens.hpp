// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/export_details.hpp>
#include <parsae/io/saelens_config.hpp>
#include <parsae/io/safetensors_reader.hpp>
#include <parsae/io/safetensors_writer.hpp>
#include <parsae/model/fold.hpp>
#include <parsae/model/scale_latents.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

namespace parsae::inline PARSAE_ABI {

namespace detail {

/// The tensors of a SAELens directory whose configuration is known.
class SaelensWeights {
 public:
  explicit SaelensWeights(const std::filesystem::path& path) : file_(path) {}

  [[nodiscard]] bool contains(const std::string& name) const { return file_.contains(name); }

  /// The C-order tensor [n_cols, n_rows], float32 or float64, as an n_rows x n_cols matrix; finite.
  [[nodiscard]] Matrix<float> read(const std::string& name, Index n_rows, Index n_cols) {
    return read_shape(name, {n_cols, n_rows}, n_rows, n_cols);
  }
  [[nodiscard]] Vector<float> read(const std::string& name, Index size) { return read_shape(name, {size}, size, 1); }

  /// A tensor that was not read means something that is not known here.
  void require_all_read() const {
    for (const auto& [name, tensor] : file_.tensors())
      if (!read_.contains(name)) throw FileError(file_.path(), "tensor \"" + name + "\" has no counterpart here");
  }

  [[noreturn]] void fail(const std::string& reason) const { throw FileError(file_.path(), reason); }

 private:
  /// The shape is compared before anything of that size is allocated: a configuration may claim anything.
  [[nodiscard]] Matrix<float> read_shape(const std::string& name, std::initializer_list<Index> shape, Index n_rows,
                                         Index n_cols) {
    read_.insert(name);
    const Slice<const Index> dimensions(shape.begin(), static_cast<Index>(shape.size()));
    Matrix<float> values;
    if (file_.info(name).dtype == "F64") {
      file_.require<double>(name, dimensions);
      Matrix<double> stored(n_rows, n_cols);
      file_.read_into(name, dimensions, Slice<double>(stored.data(), stored.size()));
      values = stored.cast<float>();
    } else {
      file_.require<float>(name, dimensions);
      values.resize(n_rows, n_cols);
      file_.read_into(name, dimensions, Slice<float>(values.data(), values.size()));
    }
    if (!values.allFinite()) fail("tensor \"" + name + "\" holds NaN, Inf or a number too large for float");
    return values;
  }

  SafetensorsReader file_;
  std::set<std::string> read_;
};

/// The factor on inputs that training measured, which only this file has.
[[nodiscard]] inline float read_activation_scale(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "activation_scaler.json";
  if (!std::filesystem::exists(path))
    throw FileError(folder / "cfg.json",
                    "normalize_activations expected_average_only_in needs a factor: activation_scaler.json is missing");
  const MappedFile file(path);
  const nlohmann::json json = nlohmann::json::parse(as_text(file.bytes()), nullptr, false);
  const bool has_factor = json.is_object() && json.contains("scaling_factor") && json["scaling_factor"].is_number();
  const double factor = has_factor ? json["scaling_factor"].get<double>() : 0;
  if (!std::isfinite(factor) || !(factor > 0)) throw FileError(path, "expected a \"scaling_factor\" above 0");
  return static_cast<float>(factor);
}

/// What a rule is in SAELens: its architecture, and the tensors that it needs beside weights and b_dec.
inline void add_saelens_rule(const Autoencoder<ReLU<float>>& model, nlohmann::ordered_json& config,
                             std::map<std::string, Vector<float>>& tensors) {
  config["architecture"] = "standard";
  tensors["b_enc"] = model.encoder.b_enc;
}
inline void add_saelens_rule(const Autoencoder<TopK<float>>& model, nlohmann::ordered_json& config,
                             std::map<std::string, Vector<float>>& tensors) {
  config["architecture"] = "topk";
  config["k"] = model.activation.settings().k;
  config["rescale_acts_by_decoder_norm"] = false;
  tensors["b_enc"] = model.encoder.b_enc;
}
inline void add_saelens_rule(const Autoencoder<Threshold<float>>& model, nlohmann::ordered_json& config,
                             std::map<std::string, Vector<float>>& tensors) {
  config["architecture"] = "jumprelu";
  tensors["b_enc"] = model.encoder.b_enc;
  tensors["threshold"] = model.activation.threshold();
}
/// b_mag = c + exp(r) b_gate: the magnitude path has a bias of its own there, here a shift of the gate's.
inline void add_saelens_rule(const Autoencoder<GatedInference<float>>& model, nlohmann::ordered_json& config,
                             std::map<std::string, Vector<float>>& tensors) {
  config["architecture"] = "gated";
  const Vector<float>& r = model.activation.log_scale();
  tensors["b_gate"] = model.encoder.b_enc;
  tensors["r_mag"] = r;
  tensors["b_mag"] = model.activation.shift().array() + r.array().exp() * model.encoder.b_enc.array();
}

/// Rules without an overload have no counterpart in SAELens.
template <class Model>
concept InSaelens = requires(const Model& model, nlohmann::ordered_json& config,
                             std::map<std::string, Vector<float>>& tensors) {
  add_saelens_rule(model, config, tensors);
};

/// \param model  folded
template <class Rule>
void write_saelens(const Autoencoder<Rule>& model, const std::filesystem::path& folder, const ExportDetails& details) {
  nlohmann::ordered_json config;
  config["d_in"] = model.n_inputs();
  config["d_sae"] = model.n_latents();
  config["dtype"] = "float32";
  config["device"] = "cpu";
  config["apply_b_dec_to_input"] = model.encoder.centering == Centering::DecoderBias;
  config["normalize_activations"] = "none";
  config["reshape_activations"] = "none";
  config["metadata"] = {{"sae_lens_version", "6.18.0"}};
  config["metadata"].update(details.metadata);
  std::map<std::string, Vector<float>> vectors;
  add_saelens_rule(model, config, vectors);
  vectors["b_dec"] = model.decoder.b_dec;

  const Matrix<float> w_enc = model.encoder.w_enc.transpose();  // [d_in, d_sae] there
  SafetensorsWriter weights;
  weights.add("W_enc", w_enc);
  weights.add("W_dec", model.decoder.w_dec);
  for (const auto& [name, values] : vectors) {
    if (!values.allFinite()) reject("SAELens " + name, "finite values", "NaN or Inf");
    weights.add(name, values);
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder, "cannot be created: " + error.message());
  // Of an earlier export: whatever happens from here on, its configuration never stands beside other weights.
  std::filesystem::remove(folder / "cfg.json", error);
  if (error) throw FileError(folder / "cfg.json", "cannot be replaced: " + error.message());
  weights.write(folder / "sae_weights.safetensors");

  const std::filesystem::path sparsity_path = folder / "sparsity.safetensors";
  std::filesystem::remove(sparsity_path, error);  // of an earlier export
  if (details.density.size() > 0) {
    const Vector<float> sparsity = (details.density.array() + 1e-10).log10().matrix().template cast<float>();
    SafetensorsWriter out;
    out.add("sparsity", sparsity);
    out.write(sparsity_path);
  }
  AtomicFile out(folder / "cfg.json");  // last: it is what makes the folder one of SAELens
  out.write(config.dump(2) + "\n");
  out.commit();
}

}  // namespace detail

/// Writes a trained autoencoder as a directory that SAELens 6 loads: cfg.json, sae_weights.safetensors and, where
/// densities are known, sparsity.safetensors (log10(density + 1e-10)). In float32, and always folded: the input scale
/// (fold()) and the decoder's norms (fold_decoder_norms()) are in the weights, so inputs are the user's and no flag
/// asks for more. Values of latents are multiplied by the folded decoder norms on the way.
///
/// ReLU becomes "standard", TopK "topk", JumpReLU and the thresholds of Mutual and Feature Choice "jumprelu", Gated
/// "gated". Files that are there are replaced. Throws FileError, and std::invalid_argument for a transcoder with
/// another number of outputs, an activation without inference rule or without a counterpart (TreeGated), and values
/// that are not finite.
template <class Act>
void save_saelens(const Autoencoder<Act>& trained, const std::filesystem::path& folder,
                  const ExportDetails& details = {}) {
  static_assert(std::is_same_v<typename Act::Scalar, float>, "SAELens directories are written from float models");
  if (trained.n_outputs() != trained.n_inputs())
    reject("save_saelens n_outputs", "n_inputs = " + std::to_string(trained.n_inputs()), trained.n_outputs());
  if (details.density.size() > 0)
    require_shape("save_saelens density", details.density.size(), 1, trained.n_latents(), 1);
  auto model = with_inference_rule(trained);
  if constexpr (!detail::InSaelens<decltype(model)>) {
    reject("save_saelens activation", "one that SAELens has", Act::name);
  } else {
    fold(model);
    fold_decoder_norms(model);
    require_finite("save_saelens w_enc", model.encoder.w_enc);
    require_finite("save_saelens w_dec", model.decoder.w_dec);
    detail::write_saelens(model, folder, details);
  }
}

inline void save_saelens(const AnyAutoencoder& any, const std::filesystem::path& folder,
                         const ExportDetails& details = {}) {
  std::visit([&](const auto& model) { save_saelens(model, folder, details); }, any);
}

/// Reads a SAELens directory of version 3 to 6: architectures standard (ReLU), topk, jumprelu and gated, in float32 or
/// float64. A factor of activation_scaler.json, a legacy scaling_factor and rescale_acts_by_decoder_norm are folded
/// into the weights. Throws FileError where the files are damaged, or say something that has no counterpart here:
/// another architecture, normalization of each sample, an unknown tensor.
[[nodiscard]] inline AnyAutoencoder load_saelens(const std::filesystem::path& folder) {
  using Architecture = SaelensConfig::Architecture;
  const SaelensConfig config(folder / "cfg.json");
  detail::SaelensWeights weights(folder / "sae_weights.safetensors");
  const Index n_inputs = config.n_inputs;
  const Index n_latents = config.n_latents;
  const Matrix<float> w_enc = weights.read("W_enc", n_latents, n_inputs).transpose();
  const Matrix<float> w_dec = weights.read("W_dec", n_inputs, n_latents);
  const Vector<float> b_dec = weights.read("b_dec", n_inputs);
  const bool is_gated = config.architecture == Architecture::Gated;
  const Vector<float> b_enc = weights.read(is_gated ? "b_gate" : "b_enc", n_latents);
  Vector<float> output_factors = Vector<float>::Ones(n_latents);
  if (weights.contains("scaling_factor")) output_factors = weights.read("scaling_factor", n_latents);
  const float scale =
      config.normalization == SaelensConfig::Normalization::None ? 1.0f : detail::read_activation_scale(folder);

  const auto build = [&](const auto& rule) -> AnyAutoencoder {
    Autoencoder<std::remove_cvref_t<decltype(rule)>> model(
        {.n_inputs = n_inputs,
         .n_latents = n_latents,
         .decoder_norm = DecoderNorm::Free,
         .centering = config.applies_b_dec ? Centering::DecoderBias : Centering::None},
        rule);
    model.encoder.w_enc = w_enc;
    model.encoder.b_enc = b_enc;
    model.decoder.w_dec = w_dec;
    model.decoder.w_dec.array().rowwise() *= output_factors.transpose().array();
    model.decoder.b_dec = b_dec;
    model.input_scale = model.output_scale = scale;
    if (config.rescales_by_norm) {
      const Vector<float> norms = w_dec.colwise().norm().transpose();
      scale_latents(model, (norms.array() > 0).select(norms, 1.0f).eval());
      for (Index j = 0; j < n_latents; ++j) {
        if (norms(j) > 0) continue;  // else its pre-activation times its norm is 0, which no sample selects
        model.encoder.w_enc.col(j).setZero();
        model.encoder.b_enc(j) = 0;
      }
    }
    fold(model);
    weights.require_all_read();
    return model;
  };
  try {
    switch (config.architecture) {
      case Architecture::Standard:
        return build(ReLU<float>());
      case Architecture::TopK:
        return build(TopK<float>({.k = config.k}));
      case Architecture::JumpReLU:  // a ReLU comes first, so a negative threshold is one of 0
        return build(Threshold<float>(weights.read("threshold", n_latents).cwiseMax(0.0f).eval()));
      case Architecture::Gated: {
        const Vector<float> r = weights.read("r_mag", n_latents);
        const Vector<float> b_mag = weights.read("b_mag", n_latents);
        return build(GatedInference<float>(r, (b_mag.array() - r.array().exp() * b_enc.array()).matrix().eval()));
      }
    }
  } catch (const std::invalid_argument& error) {
    weights.fail(error.what());
  }
  weights.fail("unknown architecture");
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/safetensors_reader.hpp>
#include <parsae/io/safetensors_writer.hpp>
#include <parsae/model/autoencoder.hpp>

#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace parsae::inline PARSAE_ABI {

namespace detail {

template <class Scalar>
[[nodiscard]] constexpr const char* scalar_name() {
  return sizeof(Scalar) == 4 ? "float32" : "float64";
}

/// The C-order shape of a model's n_rows x n_cols array in a file: a vector is [n_cols], and so is a matrix of one row.
[[nodiscard]] inline Buffer<Index> stored_shape(Index n_rows, Index n_cols) {
  Buffer<Index> shape(1, n_cols);
  if (n_rows > 1) shape.push_back(n_rows);
  return shape;
}

template <class Scalar>
[[nodiscard]] Buffer<Index> stored_shape(const ParameterArray<Scalar>& array) {
  const Index n_rows = array.axis == Axis::Latent ? array.rows : 1;
  return stored_shape(n_rows, array.values.size() / n_rows);
}

/// The JSON text that describes a model apart from its arrays.
template <class Act>
[[nodiscard]] nlohmann::ordered_json model_config(Autoencoder<Act>& model) {
  nlohmann::ordered_json config;
  config["format"] = "parsae model";
  config["version"] = 1;
  config["scalar"] = scalar_name<typename Act::Scalar>();
  config["n_inputs"] = model.n_inputs();
  config["n_latents"] = model.n_latents();
  config["n_outputs"] = model.n_outputs();
  config["decoder_norm"] = model.decoder.norm == DecoderNorm::Unit ? "unit" : "free";
  config["centering"] = model.encoder.centering == Centering::DecoderBias ? "decoder_bias" : "none";
  config["input_scale"] = model.input_scale;
  config["output_scale"] = model.output_scale;
  config["activation"] = std::string(Act::name);
  nlohmann::ordered_json& settings = config["activation_settings"] = nlohmann::ordered_json::object();
  model.activation.visit_settings([&](std::string_view name, auto& value) { settings[std::string(name)] = value; });
  return config;
}

/// Reads fields of a JSON object; whatever is missing, of another type, or left over is a FileError that names it.
class ConfigReader {
 public:
  ConfigReader(const std::filesystem::path& path, const nlohmann::json& object, const std::string& what)
      : path_(path), object_(&object), what_(what) {
    if (!object.is_object()) throw FileError(path_, what_ + ": expected a JSON object");
  }

  template <class Value>
  [[nodiscard]] Value read(const std::string& name) {
    const nlohmann::json& found = read_json(name);
    if (is_a<Value>(found)) return found.template get<Value>();
    // A file may nest arrays deeper than the stack, on which dump() recurses.
    const std::string got = found.is_structured() ? std::string("an ") + found.type_name() : found.dump();
    throw FileError(path_, what_ + ": \"" + name + "\" has the wrong type, got " + got);
  }

  /// A value that the caller checks.
  [[nodiscard]] const nlohmann::json& read_json(const std::string& name) {
    read_.insert(name);
    const auto found = object_->find(name);
    if (found == object_->end()) throw FileError(path_, what_ + ": \"" + name + "\" is missing");
    return *found;
  }

  /// One of the allowed words.
  [[nodiscard]] std::string read_word(const std::string& name, const std::set<std::string>& allowed) {
    const std::string word = read<std::string>(name);
    if (allowed.contains(word)) return word;
    std::string list;
    for (const std::string& each : allowed) list += (list.empty() ? "\"" : " or \"") + each + "\"";
    throw FileError(path_, what_ + ": \"" + name + "\": expected " + list + ", got \"" + word + "\"");
  }

  void require_all_read() const {
    for (const auto& [name, value] : object_->items())
      if (!read_.contains(name)) throw FileError(path_, what_ + ": unknown key \"" + name + "\"");
  }

 private:
  template <class Value>
  [[nodiscard]] static bool is_a(const nlohmann::json& value) {
    if constexpr (std::is_same_v<Value, std::string>) return value.is_string();
    if constexpr (std::is_integral_v<Value>)
      return value.is_number_unsigned() && value.template get<std::uint64_t>() <= std::uint64_t{1} << 53;
    if constexpr (std::is_floating_point_v<Value>) return value.is_number();
    return false;
  }

  std::filesystem::path path_;
  const nlohmann::json* object_;
  std::string what_;
  std::set<std::string> read_;
};

/// Tensors of this prefix are what training adds to a model in a checkpoint: not the model's business.
inline constexpr std::string_view training_prefix = "training.";

/// Adds arrays and description of a model to a file; std::invalid_argument for NaN or Inf.
template <class Act>
void add_model(SafetensorsWriter& writer, Autoencoder<Act>& model) {
  using Scalar = typename Act::Scalar;
  model.visit_arrays([&](const ParameterArray<Scalar>& array) {
    for (const Scalar value : array.values)
      if (!std::isfinite(value)) reject("save model", "finite values in " + std::string(array.name), value);
    const Buffer<Index> shape = stored_shape(array);
    writer.add(std::string(array.name), shape.slice(), Slice<const Scalar>(array.values));
  });
  writer.set_metadata("config", model_config(model).dump());
}

/// The description that add_model() wrote.
[[nodiscard]] inline nlohmann::json read_model_config(const SafetensorsReader& file) {
  const auto text = file.metadata().find("config");
  if (text == file.metadata().end()) throw FileError(file.path(), "not a parsae model: the metadata has no \"config\"");
  return nlohmann::json::parse(text->second, nullptr, false);
}

}  // namespace detail

/// What a model file holds, for programs that learn the type of a model at run time.
struct ModelFileSummary {
  std::string activation;  ///< Act::name
  std::string scalar;      ///< "float32" or "float64"
  Index n_inputs = 0;
  Index n_latents = 0;
  Index n_outputs = 0;
};

/// Reads the description alone; the tensors are not looked at. Checkpoints are model files, too. Throws FileError.
[[nodiscard]] inline ModelFileSummary summarize_model_file(const std::filesystem::path& path) {
  const SafetensorsReader file(path);
  const nlohmann::json json = detail::read_model_config(file);
  detail::ConfigReader config(path, json, "config");
  static_cast<void>(config.read_word("format", {"parsae model"}));
  return {.activation = config.read<std::string>("activation"),
          .scalar = config.read<std::string>("scalar"),
          .n_inputs = config.read<Index>("n_inputs"),
          .n_latents = config.read<Index>("n_latents"),
          .n_outputs = config.read<Index>("n_outputs")};
}

/// Writes a model as one safetensors file: every array that the model visits under its own name, and a JSON description
/// of everything else as the text "config" of the header's metadata. One file, replaced atomically: weights and
/// settings cannot come apart. Throws FileError, and std::invalid_argument for a model with NaN or Inf.
///
/// w_enc and w_dec are stored as [n_latents, n_inputs] and [n_latents, n_outputs] (C order, the bytes of the
/// column-major matrices); as [n_latents] where the other number is 1.
template <class Act>
void save(const Autoencoder<Act>& model, const std::filesystem::path& path) {
  SafetensorsWriter writer;
  // visit_arrays hands out mutable slices; nothing writes to them.
  detail::add_model(writer, const_cast<Autoencoder<Act>&>(model));
  writer.write(path);
}

/// Reads a model that save() wrote. `Model` is the type that was saved:
/// `load<Autoencoder<TopK<float>>>("sae.safetensors")`. Throws FileError when the file is damaged, holds another
/// activation or scalar, or has values that a model cannot have (NaN, settings out of range). Memory is bounded by the
/// size of the file. A checkpoint reads as the model that it holds.
template <class Model>
[[nodiscard]] Model load(const std::filesystem::path& path) {
  using Act = typename Model::ActivationType;
  using Scalar = typename Act::Scalar;
  const SafetensorsReader file(path);
  const nlohmann::json json = detail::read_model_config(file);
  detail::ConfigReader config(path, json, "config");

  static_cast<void>(config.read_word("format", {"parsae model"}));
  if (const auto version = config.template read<Index>("version"); version != 1)
    throw FileError(path, "config: expected version 1, got " + std::to_string(version));
  static_cast<void>(config.read_word("scalar", {detail::scalar_name<Scalar>()}));
  static_cast<void>(config.read_word("activation", {std::string(Act::name)}));
  typename Model::Settings settings;
  settings.n_inputs = config.template read<Index>("n_inputs");
  settings.n_latents = config.template read<Index>("n_latents");
  settings.n_outputs = config.template read<Index>("n_outputs");
  settings.decoder_norm =
      config.read_word("decoder_norm", {"unit", "free"}) == "unit" ? DecoderNorm::Unit : DecoderNorm::Free;
  settings.centering =
      config.read_word("centering", {"decoder_bias", "none"}) == "none" ? Centering::None : Centering::DecoderBias;
  const auto input_scale = static_cast<Scalar>(config.template read<double>("input_scale"));
  const auto output_scale = static_cast<Scalar>(config.template read<double>("output_scale"));

  // The tensors are as large as the file; the config may claim anything. So dtype and shape are compared before a model
  // of the claimed size is allocated.
  file.template require<Scalar>("w_enc", detail::stored_shape(settings.n_inputs, settings.n_latents).slice());
  file.template require<Scalar>("w_dec", detail::stored_shape(settings.n_outputs, settings.n_latents).slice());

  const nlohmann::json& activation_settings = config.read_json("activation_settings");
  config.require_all_read();
  try {
    Act activation;
    detail::ConfigReader reader(path, activation_settings, "activation_settings");
    activation.visit_settings([&](std::string_view name, auto& value) {
      value = reader.template read<std::remove_cvref_t<decltype(value)>>(std::string(name));
    });
    reader.require_all_read();
    activation.check();
    Model model(settings, activation);
    require_positive("input_scale", static_cast<double>(input_scale));
    require_positive("output_scale", static_cast<double>(output_scale));
    model.input_scale = input_scale;
    model.output_scale = output_scale;

    std::set<std::string> expected;
    model.visit_arrays([&](const ParameterArray<Scalar>& array) {
      const std::string name(array.name);
      expected.insert(name);
      file.read_into(name, detail::stored_shape(array).slice(), array.values);
      for (const Scalar value : array.values)
        if (!std::isfinite(value)) throw FileError(path, "tensor \"" + name + "\" holds NaN or Inf");
    });
    model.activation.check();  // with the arrays that it has now
    for (const auto& [name, tensor] : file.tensors())
      if (!expected.contains(name) && !name.starts_with(detail::training_prefix))
        throw FileError(path, "unknown tensor \"" + name + "\"");
    return model;
  } catch (const std::invalid_argument& error) {
    throw FileError(path, std::string("config: ") + error.what());
  }
}

}  // namespace parsae::inline PARSAE_ABI

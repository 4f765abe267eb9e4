// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/batch.hpp>
#include <parsae/io/checksum.hpp>
#include <parsae/io/model_file.hpp>
#include <parsae/io/settings.hpp>
#include <parsae/train/trainer.hpp>

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

namespace detail {

inline constexpr std::string_view checkpoint_format = "parsae checkpoint";

/// visit(name, slice) for every array of a checkpoint, under the name that it has there.
template <class Trainer, class Visit, class... Parts>
void visit_checkpoint(Trainer& trainer, const Visit& visit, Parts&... parts) {
  trainer.model().visit_arrays([&](const auto& array) { visit(std::string(array.name), array.values); });
  const auto visit_training = [&](const std::string& name, auto values) {
    visit(std::string(training_prefix) + name, values);
  };
  trainer.visit_state(visit_training);
  (parts.visit_state(visit_training), ...);
}

/// All settings that decide bits: of the model, of training, of the program. The input's scales are values of the
/// model, measured on data, not settings.
template <class Trainer>
[[nodiscard]] nlohmann::ordered_json checkpoint_settings(Trainer& trainer, const nlohmann::ordered_json& program) {
  nlohmann::ordered_json settings;
  settings["model"] = model_config(trainer.model());
  settings["model"].erase("input_scale");
  settings["model"].erase("output_scale");
  settings["train"] = settings_json(trainer);
  settings["program"] = program;
  return settings;
}

/// The description of an open checkpoint. A damaged text is refused as such, before anything in it is believed.
[[nodiscard]] inline nlohmann::ordered_json read_checkpoint_text(const SafetensorsReader& file) {
  const auto text = file.metadata().find("checkpoint");
  const auto sum = file.metadata().find("checkpoint_crc32");
  const auto config = file.metadata().find("config");
  if (text == file.metadata().end() || sum == file.metadata().end() || config == file.metadata().end())
    throw FileError(file.path(), "not a parsae checkpoint: its metadata lacks \"checkpoint\", its sum or \"config\"");
  const std::uint32_t found = crc32_of(as_bytes(config->second), crc32_of(as_bytes(text->second)));
  if (sum->second != std::to_string(found))
    throw FileError(file.path(), "damaged: the checksum of its description is " + std::to_string(found) +
                                     ", expected " + sum->second);
  nlohmann::ordered_json checkpoint = nlohmann::ordered_json::parse(text->second, nullptr, false);
  const auto has_integer = [](const nlohmann::ordered_json& object, const char* key) {
    return object.is_object() && object.contains(key) && object[key].is_number_integer() && object[key] >= 0;
  };
  const bool is_complete =
      checkpoint.is_object() && checkpoint.contains("format") && checkpoint["format"] == checkpoint_format &&
      has_integer(checkpoint, "version") && has_integer(checkpoint, "step") && checkpoint.contains("source") &&
      has_integer(checkpoint["source"], "epoch") && has_integer(checkpoint["source"], "sample") &&
      checkpoint.contains("settings") && checkpoint.contains("crc32") && checkpoint["crc32"].is_object();
  if (!is_complete) throw FileError(file.path(), "checkpoint: its description is not that of a parsae checkpoint");
  if (checkpoint["version"] != 1)
    throw FileError(file.path(), "checkpoint: expected version 1, got " + checkpoint["version"].dump());
  return checkpoint;
}

/// Compares dtype, shape and checksum of every array with the file, which must have no other; nothing is changed yet.
template <class Trainer, class... Parts>
void require_checkpoint_arrays(const SafetensorsReader& file, const nlohmann::ordered_json& sums, Trainer& trainer,
                               Parts&... parts) {
  std::set<std::string> expected;
  const auto check = [&](const std::string& name, auto values) {
    using Value = std::remove_cvref_t<decltype(values[0])>;
    expected.insert(name);
    const Buffer<Value> stored = file.read<Value>(name);
    if (stored.size() != values.size())
      throw FileError(file.path(), "tensor \"" + name + "\": expected " + std::to_string(values.size()) +
                                       " elements, got " + std::to_string(stored.size()));
    const std::uint32_t sum = crc32_of(as_bytes(stored.slice()));
    const auto known = sums.find(name);
    if (known == sums.end() || *known != sum)
      throw FileError(file.path(), "damaged: the checksum of tensor \"" + name + "\" is " + std::to_string(sum) +
                                       ", expected " + shown(known == sums.end() ? nullptr : &*known));
  };
  visit_checkpoint(trainer, check, parts...);
  for (const auto& [name, tensor] : file.tensors())
    if (!expected.contains(name)) throw FileError(file.path(), "unknown tensor \"" + name + "\"");
}

}  // namespace detail

/// Writes a training run as it stands, as one safetensors file that is replaced atomically: the model (so the file
/// reads as a model, too), every array that the trainer visits, where the source stands, all settings, and checksums.
///
/// \param position  of the source, after the batch of the trainer's last step
/// \param settings  the program's own, such as those of its source: a JSON object; a run that resumes must have equal
///                  ones
/// \param parts     whatever else has a state, such as EarlyStop: visit_state(visit(name, slice))
///
/// Throws FileError, and std::invalid_argument for a model with NaN or Inf.
template <class Trainer, class... Parts>
void save_checkpoint(const std::filesystem::path& path, Trainer& trainer, const SourcePosition& position,
                     const nlohmann::ordered_json& settings, Parts&... parts) {
  SafetensorsWriter writer;
  detail::add_model(writer, trainer.model());
  nlohmann::ordered_json sums = nlohmann::ordered_json::object();
  const auto add = [&](const std::string& name, auto values) {
    using Value = std::remove_cvref_t<decltype(values[0])>;
    const Slice<const Value> fixed(values);
    sums[name] = detail::crc32_of(as_bytes(fixed));
    if (name.starts_with(detail::training_prefix)) writer.add(name, {fixed.size()}, fixed);
  };
  detail::visit_checkpoint(trainer, add, parts...);

  nlohmann::ordered_json checkpoint;
  checkpoint["format"] = detail::checkpoint_format;
  checkpoint["version"] = 1;
  checkpoint["step"] = trainer.progress().step;
  checkpoint["source"]["epoch"] = position.epoch;
  checkpoint["source"]["sample"] = position.sample;
  checkpoint["settings"] = detail::checkpoint_settings(trainer, settings);
  checkpoint["crc32"] = sums;
  const std::string text = checkpoint.dump();
  const std::string config = detail::model_config(trainer.model()).dump();
  writer.set_metadata("checkpoint", text);
  writer.set_metadata("checkpoint_crc32",
                      std::to_string(detail::crc32_of(as_bytes(config), detail::crc32_of(as_bytes(text)))));
  writer.write(path);
}

/// Puts a model and its trainer, built with the settings of the interrupted run, into the state that save_checkpoint()
/// wrote; the model need not be initialized. Returns where the source has to seek to. Training then goes on with the
/// same bits as if it had never stopped, for any number of threads and in either precision.
///
/// Throws std::invalid_argument that names every setting that differs, with its old and its new value; FileError for a
/// file that is damaged or of another kind. Both leave model and trainer as they were; only a file whose checksums are
/// right and whose values are impossible does not.
template <class Trainer, class... Parts>
[[nodiscard]] SourcePosition load_checkpoint(const std::filesystem::path& path, Trainer& trainer,
                                             const nlohmann::ordered_json& settings, Parts&... parts) {
  const SafetensorsReader file(path);
  const nlohmann::ordered_json checkpoint = detail::read_checkpoint_text(file);
  const std::string differences =
      settings_differences(checkpoint["settings"], detail::checkpoint_settings(trainer, settings));
  if (!differences.empty())
    throw std::invalid_argument("cannot resume from " + path.string() + " with other settings: " + differences);
  detail::require_checkpoint_arrays(file, checkpoint["crc32"], trainer, parts...);

  auto& model = trainer.model();
  using Scalar = std::remove_cvref_t<decltype(model.input_scale)>;
  const nlohmann::json json = detail::read_model_config(file);
  detail::ConfigReader config(path, json, "config");
  const auto input_scale = config.read<double>("input_scale");
  const auto output_scale = config.read<double>("output_scale");
  try {
    require_positive("input_scale", input_scale);
    require_positive("output_scale", output_scale);
    model.input_scale = static_cast<Scalar>(input_scale);
    model.output_scale = static_cast<Scalar>(output_scale);
    const auto read = [&](const std::string& name, auto values) {
      using Value = std::remove_cvref_t<decltype(values[0])>;
      file.read_into(name, file.info(name).shape.slice(), Slice<Value>(values));
    };
    detail::visit_checkpoint(trainer, read, parts...);
    model.activation.check();
    trainer.accept_state();
  } catch (const std::invalid_argument& error) {
    throw FileError(path, std::string("checkpoint: ") + error.what());
  }
  return {checkpoint["source"]["epoch"].get<std::int64_t>(), checkpoint["source"]["sample"].get<std::int64_t>()};
}

/// What a checkpoint says of itself, for programs that only look: its step, where its source stood, all settings.
struct CheckpointSummary {
  Index step = 0;
  SourcePosition position;
  nlohmann::ordered_json settings;  ///< "model", "train", "program"
};

/// Throws FileError. The tensors are not looked at.
[[nodiscard]] inline CheckpointSummary summarize_checkpoint(const std::filesystem::path& path) {
  const SafetensorsReader file(path);
  const nlohmann::ordered_json checkpoint = detail::read_checkpoint_text(file);
  return {checkpoint["step"].get<Index>(),
          {checkpoint["source"]["epoch"].get<std::int64_t>(), checkpoint["source"]["sample"].get<std::int64_t>()},
          checkpoint["settings"]};
}

}  // namespace parsae::inline PARSAE_ABI

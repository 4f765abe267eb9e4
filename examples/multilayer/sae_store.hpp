// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/io/load_any.hpp>

#include <support/result_file.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace parsae_examples::multilayer {

/// The SAEs of a run as files, so that a run that was interrupted goes on where it stopped, and a user has them.
class SaeStore {
 public:
  enum class Start { Fresh, Resume };

  /// \param folder    made if missing. Fresh: SAEs in it are removed
  /// \param settings  what decides the SAEs' bits, as JSON. Resume: throws std::invalid_argument where the folder's
  /// SAEs
  ///                  were trained with other settings
  SaeStore(std::filesystem::path folder, const nlohmann::ordered_json& settings, Start start)
      : folder_(std::move(folder)) {
    const std::filesystem::path file = folder_ / "settings.json";
    const std::string text = settings.dump(1) + "\n";
    if (start == Start::Resume && std::filesystem::exists(file)) {
      std::ifstream stream(file, std::ios::binary);
      const std::string old{std::istreambuf_iterator<char>(stream), {}};
      if (old != text)
        parsae::reject("--resume", "the settings of the SAEs in " + folder_.string() + ":\n" + old, "\n" + text);
      return;
    }
    std::filesystem::create_directories(folder_);
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      if (entry.path().extension() == ".safetensors") std::filesystem::remove(entry.path());
    write_whole_file(file, text);
  }

  /// The SAE of that name: from its file, or by train(), which returns an std::optional<AnyAutoencoder>.
  template <class Train>
  [[nodiscard]] std::optional<parsae::AnyAutoencoder> obtain(const std::string& name, const Train& train) const {
    const std::filesystem::path file = folder_ / (name + ".safetensors");
    if (std::filesystem::exists(file)) return parsae::load_any(file);
    std::optional<parsae::AnyAutoencoder> sae = train();
    if (sae) std::visit([&](const auto& model) { parsae::save(model, file); }, *sae);
    return sae;
  }

 private:
  std::filesystem::path folder_;
};

}  // namespace parsae_examples::multilayer

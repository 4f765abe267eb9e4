// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/io/export_details.hpp>
#include <parsae/model/any_autoencoder.hpp>

#include <filesystem>
#include <sstream>
#include <string>
#include <utility>

namespace parsae_cli {

using parsae::Index;

/// A trained SAE with its inference rule, whatever trained it.
class Sae {
 public:
  /// \param rule  what trained it, as far as that is known: "topk", ...
  Sae(parsae::AnyAutoencoder model, std::string rule) : model_(std::move(model)), rule_(std::move(rule)) {}

  [[nodiscard]] const parsae::AnyAutoencoder& model() const { return model_; }
  [[nodiscard]] const std::string& rule() const { return rule_; }

  /// Of the inference rule, in words: "k = 32".
  [[nodiscard]] std::string settings() const {
    return std::visit(
        [](const auto& model) {
          std::ostringstream text;
          auto activation = model.activation;
          activation.visit_settings([&](std::string_view name, const auto& value) {
            text << (text.tellp() > 0 ? ", " : "") << name << " = " << value;
          });
          return text.str();
        },
        model_);
  }

  [[nodiscard]] Index n_inputs() const {
    return std::visit([](const auto& model) { return model.n_inputs(); }, model_);
  }
  [[nodiscard]] Index n_latents() const { return w_dec().cols(); }

  /// n_outputs x n_latents, in scaled units.
  [[nodiscard]] const parsae::Matrix<float>& w_dec() const {
    return std::visit(
        [](const auto& model) -> const auto& { return model.decoder.w_dec; }, model_);
  }
  [[nodiscard]] const parsae::Vector<float>& b_dec() const {
    return std::visit(
        [](const auto& model) -> const auto& { return model.decoder.b_dec; }, model_);
  }
  [[nodiscard]] float output_scale() const {
    return std::visit([](const auto& model) { return model.output_scale; }, model_);
  }

  /// Of samples in the user's units, n_inputs x n.
  [[nodiscard]] parsae::SparseCode<float> encode(const parsae::Matrix<float>& samples, parsae::Threads threads) const {
    return std::visit([&](const auto& model) { return model.encode(samples, threads); }, model_);
  }
  [[nodiscard]] parsae::Matrix<float> decode(const parsae::SparseCode<float>& code, parsae::Threads threads) const {
    return std::visit([&](const auto& model) { return model.decode(code, threads); }, model_);
  }

 private:
  parsae::AnyAutoencoder model_;
  std::string rule_;
};

/// From a model file or checkpoint, a run directory, or a directory of another program. Throws parsae::FileError.
[[nodiscard]] Sae load_sae(const std::filesystem::path& path);

/// Whether a folder holds the SAE of another program.
[[nodiscard]] bool is_foreign_sae(const std::filesystem::path& folder);

/// Formats that save_sae() knows.
[[nodiscard]] std::vector<std::string> sae_formats();

/// Throws parsae::FileError, and std::invalid_argument for a model that the format has no place for.
/// \param format  one of sae_formats()
void save_sae(const Sae& sae, const std::string& format, const std::filesystem::path& path,
              const parsae::ExportDetails& details);

}  // namespace parsae_cli

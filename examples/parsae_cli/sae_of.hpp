// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/model_file.hpp>
//SL#include <parsae/io/saelens.hpp>
#include <parsae/model/autoencoder.hpp>

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "gemma_npz.hpp"
#include "rules.hpp"
#include "sae.hpp"

namespace parsae_cli {

/// A model of a type that is known here, as an Sae.
template <class Act>
class SaeOf final : public Sae {
 public:
  explicit SaeOf(std::shared_ptr<parsae::Autoencoder<Act>> model) : model_(std::move(model)) {}

  [[nodiscard]] std::string rule() const override {
    std::string rule(Act::name);
    visit_activations([&](auto type, std::string_view name) {
      const bool is_this = std::is_same_v<typename decltype(type)::Type, Act>;
      if (is_this && !name.empty()) rule = name;
      return is_this;
    });
    return rule;
  }

  [[nodiscard]] std::string settings() const override {
    std::ostringstream text;
    Act activation = model_->activation;
    activation.visit_settings([&](std::string_view name, const auto& value) {
      text << (text.tellp() > 0 ? ", " : "") << name << " = " << value;
    });
    return text.str();
  }

  [[nodiscard]] Index n_inputs() const override { return model_->n_inputs(); }
  [[nodiscard]] const parsae::Matrix<float>& w_dec() const override { return model_->decoder.w_dec; }
  [[nodiscard]] const parsae::Vector<float>& b_dec() const override { return model_->decoder.b_dec; }
  [[nodiscard]] float output_scale() const override { return model_->output_scale; }

  [[nodiscard]] parsae::SparseCode<float> encode(const parsae::Matrix<float>& samples,
                                                 parsae::Threads threads) const override {
    return model_->encode(samples, threads);
  }
  [[nodiscard]] parsae::Matrix<float> decode(const parsae::SparseCode<float>& code,
                                             parsae::Threads threads) const override {
    return model_->decode(code, threads);
  }

  void save(const std::filesystem::path& path) const override { parsae::save(*model_, path); }
  void save_npz(const std::filesystem::path& path) const override { save_gemma_npz(*model_, path); }
  void save_saelens(const std::filesystem::path&) const override {}

 private:
  std::shared_ptr<parsae::Autoencoder<Act>> model_;
};

}  // namespace parsae_cli

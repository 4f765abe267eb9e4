// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/gated.hpp>
#include <parsae/activations/jump_relu.hpp>
#include <parsae/allocators/feature_choice.hpp>
#include <parsae/allocators/mutual_choice.hpp>
#include <parsae/io/model_file.hpp>
#include <parsae/model/any_autoencoder.hpp>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace parsae::inline PARSAE_ABI {

namespace detail {

/// The first of the activations whose name the file has.
template <class Act, class... Others>
[[nodiscard]] AnyAutoencoder load_one_of(const std::filesystem::path& path, const std::string& name) {
  if (name == Act::name) {
    const auto model = load<Autoencoder<Act>>(path);
    try {
      return with_inference_rule(model);
    } catch (const std::invalid_argument& error) {
      throw FileError(path, error.what());
    }
  }
  if constexpr (sizeof...(Others) > 0)
    return load_one_of<Others...>(path, name);
  else
    throw FileError(path, "config: unknown activation \"" + name + "\"");
}

}  // namespace detail

/// Reads a model file or checkpoint of any activation in float32, ready for encode(): with its inference rule. Throws
/// FileError, also for a model of Mutual or Feature Choice that has not been trained.
[[nodiscard]] inline AnyAutoencoder load_any(const std::filesystem::path& path) {
  const ModelFileSummary summary = summarize_model_file(path);
  return detail::load_one_of<ReLU<float>, TopK<float>, Threshold<float>, GatedInference<float>, JumpReLU<float>,
                             Gated<float>, MutualChoice<float>, FeatureChoice<float>, TreeGated<float>>(
      path, summary.activation);
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
// Loading SAEs whose rule is known at run time only.

#include "sae.hpp"

#include <parsae/io/run_directory.hpp>

#include <string>
#include <utility>

#include "sae_of.hpp"

namespace parsae_cli {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Sae> load_model_file(const fs::path& path) {
  const parsae::ModelFileSummary summary = parsae::summarize_model_file(path);
  std::unique_ptr<Sae> sae;
  visit_activations([&](auto type, std::string_view) {
    using Act = typename decltype(type)::Type;
    if (summary.activation != Act::name) return false;
    using Model = parsae::Autoencoder<Act>;
    sae = std::make_unique<SaeOf<Act>>(std::make_shared<Model>(parsae::load<Model>(path)));
    return true;
  });
  if (sae == nullptr) throw parsae::FileError(path, "unknown activation \"" + summary.activation + "\"");
  return sae;
}

/// The trained model of a run, or what its newest checkpoint holds.
std::unique_ptr<Sae> load_run(const fs::path& folder) {
  const auto directory = parsae::RunDirectory::open(folder, parsae::RunDirectory::Access::ReadOnly);
  if (fs::exists(directory.model_path())) return load_model_file(directory.model_path());
  const auto checkpoints = directory.checkpoints();
  if (checkpoints.empty()) throw parsae::FileError(folder, "the run has neither a model nor a checkpoint yet");
  return load_model_file(checkpoints.back().path);
}

}  // namespace

bool is_saelens(const fs::path& folder) {
  return fs::is_regular_file(folder / "cfg.json") && fs::is_regular_file(folder / "sae_weights.safetensors");
}

std::unique_ptr<Sae> load_sae(const fs::path& path) {
  if (!fs::exists(path)) throw parsae::FileError(path, "no such file or folder");
  if (!fs::is_directory(path)) return load_model_file(path);
  if (parsae::RunDirectory::is_run(path)) return load_run(path);
  throw parsae::FileError(path, "is neither a run directory nor a SAELens directory");
}

}  // namespace parsae_cli

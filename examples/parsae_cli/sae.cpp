// SPDX-License-Identifier: MIT
// SAEs in and out, in every format that is known.

#include "sae.hpp"

#include <parsae/io/run_directory.hpp>
#include <parsae/io/sae_dialects.hpp>

#include <string>
#include <variant>
#include <vector>

#include "gemma_npz.hpp"
#include "rules.hpp"

namespace parsae_cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* npz_format = "npz";

/// The trained model of a run, or its newest checkpoint.
fs::path model_of_run(const fs::path& folder) {
  const auto directory = parsae::RunDirectory::open(folder, parsae::RunDirectory::Access::ReadOnly);
  if (fs::exists(directory.model_path())) return directory.model_path();
  const auto checkpoints = directory.checkpoints();
  if (checkpoints.empty()) throw parsae::FileError(folder, "the run has neither a model nor a checkpoint yet");
  return checkpoints.back().path;
}

std::string rule_of(const parsae::AnyAutoencoder& any) {
  return std::visit(
      [](const auto& model) {
        return command_name(std::string(std::remove_cvref_t<decltype(model)>::ActivationType::name));
      },
      any);
}

}  // namespace

bool is_foreign_sae(const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  for (const parsae::SaeDialect& dialect : parsae::sae_dialects())
    if (dialect.recognizes(folder)) return true;
  return false;
}

Sae load_sae(const fs::path& path) {
  if (!fs::exists(path)) throw parsae::FileError(path, "no such file or folder");
  if (parsae::RunDirectory::is_run(path)) return load_sae(model_of_run(path));
  if (fs::is_regular_file(path))
    return Sae(parsae::load_any(path), command_name(parsae::summarize_model_file(path).activation));
  const parsae::AnyAutoencoder any = parsae::sae_dialect_of(path).load(path);
  return Sae(any, rule_of(any));
}

std::vector<std::string> sae_formats() {
  std::vector<std::string> names;
  for (const parsae::SaeDialect& dialect : parsae::sae_dialects()) names.emplace_back(dialect.name);
  names.emplace_back(npz_format);
  return names;
}

void save_sae(const Sae& sae, const std::string& format, const fs::path& path, const parsae::ExportDetails& details) {
  if (format == npz_format)
    std::visit([&](const auto& model) { save_gemma_npz(model, path); }, sae.model());
  else
    parsae::sae_dialect(format).save(sae.model(), path, details);
}

}  // namespace parsae_cli

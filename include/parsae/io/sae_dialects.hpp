// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/io/load_any.hpp>
#include <parsae/io/saelens.hpp>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// A way to store an autoencoder. All of them meet in AnyAutoencoder, so each can become any other.
struct SaeDialect {
  std::string_view name;
  std::string_view description;
  bool (*recognizes)(const std::filesystem::path& path) = nullptr;  ///< by what is there; the content may be damaged
  AnyAutoencoder (*load)(const std::filesystem::path& path) = nullptr;
  void (*save)(const AnyAutoencoder& model, const std::filesystem::path& path, const ExportDetails& details) = nullptr;
};

/// All dialects. A new one is a header with three functions, and an entry here.
inline const std::array<SaeDialect, 2>& sae_dialects() {
  static const std::array<SaeDialect, 2> dialects{{
      {"parsae", "one safetensors file, with the input scale",
       [](const std::filesystem::path& path) { return std::filesystem::is_regular_file(path); }, load_any,
       [](const AnyAutoencoder& any, const std::filesystem::path& path, const ExportDetails&) {
         std::visit([&](const auto& model) { save(model, path); }, any);
       }},
      {"saelens", "a directory that SAELens 6 loads, folded",
       [](const std::filesystem::path& path) { return std::filesystem::is_regular_file(path / "cfg.json"); },
       load_saelens, save_saelens},
  }};
  return dialects;
}

/// The dialect of that name; std::invalid_argument that lists all of them where there is none.
[[nodiscard]] inline const SaeDialect& sae_dialect(std::string_view name) {
  std::string names;
  for (const SaeDialect& dialect : sae_dialects()) {
    if (dialect.name == name) return dialect;
    names += (names.empty() ? "" : " or ") + std::string(dialect.name);
  }
  reject("dialect", names, name);
}

/// The first dialect that recognizes what is at `path`; FileError where none does.
[[nodiscard]] inline const SaeDialect& sae_dialect_of(const std::filesystem::path& path) {
  for (const SaeDialect& dialect : sae_dialects())
    if (dialect.recognizes(path)) return dialect;
  throw FileError(path, "is neither a model file nor a directory with an autoencoder");
}

}  // namespace parsae::inline PARSAE_ABI

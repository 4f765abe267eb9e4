// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace parsae_examples::multilayer {

/// A checkpoint and its tokenizer, both there.
struct ModelFiles {
  std::filesystem::path model;
  std::filesystem::path tokenizer;
};

[[nodiscard]] inline std::string where_to_get_models() {
  return "  The models that llama2.c publishes, trained on TinyStories; the smallest has 260,000 parameters (1 MB):\n"
         "    curl -LO https://huggingface.co/karpathy/tinyllamas/resolve/main/stories260K/stories260K.bin\n"
         "    curl -LO https://huggingface.co/karpathy/tinyllamas/resolve/main/stories260K/tok512.bin\n"
         "  Larger: stories15M.bin, stories42M.bin, stories110M.bin in the same place, each with tokenizer.bin of the\n"
         "  repository github.com/karpathy/llama2.c. Then: multilayer --model stories260K.bin --tokenizer tok512.bin\n";
}

namespace detail {

[[nodiscard]] inline std::filesystem::path first_that_exists(const std::filesystem::path& folder,
                                                             const std::initializer_list<std::string>& names) {
  for (const std::string& name : names)
    if (std::filesystem::exists(folder / name)) return folder / name;
  return {};
}

}  // namespace detail

/// The files that are meant: those that are given, or the published model in the folder language of PARSAE_TEST_DATA.
/// A missing tokenizer is looked for beside the model. Throws std::runtime_error that says where models come from.
[[nodiscard]] inline ModelFiles find_model_files(const std::filesystem::path& model,
                                                 const std::filesystem::path& tokenizer) {
  ModelFiles files{model, tokenizer};
  if (files.model.empty()) {
    const char* data = std::getenv("PARSAE_TEST_DATA");
    if (data != nullptr)
      files.model = detail::first_that_exists(std::filesystem::path(data) / "language", {"stories260K.bin"});
    if (files.model.empty())
      throw std::runtime_error("needs a language model, by --model and --tokenizer.\n" + where_to_get_models() +
                               "  Without one, --random-model shows how a run goes.");
  }
  if (!std::filesystem::exists(files.model))
    throw std::runtime_error("--model: there is no file " + files.model.string() + "\n" + where_to_get_models());
  if (files.tokenizer.empty()) {
    files.tokenizer = detail::first_that_exists(files.model.parent_path(), {"tok512.bin", "tokenizer.bin"});
    if (files.tokenizer.empty())
      throw std::runtime_error("--tokenizer: none given, and neither tok512.bin nor tokenizer.bin lies beside " +
                               files.model.string() + "\n" + where_to_get_models());
  }
  if (!std::filesystem::exists(files.tokenizer))
    throw std::runtime_error("--tokenizer: there is no file " + files.tokenizer.string() + "\n" +
                             where_to_get_models());
  return files;
}

}  // namespace parsae_examples::multilayer

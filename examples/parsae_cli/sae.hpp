// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace parsae_cli {

using parsae::Index;

/// A trained SAE whose sparsity rule is known at run time only.
class Sae {
 public:
  Sae() = default;
  Sae(const Sae&) = delete;
  Sae& operator=(const Sae&) = delete;
  virtual ~Sae() = default;

  [[nodiscard]] virtual std::string rule() const = 0;      ///< "topk", ...; "threshold" where none of them trained it
  [[nodiscard]] virtual std::string settings() const = 0;  ///< of the rule, in words: "k = 32"
  [[nodiscard]] virtual Index n_inputs() const = 0;
  [[nodiscard]] virtual const parsae::Matrix<float>& w_dec() const = 0;  ///< n_outputs x n_latents, scaled units
  [[nodiscard]] virtual const parsae::Vector<float>& b_dec() const = 0;
  [[nodiscard]] virtual float output_scale() const = 0;

  /// Of samples in the user's units, n_inputs x n.
  [[nodiscard]] virtual parsae::SparseCode<float> encode(const parsae::Matrix<float>& samples,
                                                         parsae::Threads threads) const = 0;
  [[nodiscard]] virtual parsae::Matrix<float> decode(const parsae::SparseCode<float>& code,
                                                     parsae::Threads threads) const = 0;

  /// As a model file of parsae. Throws parsae::FileError.
  virtual void save(const std::filesystem::path& path) const = 0;

  /// As the arrays w_enc, b_enc, w_dec, b_dec and threshold of Gemma Scope, in the user's units, with no subtraction of
  /// b_dec from the input. Throws std::invalid_argument for rules that thresholds cannot express.
  virtual void save_npz(const std::filesystem::path& path) const = 0;

  /// As a SAELens directory. Throws parsae::FileError.
  virtual void save_saelens(const std::filesystem::path& folder) const = 0;

  [[nodiscard]] Index n_latents() const { return w_dec().cols(); }
};

/// Whether a folder looks like a SAELens directory.
[[nodiscard]] bool is_saelens(const std::filesystem::path& folder);

/// From a model file, a run directory, or a SAELens directory. Throws parsae::FileError.
[[nodiscard]] std::unique_ptr<Sae> load_sae(const std::filesystem::path& path);

}  // namespace parsae_cli

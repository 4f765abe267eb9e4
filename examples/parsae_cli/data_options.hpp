// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <string>
#include <vector>

namespace parsae_cli {

using parsae::Index;

/// Whether an option decides what comes out, or only how fast and how loudly.
enum class Effect { Result, Running };

/// Which activations, and how their files are read. The same for every verb.
struct DataOptions {
  std::vector<std::string> inputs{};  ///< files, globs, folders
  Index dim = 0;                      ///< of raw files
  std::string dtype = "f4";           ///< of raw files
  Index skip_bytes = 0;               ///< of raw files
  std::string array{};                ///< of npz and safetensors
  bool skips_not_finite = false;
  double max_norm_ratio = 0;  ///< 0: no filter
};

/// visit(name, value, effect, what help says of it) for every option but the inputs.
template <class Options, class Visit>
void visit_data_options(Options& options, const Visit& visit) {
  visit("--dim", options.dim, Effect::Result, "raw files: values a row; 0: the files are not raw");
  visit("--dtype", options.dtype, Effect::Result, "raw files: f2, bf16, f4, f8, u1, i4 or i8 (f4 = float32)");
  visit("--skip-bytes", options.skip_bytes, Effect::Result, "raw files: bytes of a header to leave out");
  visit("--array", options.array, Effect::Result, "npz and safetensors: the array to read, where a file holds several");
  visit("--skip-not-finite", options.skips_not_finite, Effect::Result,
        "leave out rows with NaN or infinities and count them; without it they end the run");
  visit("--max-norm-ratio", options.max_norm_ratio, Effect::Result,
        "leave out rows whose norm is above so many times the median (first tokens, attention sinks) and count\n"
        "them; 0: keep all");
}

/// Refuses what no file can be read with; messages name the option.
inline void check(const DataOptions& options) {
  if (options.inputs.empty()) parsae::reject("inputs", "at least one file, glob or folder of activations", "none");
  parsae::require_between("--dim", options.dim, Index{0}, Index{1} << 30);
  parsae::require_at_least("--skip-bytes", options.skip_bytes, Index{0});
  if (options.skip_bytes > 0 && options.dim == 0)
    parsae::reject("--skip-bytes", "--dim beside it: both are of raw files", options.skip_bytes);
  parsae::require_not_negative("--max-norm-ratio", options.max_norm_ratio);
  if (options.max_norm_ratio != 0) parsae::require_at_least("--max-norm-ratio", options.max_norm_ratio, 1.0);
}

}  // namespace parsae_cli

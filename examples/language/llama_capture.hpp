// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <limits>
#include <string>
#include <string_view>

namespace parsae_examples {

/// Collects the rows of one named tensor from a program that runs a model with llama.cpp. Needs nothing of llama.cpp
/// but what these few lines say in the program that has it:
///
///     struct Ggml {
///       using Tensor = ggml_tensor;
///       static bool is_float(const Tensor& tensor) { return tensor.type == GGML_TYPE_F32; }
///       static bool is_contiguous(const Tensor& tensor) { return ggml_is_contiguous(&tensor); }
///       static void read(const Tensor& tensor, void* to, std::size_t n_bytes) {
///         ggml_backend_tensor_get(&tensor, to, 0, n_bytes);
///       }
///     };
///
///     LlamaCapture<Ggml> capture({.tensor = "l_out-3"});  // the residual stream behind block 3
///     llama_context_params params = llama_context_default_params();
///     params.cb_eval = LlamaCapture<Ggml>::callback;
///     params.cb_eval_user_data = &capture;
///     ...                                                 // llama_decode() as often as you like
///     capture.rethrow_failure();
///     MatrixSource<float> source(capture.samples(), {...});
///
/// A row of the tensor is a token and becomes a sample, that is a column, with the same bytes. The last block holds
/// only the tokens whose logits were asked for. Each captured tensor makes llama.cpp wait for its result.
template <class Ggml>
class LlamaCapture {
 public:
  using Tensor = typename Ggml::Tensor;

  struct Settings {
    std::string tensor = {};                                    ///< its exact name
    parsae::Index most_rows = std::numeric_limits<int>::max();  ///< what comes later is not asked for, >= 1
  };

  explicit LlamaCapture(const Settings& settings) : settings_(settings) {
    if (settings.tensor.empty()) parsae::reject("LlamaCapture tensor", "a name", "none");
    parsae::require_at_least("LlamaCapture most_rows", settings.most_rows, parsae::Index{1});
  }

  /// For cb_eval, with the address of this object for cb_eval_user_data. First llama.cpp asks whether a tensor is
  /// wanted
  /// (`ask`), then it shows it with its data; the answer false stops the computation, which happens after a failure.
  static bool callback(Tensor* tensor, bool ask, void* capture) {
    return static_cast<LlamaCapture*>(capture)->answer(*tensor, ask);
  }

  [[nodiscard]] parsae::Index n_rows() const { return width_ == 0 ? 0 : values_.size() / width_; }

  /// width x n_rows(), until the next tensor comes or the rows are cleared.
  [[nodiscard]] Eigen::Map<const parsae::Matrix<float>> samples() const { return {values_.data(), width_, n_rows()}; }

  /// Forgets the rows, for instance after writing them to a shard. The next ones must have the same width.
  void clear() { values_.clear(); }

  /// An exception must not cross llama.cpp, so it waits here: call this after llama_decode().
  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  [[nodiscard]] bool answer(const Tensor& tensor, bool ask) noexcept {
    const bool is_wanted =
        !failure_ && n_rows() < settings_.most_rows && std::string_view(tensor.name) == settings_.tensor;
    if (ask) return is_wanted;
    if (!is_wanted) return !failure_;
    const parsae::Index before = values_.size();
    try {
      take(tensor);
    } catch (...) {
      values_.resize(before);
      failure_ = std::current_exception();
    }
    return !failure_;
  }

  void take(const Tensor& tensor) {
    if (!Ggml::is_float(tensor)) parsae::reject(settings_.tensor, "float32 elements", "another type");
    if (!Ggml::is_contiguous(tensor)) parsae::reject(settings_.tensor, "rows one after another", "a view with gaps");
    if (tensor.ne[2] != 1 || tensor.ne[3] != 1) parsae::reject(settings_.tensor, "two dimensions", "more");
    const auto width = static_cast<parsae::Index>(tensor.ne[0]);
    const auto n_new = static_cast<parsae::Index>(tensor.ne[1]);
    if (width_ != 0 && width != width_) parsae::reject(settings_.tensor, "rows as wide as before", width);
    width_ = width;
    const parsae::Index n_kept = std::min(n_new, settings_.most_rows - n_rows());
    const parsae::Index before = values_.size();
    values_.resize(before + n_kept * width);
    if (n_kept > 0 && width > 0)
      Ggml::read(tensor, values_.data() + before, sizeof(float) * static_cast<std::size_t>(n_kept * width));
  }

  Settings settings_;
  parsae::Index width_ = 0;
  parsae::Buffer<float> values_;
  std::exception_ptr failure_;
};

}  // namespace parsae_examples

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/input_shares.hpp>
#include <parsae/sparse/panel_product.hpp>
#include <parsae/sparse/screen_bound.hpp>

#include <vector>

namespace parsae::inline PARSAE_ABI {

/// The latents of an encoder in a low-precision code, packed panel by panel for ScreenProduct, with what bounds need.
/// Built once a step by all threads, and once for good by an encoder that only runs.
template <class Code>
class ScreenedLatents {
 public:
  using Pack = Simd<float>;
  static constexpr bool has_one_scale = Code::has_one_scale;
  static constexpr Index per_panel = PanelProduct<float>::latents;

  /// What ScreenProduct reads of one panel: `per_panel` entries each.
  struct Panel {
    const std::uint32_t* words = nullptr;  ///< n_words x per_panel
    const typename Code::Sum* first_sums = nullptr;
    const float* scale = nullptr;
    const float* size = nullptr;
    const float* error = nullptr;
    const float* bias = nullptr;
  };

  /// Takes over the memory of another code's words. Only one of two is of use in a step.
  template <class Other>
  void take_memory(ScreenedLatents<Other>& other) {
    if (other.words_.capacity() > words_.capacity()) words_ = std::move(other.words_);
    other.words_ = {};
  }

  /// Before build(): finds which inputs of the batch will be told in shares, in at most so many copies. Holds until the
  /// next call.
  void share(const Matrix<float>& inputs, Index most_copies) { shares_.measure(inputs, most_copies); }

  void build(const Matrix<float>& w_enc, const Vector<float>& b_enc, Threads threads) {
    const Index n_entries = shares_.size(w_enc.rows());
    n_words_ = divide_up(n_entries, Code::inputs_per_word);
    n_panels_ = divide_up(w_enc.cols(), per_panel);
    if (words_.capacity() < n_panels_ * n_words_ * per_panel) words_ = {};  // nothing worth a copy
    words_.resize(n_panels_ * n_words_ * per_panel);
    first_sums_.assign(n_panels_ * per_panel, typename Code::Sum(0));
    for (Buffer<float>* entries : {&scale_, &size_, &error_, &bias_}) entries->assign(n_panels_ * per_panel, 0.0F);
    scratch_.resize(static_cast<std::size_t>(threads.count()));
    for (Scratch& scratch : scratch_) {
      scratch.words.resize(per_panel * n_words_);
      scratch.column.resize(n_entries);
    }
    constexpr Index group = 8;
    threads.for_each(divide_up(n_panels_, group), [&](Index task, int worker) {
      const Index last = std::min(n_panels_, (task + 1) * group);
      for (Index panel = task * group; panel < last; ++panel)
        build_panel(w_enc, b_enc, panel, scratch_[static_cast<std::size_t>(worker)]);
    });
  }

  [[nodiscard]] const InputShares& shares() const { return shares_; }
  [[nodiscard]] Index n_words() const { return n_words_; }
  [[nodiscard]] Index n_panels() const { return n_panels_; }

  [[nodiscard]] Panel panel(Index index) const {
    const Index at = index * per_panel;
    return {words_.data() + at * n_words_,
            first_sums_.data() + at,
            scale_.data() + at,
            size_.data() + at,
            error_.data() + at,
            bias_.data() + at};
  }

 private:
  template <class>
  friend class ScreenedLatents;

  struct Scratch {
    Buffer<std::uint32_t> words;  ///< per_panel columns of n_words
    Buffer<float> column;
  };

  void build_panel(const Matrix<float>& w_enc, const Vector<float>& b_enc, Index panel, Scratch& scratch) {
    std::uint32_t* const columns = scratch.words.data();
    const Index first = panel * per_panel;
    const Index count = std::min(per_panel, w_enc.cols() - first);
    std::fill_n(columns + count * n_words_, (per_panel - count) * n_words_, 0U);
    for (Index j = 0; j < count; ++j) {
      const float* column = w_enc.data() + (first + j) * w_enc.rows();
      if (!shares_.empty()) {
        shares_.spread_latent(column, scratch.column.data());
        column = scratch.column.data();
      }
      const CodedColumn coded = Code::encode(column, shares_.size(w_enc.rows()), columns + j * n_words_);
      first_sums_[first + j] = Code::first_sum(coded);
      scale_[first + j] = coded.scale;
      size_[first + j] = coded.norm + coded.error;
      error_[first + j] = coded.error;
      bias_[first + j] = b_enc(first + j);
    }
    PanelProduct<float>::pack_latents<std::uint32_t>(columns, per_panel, n_words_, words_.data() + first * n_words_);
  }

  InputShares shares_;
  Index n_words_ = 0;
  Index n_panels_ = 0;
  Buffer<std::uint32_t> words_;
  Buffer<typename Code::Sum> first_sums_;
  Buffer<float> scale_;
  Buffer<float> size_;
  Buffer<float> error_;
  Buffer<float> bias_;
  std::vector<Scratch> scratch_;
};

}  // namespace parsae::inline PARSAE_ABI

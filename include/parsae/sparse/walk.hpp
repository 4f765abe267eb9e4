// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/exact_walk.hpp>
#include <parsae/sparse/precision.hpp>
#include <parsae/sparse/screened_walk.hpp>
#include <parsae/sparse/screening_policy.hpp>

#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// From centered inputs to sparse codes without ever holding the n_latents x batch matrix of pre-activations.
///
/// Each task is a block of samples, whose entries pass the floors of the selection rules. Several rules share the
/// products of one walk (a main code and an auxiliary one); each gets floors, a buffer and a code of its own. All
/// memory is kept for the next walk.
///
/// The codes are the same bits for every block size, group size, number of threads, buffer size and precision.
template <class Scalar, SelectionFor<Scalar>... Selections>
class Walk {
 public:
  struct Settings {
    Index block = 1200;          ///< most samples of a task, >= 1; a small one packs the latents again and again
    Index group_bytes = 400000;  ///< packed latents that stay in the second-level cache while the samples pass, >= 1
    Precision precision = Precision::Exact;
    Index screened_block = 264;  ///< like block where latents are packed once: coded samples stay in that cache, too,
                                 ///< and what waits for full precision takes little memory
  };

  Walk() : Walk(Settings()) {}
  explicit Walk(const Settings& settings) : settings_(settings) {
    require_at_least("Walk block", settings.block, Index{1});
    require_at_least("Walk screened_block", settings.screened_block, Index{1});
    require_at_least("Walk group_bytes", settings.group_bytes, Index{1});
  }

  template <class>
  using CodeOf = SparseCode<Scalar>;

  /// \param inputs  n_inputs x batch, scaled and centered
  /// \param w_enc   n_inputs x n_latents
  /// \param b_enc   n_latents
  /// \param codes   one for each rule; replaced
  void run(const Matrix<Scalar>& inputs, const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc, Threads threads,
           const Selections&... selections, CodeOf<Selections>&... codes) {
    require_shape("Walk w_enc", w_enc.rows(), w_enc.cols(), inputs.rows(), b_enc.size());
    const typename Rules::Rules refs(selections...);
    const Index block = Rules::block_size(inputs.cols(), settings_.block, threads);
    for (bool is_confirmed = false; !is_confirmed;) {
      const Rules rules(refs, rule_workers_, threads.count(), block);
      run_rules(rules, inputs, w_enc, b_enc, threads);
      is_confirmed = rules.confirm();
      if (is_confirmed) rules.finish(std::tie(codes...));
    }
  }

  /// What screening did over all runs; nothing with Precision::Exact.
  [[nodiscard]] const ScreeningReport& screening() const { return policy_.report(); }

 private:
  using Rules = WalkRules<Scalar, Selections...>;
  using Way = ScreeningPolicy::Way;

  static constexpr bool can_screen = std::is_same_v<Scalar, float>;

  /// What only a walk in float has.
  struct Screening {
    ScreenedWalk<Selections...> walk;
    ScreenedLatents<Int8Code> int8_latents;
    ScreenedLatents<Bf16Code> bf16_latents;
  };
  struct NoScreening {};

  void run_rules(const Rules& rules, const Matrix<Scalar>& inputs, const Matrix<Scalar>& w_enc,
                 const Vector<Scalar>& b_enc, Threads threads) {
    if constexpr (can_screen) {
      if (settings_.precision == Precision::Screened) {
        const Way way = policy_.next(inputs.rows());
        if (way == Way::Int8)
          return screen(way, screening_.int8_latents, screening_.bf16_latents, rules, inputs, w_enc, b_enc, threads);
        if (way == Way::Bf16)
          return screen(way, screening_.bf16_latents, screening_.int8_latents, rules, inputs, w_enc, b_enc, threads);
        policy_.observe(way, 0, 0, 0, 0, 0);
      }
    }
    const Index block = Rules::block_size(inputs.cols(), settings_.block, threads);
    exact_.run(rules, block, settings_.group_bytes, inputs, w_enc, b_enc, threads);
  }

  template <class Latents, class Others>
  void screen(Way way, Latents& latents, Others& others, const Rules& rules, const Matrix<Scalar>& inputs,
              const Matrix<Scalar>& w_enc, const Vector<Scalar>& b_enc, Threads threads) {
    const Index block = Rules::block_size(inputs.cols(), settings_.screened_block, threads);
    latents.take_memory(others);
    if constexpr (Latents::has_one_scale) {  // bf16 has an exponent for each entry
      const Index n_inputs = inputs.rows();
      latents.share(inputs, std::min(n_inputs / 8, Int8Code::most_inputs - n_inputs));
    }
    latents.build(w_enc, b_enc, threads);
    const auto counts =
        screening_.walk.run(rules, block, settings_.group_bytes, inputs, latents, w_enc, b_enc, threads);
    policy_.observe(way, w_enc.cols() * inputs.cols(), inputs.rows(), inputs.cols(), counts.survivors, counts.rescored);
  }

  Settings settings_;
  ScreeningPolicy policy_;
  typename Rules::Workers rule_workers_;
  ExactWalk<Scalar, Selections...> exact_;
  std::conditional_t<can_screen, Screening, NoScreening> screening_;
};

}  // namespace parsae::inline PARSAE_ABI

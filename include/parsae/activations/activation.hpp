// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/parameter_array.hpp>
#include <parsae/sparse/latent_entries.hpp>
#include <parsae/sparse/selection.hpp>

#include <concepts>
#include <string_view>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// What turns pre-activations into a code. With `act` an activation and `rule` a const one:
///
/// - `Activation::Scalar`, and `Activation::name`: what files call it.
/// - `Activation::has_threshold`: it has learnable thresholds, and `backward` delivers `gradient.gate` to them.
/// - `rule.select(batch, n_latents)`: the rule of training, for the walk. Reached by the trainer only.
/// - `rule.inference()`: a rule that treats each sample alone, itself an activation; what encode() uses.
/// - `rule.backward(entries, gradient, d_pre_acts, d_own)`: one latent's part of the chain rule. Writes dL/d pre_act of
/// every
///   entry, and dL/d of the activation's own learned entries of this latent, in the order of `visit_arrays`.
/// - `act.observe(code)`: sees the code of each training batch; the only way in which an activation changes outside of
/// the
///   optimizer.
/// - `rule.check()`: throws std::invalid_argument unless every setting and every array entry is in its range.
/// - `act.resize(n_latents)`: sets up arrays that have an entry for each latent.
/// - `act.constrain(latent)`: after the optimizer's update, back into the allowed range.
/// - `visit_arrays(f)` and `visit_settings(f)`: f(ParameterArray) for each array, f(name, value) for each setting.
template <class Activation>
concept ActivationRule = requires(Activation act, const Activation rule, Index batch, Index n_latents, Index latent,
                                  const LatentEntries<typename Activation::Scalar>& entries,
                                  const LatentGradient<typename Activation::Scalar>& gradient,
                                  Slice<typename Activation::Scalar> d_pre_acts,
                                  Slice<typename Activation::Scalar> d_own,
                                  const SparseCode<typename Activation::Scalar>& code) {
  { Activation::name } -> std::convertible_to<std::string_view>;
  { Activation::has_threshold } -> std::convertible_to<bool>;
  { rule.select(batch, n_latents) } -> SelectionFor<typename Activation::Scalar>;
  {rule.inference()};
  { rule.backward(entries, gradient, d_pre_acts, d_own) } -> std::same_as<void>;
  { act.observe(code) } -> std::same_as<void>;
  { rule.check() } -> std::same_as<void>;
  { act.resize(n_latents) } -> std::same_as<void>;
  { act.constrain(latent) } -> std::same_as<void>;
  {
    act.visit_arrays([](const ParameterArray<typename Activation::Scalar>&) {})
    } -> std::same_as<void>;
  {
    act.visit_settings([](std::string_view, auto&) {})
    } -> std::same_as<void>;
};

/// An activation whose inference rule is one, too.
template <class Act>
concept Activation = ActivationRule<Act> && ActivationRule<decltype(std::declval<const Act&>().inference())>;

/// An activation that also measures pre-activations while it trains. After each step the trainer hands it those of a
/// few samples of the batch:
///
/// - `act.observe_pre_acts(pre_acts)`: n_latents x samples, finite or not; changes statistics only.
template <class Act>
concept ObservesPreActivations = requires(Act act, const Matrix<typename Act::Scalar>& pre_acts) {
  { act.observe_pre_acts(pre_acts) } -> std::same_as<void>;
};

/// The answers of an activation that has no array and no state. Derive from it and write select, inference and
/// backward.
struct StatelessActivation {
  static constexpr bool has_threshold = false;

  template <class Scalar>
  void observe(const SparseCode<Scalar>&) {}
  void check() const {}
  void resize(Index) {}
  void constrain(Index) {}
  template <class Visit>
  void visit_arrays(const Visit&) {}
  template <class Visit>
  void visit_settings(const Visit&) {}
};

/// An activation with a gate: it stores every entry with pre_act > 0, active or not, and `backward` hands
/// `gradient.pre_act` on, so that losses on the gate's pre-activations train it. Optional: no member, no gate.
template <class Act>
concept HasGate = requires {
  requires Act::has_gate;
};

/// d_pre_acts = gradient.pre_act + scale * gradient.value where the entry is active: the chain rule of every activation
/// that passes a selected pre-activation through, unchanged (scale 1) or scaled and shifted.
template <class Scalar>
void pass_through_backward(const LatentEntries<Scalar>& entries, const LatentGradient<Scalar>& gradient,
                           Slice<Scalar> d_pre_acts, Scalar scale = 1) {
  for (Index e = 0; e < entries.size(); ++e)
    d_pre_acts[e] = gradient.pre_act[e] + (entries.values[e] != 0 ? scale * gradient.value[e] : Scalar(0));
}

}  // namespace parsae::inline PARSAE_ABI

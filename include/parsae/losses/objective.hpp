// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/auxiliary.hpp>
#include <parsae/losses/loss.hpp>

#include <array>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// A loss on the pre-activations of a gate, which says so by `needs_gate`; optional, no member means no.
template <class Loss>
concept NeedsGate = requires {
  requires Loss::needs_gate;
};

/// The training loss: a reconstruction loss, an auxiliary loss (or NoAuxiliary), and any number of losses on the code,
/// added up. `Objective objective(MeanSquaredError(), AuxK(), L1({.coefficient = 5e-3}));`
template <class Reconstruction, class Auxiliary = NoAuxiliary, class... CodeLosses>
class Objective {
 public:
  static constexpr bool has_auxiliary = !std::is_same_v<Auxiliary, NoAuxiliary>;
  static constexpr bool needs_threshold = (CodeLosses::needs_threshold || ... || false);
  static constexpr bool needs_value_moments = (NeedsValueMoments<CodeLosses> || ... || false);
  static constexpr bool needs_gate = (NeedsGate<Auxiliary> || ... || NeedsGate<CodeLosses>);
  static constexpr std::size_t n_code_losses = sizeof...(CodeLosses);
  static constexpr std::string_view reconstruction_name = Reconstruction::name;

  using ReconstructionLoss = Reconstruction;
  using AuxiliaryLoss = Auxiliary;

  /// Whether every part satisfies its concept for this Scalar.
  template <class Scalar>
  [[nodiscard]] static constexpr bool accepts() {
    return ReconstructionLossFor<Reconstruction, Scalar> &&
           (!has_auxiliary || AuxiliaryFor<Auxiliary, Scalar>)&&(CodeLossFor<CodeLosses, Scalar> && ... && true);
  }

  explicit Objective(const Reconstruction& reconstruction, const Auxiliary& auxiliary = {},
                     const CodeLosses&... code_losses)
      : reconstruction_(reconstruction), auxiliary_(auxiliary), code_losses_(code_losses...) {}

  [[nodiscard]] const Reconstruction& reconstruction() const { return reconstruction_; }
  [[nodiscard]] const Auxiliary& auxiliary() const { return auxiliary_; }

  /// The objective of one step: every loss on the code as it is under the schedule's factor, the batch's code and
  /// the steps before. Throws std::invalid_argument where a loss cannot serve a model of that size.
  [[nodiscard]] Objective of_step(const CodeLossStep& step) const {
    if constexpr (NestsPrefixes<Reconstruction>) reconstruction_.require_fits(step.n_latents);
    return std::apply(
        [&](const CodeLosses&... losses) { return Objective(reconstruction_, auxiliary_, losses.of_step(step)...); },
        code_losses_);
  }

  /// Adds one latent's part of every code loss to `values` (in order) and to the gradient.
  template <class Scalar>
  void add_code_losses(const LatentEntries<Scalar>& entries, Scalar decoder_norm, Index batch,
                       LatentGradient<Scalar>& gradient, std::array<double, n_code_losses>& values) const {
    std::apply(
        [&](const CodeLosses&... losses) {
          [[maybe_unused]] std::size_t at = 0;
          ((values[at++] += losses.add(entries, decoder_norm, batch, gradient)), ...);
        },
        code_losses_);
  }

  /// visit(name, value): the names of all losses as "losses", then "<loss>.<setting>" for every setting of every loss.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    std::string names(reconstruction_name);
    const auto append = [&](std::string_view name) { names.append(" + ").append(name); };
    if constexpr (has_auxiliary) append(Auxiliary::name);
    for (const std::string_view name : code_loss_names()) append(name);
    visit("losses", names);
    const auto visit_loss = [&](const auto& loss, std::string_view loss_name) {
      const auto prefixed = [&](std::string_view name, const auto& value) {
        visit(std::string(loss_name).append(".").append(name), value);
      };
      if constexpr (requires { loss.visit_settings(prefixed); }) loss.visit_settings(prefixed);
    };
    visit_loss(reconstruction_, reconstruction_name);
    if constexpr (has_auxiliary) visit_loss(auxiliary_, Auxiliary::name);
    std::apply([&](const CodeLosses&... losses) { (visit_loss(losses, CodeLosses::name), ...); }, code_losses_);
  }

  [[nodiscard]] static constexpr std::array<std::string_view, n_code_losses> code_loss_names() {
    return {std::string_view(CodeLosses::name)...};
  }

 private:
  Reconstruction reconstruction_;
  Auxiliary auxiliary_;
  std::tuple<CodeLosses...> code_losses_;
};

}  // namespace parsae::inline PARSAE_ABI

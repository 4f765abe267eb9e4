// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/model/any_autoencoder.hpp>

namespace parsae::inline PARSAE_ABI {

namespace detail {

/// The rule under which factor_j pi_j has the value factor_j f_j.
template <class Scalar>
[[nodiscard]] ReLU<Scalar> scaled_rule(const ReLU<Scalar>& rule, const Vector<Scalar>&) {
  return rule;
}
template <class Scalar>
[[nodiscard]] TopK<Scalar> scaled_rule(const TopK<Scalar>& rule, const Vector<Scalar>&) {
  return rule;
}
template <class Scalar>
[[nodiscard]] Threshold<Scalar> scaled_rule(const Threshold<Scalar>& rule, const Vector<Scalar>& factors) {
  return Threshold<Scalar>((rule.threshold().array() * factors.array()).matrix().eval());
}
template <class Scalar>
[[nodiscard]] GatedInference<Scalar> scaled_rule(const GatedInference<Scalar>& rule, const Vector<Scalar>& factors) {
  return {rule.log_scale(), (rule.shift().array() * factors.array()).matrix().eval()};
}

}  // namespace detail

/// Measures each latent j in another unit, factor_j > 0 of which are one of the old:
///
///     w_enc(:, j) <- factor_j w_enc(:, j),   b_enc, thresholds, shifts alike,   w_dec(:, j) <- w_dec(:, j) / factor_j
///
/// so values become factor_j f_j and the reconstruction stays. The model of an inference rule; its decoder is Free
/// afterwards. TopK then compares values in their new units: it is the same function only where all factors are equal.
template <class Rule>
void scale_latents(Autoencoder<Rule>& model, const Vector<typename Rule::Scalar>& factors) {
  require_shape("scale_latents factors", factors.size(), 1, model.n_latents(), 1);
  for (const auto factor : factors) require_positive("scale_latents factor", static_cast<double>(factor));
  model.activation = detail::scaled_rule(model.activation, factors);
  model.encoder.w_enc.array().rowwise() *= factors.transpose().array();
  model.encoder.b_enc.array() *= factors.array();
  model.decoder.w_dec.array().rowwise() /= factors.transpose().array();
  model.decoder.norm = DecoderNorm::Free;
}

/// Gives every decoder column norm 1 without changing the function: scale_latents() with the columns' norms. A column
/// of zeros stays. A TopK whose norms differ by more than rounding is left alone, since the latents that it selects
/// would be others.
template <class Rule>
void fold_decoder_norms(Autoencoder<Rule>& model) {
  using Scalar = typename Rule::Scalar;
  Vector<Scalar> norms = model.decoder.w_dec.colwise().norm().transpose();
  norms = (norms.array() > 0).select(norms, Scalar(1));
  if constexpr (std::is_same_v<Rule, TopK<Scalar>>) {
    if (norms.maxCoeff() > norms.minCoeff() * Scalar(1.0001)) return;
    norms.setConstant(norms.mean());
  }
  scale_latents(model, norms);
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/random.hpp>
#include <parsae/model/autoencoder.hpp>

namespace parsae::inline PARSAE_ABI {

/// Where decoder columns start. RandomDirections: uniform on the sphere. CenteredSamples: randomly drawn samples minus
/// the mean, which leaves few latents dead where a sample has only a handful of active ones.
enum class LatentStart { RandomDirections, CenteredSamples };

/// MeanSquaredNormOne: s = 1 / sqrt(mean |x|^2), so that coefficients carry over between data sets. MeanNormSqrtD:
/// s = sqrt(d) / mean |x|, d entries a sample; a loss is then about d times as large. None: s = 1.
enum class InputScaling { MeanSquaredNormOne, MeanNormSqrtD, None };

struct InitializeSettings {
  std::uint64_t seed = 0;
  LatentStart latents = LatentStart::RandomDirections;
  InputScaling scaling = InputScaling::MeanSquaredNormOne;
};

/// s of InputScaling for `samples` (n_inputs x n), or 1 where all are zero. Refuses data so large or so small that its
/// scale is no number of this precision.
template <class Scalar>
[[nodiscard]] Scalar input_scale_of(const Eigen::Ref<const Matrix<Scalar>>& samples, InputScaling scaling) {
  if (scaling == InputScaling::None) return 1;
  const bool by_norm = scaling == InputScaling::MeanNormSqrtD;
  double sum = 0;
  for (Index i = 0; i < samples.cols(); ++i) {
    const double squared = samples.col(i).template cast<double>().squaredNorm();
    sum += by_norm ? std::sqrt(squared) : squared;
  }
  if (sum == 0) return 1;
  const auto n = static_cast<double>(samples.cols());
  const double exact = by_norm ? std::sqrt(static_cast<double>(samples.rows())) * n / sum : std::sqrt(n / sum);
  const Scalar scale = static_cast<Scalar>(exact);
  if (!std::isfinite(scale) || !(scale > 0))
    reject("initialize samples",
           by_norm ? "a mean norm that can be scaled to sqrt(d)" : "a mean squared norm that can be scaled to 1",
           sum / n);
  return scale;
}

/// The mean sample, summed in double.
template <class Scalar>
[[nodiscard]] Vector<double> mean_of(const Eigen::Ref<const Matrix<Scalar>>& samples) {
  Vector<double> sum = Vector<double>::Zero(samples.rows());
  for (Index i = 0; i < samples.cols(); ++i) sum += samples.col(i).template cast<double>();
  return sum / static_cast<double>(samples.cols());
}

/// Column j becomes a direction uniform on the unit sphere, from stream j of the seed.
template <class Scalar>
void set_random_direction(std::uint64_t seed, Index latent, Eigen::Ref<Vector<Scalar>> column) {
  const Random random(seed, Draws::Directions, static_cast<std::uint64_t>(latent));
  for (Index q = 0; q < column.size(); ++q)
    column(q) = static_cast<Scalar>(random.normal(static_cast<std::uint64_t>(q)));
  column.normalize();
}

/// Gives a model its starting values from a sample of the data:
///
///     s by InputScaling;  b_dec = mean of s x;  w_dec(:, j) unit, by LatentStart;  w_enc = w_dec (copied, untied);
///     b_enc = 0
///
/// \param samples  n_inputs x n, n >= 1, finite, in the user's units
template <class Act>
void initialize(Autoencoder<Act>& model, const Eigen::Ref<const Matrix<typename Act::Scalar>>& samples,
                const InitializeSettings& settings = {}) {
  using Scalar = typename Act::Scalar;
  require_shape("initialize samples", samples.rows(), samples.cols(), model.n_inputs(), samples.cols());
  require_at_least("initialize samples", samples.cols(), Index{1});
  require_finite("initialize samples", samples);
  if (model.encoder.centering != Centering::DecoderBias)
    reject("initialize model", "an autoencoder", "a transcoder; give initialize() its targets, too");

  model.input_scale = model.output_scale = input_scale_of<Scalar>(samples, settings.scaling);
  const Vector<double> mean = mean_of<Scalar>(samples);
  model.decoder.b_dec = (mean * static_cast<double>(model.input_scale)).template cast<Scalar>();

  const Random draw(settings.seed, Draws::Samples, 0);
  const double rounding = 64 * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) * mean.stableNorm();
  for (Index j = 0; j < model.n_latents(); ++j) {
    Eigen::Ref<Vector<Scalar>> column = model.decoder.w_dec.col(j);
    bool has_direction = false;
    if (settings.latents == LatentStart::CenteredSamples) {
      const auto drawn = draw.below(static_cast<std::uint64_t>(samples.cols()), static_cast<std::uint64_t>(j));
      const Vector<double> difference = samples.col(static_cast<Index>(drawn)).template cast<double>() - mean;
      has_direction = difference.stableNorm() > rounding;  // a sample that equals the mean has none
      column = difference.stableNormalized().template cast<Scalar>();
    }
    if (!has_direction) set_random_direction<Scalar>(settings.seed, j, column);
  }
  model.encoder.w_enc = model.decoder.w_dec;
  model.encoder.b_enc.setZero();
}

/// The same for a transcoder: w_enc and w_dec start as random directions of their own spaces, b_dec = mean of the
/// scaled targets (n_outputs x n).
template <class Act>
void initialize(Autoencoder<Act>& model, const Eigen::Ref<const Matrix<typename Act::Scalar>>& samples,
                const Eigen::Ref<const Matrix<typename Act::Scalar>>& targets,
                const InitializeSettings& settings = {}) {
  using Scalar = typename Act::Scalar;
  require_shape("initialize samples", samples.rows(), samples.cols(), model.n_inputs(), samples.cols());
  require_shape("initialize targets", targets.rows(), targets.cols(), model.n_outputs(), samples.cols());
  require_at_least("initialize samples", samples.cols(), Index{1});
  require_finite("initialize samples", samples);
  require_finite("initialize targets", targets);
  if (model.encoder.centering != Centering::None)
    reject("initialize model", "Centering::None where targets are given", "Centering::DecoderBias");
  if (settings.latents != LatentStart::RandomDirections)
    reject("initialize latents", "RandomDirections for a transcoder", "CenteredSamples");

  model.input_scale = input_scale_of<Scalar>(samples, settings.scaling);
  model.output_scale = input_scale_of<Scalar>(targets, settings.scaling);
  model.decoder.b_dec = (mean_of<Scalar>(targets) * static_cast<double>(model.output_scale)).template cast<Scalar>();
  for (Index j = 0; j < model.n_latents(); ++j) {
    set_random_direction<Scalar>(settings.seed, j, model.encoder.w_enc.col(j));
    set_random_direction<Scalar>(settings.seed, j + model.n_latents(), model.decoder.w_dec.col(j));
  }
  model.encoder.b_enc.setZero();
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/data/layered_samples.hpp>
#include <parsae/data/lens.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// Brings the layers of a network to one scale, so that one SAE serves them all. Three kinds, with d inputs a sample:
///
///     per_vector:  z = (x - mu) / (s + epsilon),  mu = sum x / d,  s = sqrt(sum (x - mu)^2 / (d - 1)),
///                  of each sample by itself (Lawson et al., arXiv 2409.04185)
///     per_layer:   z = (x - mean_l) / s_l,  mean_l the mean sample of layer l (d entries),
///                  s_l = sqrt(mean |x - mean_l|^2 / d), both over all tokens of layer l, computed once
///     none:        z = x
///
/// In both units an entry of z has a mean square of about 1. Everything happens in place, and each kind has its exact
/// inverse: per_vector needs what it subtracted and divided by, which apply() writes into a Record.
template <class ScalarType>
class Standardization {
 public:
  using Scalar = ScalarType;

  /// What undo() needs of the samples that apply() has changed; empty unless per_vector.
  struct Record {
    Buffer<Scalar> mean;       ///< a sample: mu
    Buffer<Scalar> deviation;  ///< a sample: s + epsilon
  };

  struct PerVectorSettings {
    double epsilon = 1e-5;  ///< > 0; where all entries of a sample are equal, z = 0
  };

  [[nodiscard]] static Standardization none() { return {}; }

  /// Needs samples of two inputs or more.
  [[nodiscard]] static Standardization per_vector(const PerVectorSettings& settings = {}) {
    require_positive("Standardization epsilon", settings.epsilon);
    Standardization result;
    result.kind_ = Kind::PerVector;
    result.epsilon_ = settings.epsilon;
    return result;
  }

  /// \param lenses  none, or one a layer: the means and scales are those of the samples in their space
  [[nodiscard]] static Standardization per_layer(const LayeredSamples<Scalar>& samples,
                                                 const std::vector<Lens<Scalar>>& lenses = {},
                                                 Threads threads = Threads::available()) {
    if (!lenses.empty())
      require_shape("Standardization lenses", static_cast<Index>(lenses.size()), 1, samples.n_layers(), 1);
    Standardization result;
    result.kind_ = Kind::PerLayer;
    result.layer_means_.resize(samples.n_inputs(), samples.n_layers());
    result.layer_deviations_.resize(samples.n_layers());
    for (Index layer = 0; layer < samples.n_layers(); ++layer) {
      const Lens<Scalar>* lens = lenses.empty() ? nullptr : &lenses[static_cast<std::size_t>(layer)];
      result.fit(samples.layer(layer), lens, layer, threads);
    }
    return result;
  }

  /// Of all samples, n_inputs x n, in place; layers[i] is the layer of sample i.
  void apply(Eigen::Ref<Matrix<Scalar>> samples, Slice<const std::int32_t> layers, Record& record,
             Threads threads = Threads::available()) const {
    check(samples, layers);
    const bool is_per_vector = kind_ == Kind::PerVector;
    record.mean.resize(is_per_vector ? samples.cols() : 0);
    record.deviation.resize(record.mean.size());
    if (kind_ == Kind::None) return;
    for_each_sample(samples.cols(), threads, [&](Index i) {
      if (is_per_vector) {
        measure(samples.col(i), record.mean[i], record.deviation[i]);
        samples.col(i) = (samples.col(i).array() - record.mean[i]) / record.deviation[i];
      } else {
        samples.col(i) = (samples.col(i) - layer_means_.col(layers[i])) / layer_deviations_(layers[i]);
      }
    });
  }

  /// The inverse, to rounding: of the samples themselves, or of what reconstructs them in their places.
  /// \param record  what apply() wrote for these samples
  void undo(Eigen::Ref<Matrix<Scalar>> samples, Slice<const std::int32_t> layers, const Record& record,
            Threads threads = Threads::available()) const {
    check(samples, layers);
    if (kind_ == Kind::None) return;
    const bool is_per_vector = kind_ == Kind::PerVector;
    if (is_per_vector) {
      require_shape("Standardization record", record.mean.size(), 1, samples.cols(), 1);
      require_shape("Standardization record", record.deviation.size(), 1, samples.cols(), 1);
    }
    for_each_sample(samples.cols(), threads, [&](Index i) {
      if (is_per_vector)
        samples.col(i) = samples.col(i).array() * record.deviation[i] + record.mean[i];
      else
        samples.col(i) = samples.col(i) * layer_deviations_(layers[i]) + layer_means_.col(layers[i]);
    });
  }

  /// per_layer: n_inputs x n_layers, and n_layers. Empty otherwise.
  [[nodiscard]] const Matrix<Scalar>& layer_means() const { return layer_means_; }
  [[nodiscard]] const Vector<Scalar>& layer_deviations() const { return layer_deviations_; }

 private:
  enum class Kind { None, PerVector, PerLayer };

  static constexpr Index block = 64;

  template <class Body>
  static void for_each_sample(Index n_samples, Threads threads, const Body& body) {
    threads.for_each(divide_up(n_samples, block), [&](Index task, int) {
      for (Index i = task * block; i < std::min(n_samples, (task + 1) * block); ++i) body(i);
    });
  }

  void check(const Eigen::Ref<Matrix<Scalar>>& samples, Slice<const std::int32_t> layers) const {
    if (kind_ == Kind::PerVector) require_at_least("Standardization inputs", samples.rows(), Index{2});
    if (kind_ != Kind::PerLayer) return;
    require_shape("Standardization samples", samples.rows(), samples.cols(), layer_means_.rows(), samples.cols());
    require_shape("Standardization layers", layers.size(), 1, samples.cols(), 1);
    for (const std::int32_t layer : layers)
      require_between("Standardization layer", Index{layer}, Index{0}, layer_means_.cols() - 1);
  }

  template <class Sample>
  void measure(const Sample& sample, Scalar& mean, Scalar& deviation) const {
    const double n = static_cast<double>(sample.size());
    const double mu = sample.template cast<double>().sum() / n;
    const double squares = (sample.template cast<double>().array() - mu).square().sum();
    mean = static_cast<Scalar>(mu);
    deviation = static_cast<Scalar>(std::sqrt(squares / (n - 1)) + epsilon_);
  }

  void fit(const typename LayeredSamples<Scalar>::Layer& samples, const Lens<Scalar>* lens, Index layer,
           Threads threads) {
    Matrix<Scalar> part;
    const auto for_each_column = [&](const auto& body) {
      constexpr Index columns = 1024;
      for (Index begin = 0; begin < samples.cols(); begin += columns) {
        part = samples.middleCols(begin, std::min(columns, samples.cols() - begin));
        if (lens != nullptr) lens->apply(part, threads);
        for (Index i = 0; i < part.cols(); ++i) body(part.col(i));
      }
    };
    const double n = static_cast<double>(samples.cols());
    Vector<double> mean = Vector<double>::Zero(samples.rows());
    for_each_column([&](const auto& sample) { mean += sample.template cast<double>(); });
    mean /= n;
    double squares = 0;
    for_each_column([&](const auto& sample) { squares += (sample.template cast<double>() - mean).squaredNorm(); });
    layer_means_.col(layer) = mean.template cast<Scalar>();
    layer_deviations_(layer) = static_cast<Scalar>(std::sqrt(squares / (n * static_cast<double>(samples.rows()))));
    if (!(std::isfinite(layer_deviations_(layer)) && layer_deviations_(layer) > 0))
      reject("Standardization layer " + std::to_string(layer), "samples that differ, by a finite deviation",
             layer_deviations_(layer));
  }

  Kind kind_ = Kind::None;
  double epsilon_ = 0;
  Matrix<Scalar> layer_means_;
  Vector<Scalar> layer_deviations_;
};

}  // namespace parsae::inline PARSAE_ABI

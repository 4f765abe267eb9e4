// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/standardization.hpp>

#include <algorithm>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// What stands between a network's activations and an SAE for all its layers: a lens for each layer (or none), then a
/// standardization. In place both ways; undo() is the inverse of apply(), to rounding.
template <class ScalarType>
class LayerTransform {
 public:
  using Scalar = ScalarType;
  using Record = typename Standardization<Scalar>::Record;

  LayerTransform() = default;

  /// Without lenses; implicit, since a standardization is a transform.
  LayerTransform(Standardization<Scalar> standardization)  // NOLINT(google-explicit-constructor)
      : standardization_(std::move(standardization)) {}

  /// \param lenses  lenses[l] is applied to the samples of layer l
  LayerTransform(std::vector<Lens<Scalar>> lenses, Standardization<Scalar> standardization)
      : lenses_(std::move(lenses)), standardization_(std::move(standardization)) {
    for (const Lens<Scalar>& lens : lenses_)
      require_shape("LayerTransform lens", lens.n_inputs(), lens.n_inputs(), lenses_[0].n_inputs(),
                    lenses_[0].n_inputs());
  }

  [[nodiscard]] const std::vector<Lens<Scalar>>& lenses() const { return lenses_; }
  [[nodiscard]] const Standardization<Scalar>& standardization() const { return standardization_; }

  /// \param samples  n_inputs x n, changed in place
  /// \param layers   the layer of each sample
  /// \param record   what undo() will need of these samples
  void apply(Eigen::Ref<Matrix<Scalar>> samples, Slice<const std::int32_t> layers, Record& record,
             Threads threads = Threads::available()) const {
    through_lenses(samples, layers, [&](const Lens<Scalar>& lens, Matrix<Scalar>& part) { lens.apply(part, threads); });
    standardization_.apply(samples, layers, record, threads);
  }

  /// \param samples  what apply() made, or reconstructions of it in the same places
  void undo(Eigen::Ref<Matrix<Scalar>> samples, Slice<const std::int32_t> layers, const Record& record,
            Threads threads = Threads::available()) const {
    standardization_.undo(samples, layers, record, threads);
    through_lenses(samples, layers, [&](const Lens<Scalar>& lens, Matrix<Scalar>& part) { lens.undo(part, threads); });
  }

 private:
  /// A lens is handed all samples of its layer at once: it reads its matrix once for many of them.
  template <class Pass>
  void through_lenses(Eigen::Ref<Matrix<Scalar>> samples, Slice<const std::int32_t> layers, const Pass& pass) const {
    if (lenses_.empty()) return;
    const Index n_layers = static_cast<Index>(lenses_.size());
    require_shape("LayerTransform layers", layers.size(), 1, samples.cols(), 1);
    for (const std::int32_t layer : layers)
      require_between("LayerTransform layer", Index{layer}, Index{0}, n_layers - 1);
    Matrix<Scalar> part;
    for (Index layer = 0; layer < n_layers; ++layer) {
      part.resize(samples.rows(), std::count(layers.begin(), layers.end(), static_cast<std::int32_t>(layer)));
      for (Index i = 0, to = 0; i < layers.size(); ++i)
        if (layers[i] == layer) part.col(to++) = samples.col(i);
      pass(lenses_[static_cast<std::size_t>(layer)], part);
      for (Index i = 0, from = 0; i < layers.size(); ++i)
        if (layers[i] == layer) samples.col(i) = part.col(from++);
    }
  }

  std::vector<Lens<Scalar>> lenses_;
  Standardization<Scalar> standardization_ = Standardization<Scalar>::none();
};

}  // namespace parsae::inline PARSAE_ABI

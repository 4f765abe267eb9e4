// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/random.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

#include "network_shape.hpp"

namespace parsae_experts {

/// What training may leave alone.
enum class Part { Embedding, Norm, Router, Experts, Shared, Head };

/// A matrix within the parameters.
struct Section {
  Part part = Part::Embedding;
  Index layer = -1;  ///< -1: of none
  Index begin = 0;
  Index rows = 0;
  Index cols = 0;

  [[nodiscard]] Index size() const { return rows * cols; }
};

/// Experts lie side by side: expert e has columns e * hidden to (e + 1) * hidden - 1 of `first` and `second`.
struct LayerSections {
  Section gain;           ///< width x 1, of the norm
  Section router;         ///< width x n_experts
  Section first;          ///< width x (n_experts hidden)
  Section offset;         ///< (n_experts hidden) x 1
  Section second;         ///< width x (n_experts hidden)
  Section shared_first;   ///< width x n_shared
  Section shared_offset;  ///< n_shared x 1
  Section shared_second;  ///< width x n_shared
};

/// Where everything lies in one array, so that optimizer, gradient sums and freezing see a list of sections.
struct ParameterLayout {
  Section embedding;  ///< width x n_inputs
  Section position;   ///< width x n_tokens
  std::vector<LayerSections> layers;
  Section gain;  ///< width x 1
  Section head;  ///< width x n_outputs
  std::vector<Section> all;
  Index size = 0;

  explicit ParameterLayout(const NetworkShape& shape) {
    embedding = add(Part::Embedding, -1, shape.width, shape.n_inputs);
    position = add(Part::Embedding, -1, shape.width, shape.n_tokens);
    for (Index layer = 0; layer < shape.n_layers; ++layer) {
      LayerSections sections;
      sections.gain = add(Part::Norm, layer, shape.width, 1);
      sections.router = add(Part::Router, layer, shape.width, shape.n_experts);
      sections.first = add(Part::Experts, layer, shape.width, shape.n_experts * shape.hidden);
      sections.offset = add(Part::Experts, layer, shape.n_experts * shape.hidden, 1);
      sections.second = add(Part::Experts, layer, shape.width, shape.n_experts * shape.hidden);
      sections.shared_first = add(Part::Shared, layer, shape.width, shape.n_shared);
      sections.shared_offset = add(Part::Shared, layer, shape.n_shared, 1);
      sections.shared_second = add(Part::Shared, layer, shape.width, shape.n_shared);
      layers.push_back(sections);
    }
    gain = add(Part::Norm, -1, shape.width, 1);
    head = add(Part::Head, -1, shape.width, shape.n_outputs);
  }

 private:
  Section add(Part part, Index layer, Index rows, Index cols) {
    const Section section{part, layer, size, rows, cols};
    all.push_back(section);
    size += section.size();
    return section;
  }
};

/// Parameters, or their gradient.
template <class Scalar>
struct Parameters {
  using Map = Eigen::Map<parsae::Matrix<Scalar>>;
  using ConstMap = Eigen::Map<const parsae::Matrix<Scalar>>;

  explicit Parameters(const NetworkShape& shape) : layout(shape), values(layout.size, Scalar(0)) {}

  ParameterLayout layout;
  parsae::Buffer<Scalar> values;

  [[nodiscard]] Map operator[](const Section& section) {
    return {values.data() + section.begin, section.rows, section.cols};
  }
  [[nodiscard]] ConstMap operator[](const Section& section) const {
    return {values.data() + section.begin, section.rows, section.cols};
  }
  /// Columns [first, first + count) of a section.
  [[nodiscard]] Map columns(const Section& section, Index first, Index count) {
    return {values.data() + section.begin + first * section.rows, section.rows, count};
  }
  [[nodiscard]] ConstMap columns(const Section& section, Index first, Index count) const {
    return {values.data() + section.begin + first * section.rows, section.rows, count};
  }
};

/// Gains 1, offsets 0, everything else normal with the variance that keeps the size of what passes through: 1 / inputs,
/// 2 / inputs before a rectifier, 1 / outputs of a layer's second matrices times 1 / layers, since layers add up.
template <class Scalar>
void initialize(Parameters<Scalar>& parameters, const NetworkShape& shape, std::uint64_t seed) {
  const auto fill = [&](const Section& section, double deviation) {
    const parsae::Random numbers(seed, parsae::Draws::Directions, static_cast<std::uint64_t>(section.begin));
    Scalar* to = parameters.values.data() + section.begin;
    for (Index i = 0; i < section.size(); ++i)
      to[i] = static_cast<Scalar>(deviation * numbers.normal(static_cast<std::uint64_t>(i)));
  };
  const auto root = [](double ratio) { return std::sqrt(ratio); };
  const double width = static_cast<double>(shape.width);
  const double layers = static_cast<double>(shape.n_layers);
  const ParameterLayout& layout = parameters.layout;
  fill(layout.embedding, root(1 / static_cast<double>(shape.n_inputs) * 4));
  fill(layout.position, 0.3);
  for (const LayerSections& sections : layout.layers) {
    parameters[sections.gain].setOnes();
    fill(sections.router, root(1 / width));
    fill(sections.first, root(2 / width));
    fill(sections.second, root(1 / static_cast<double>(shape.hidden) / layers));
    fill(sections.shared_first, root(2 / width));
    fill(sections.shared_second, root(1 / static_cast<double>(shape.n_shared) / layers));
  }
  parameters[layout.gain].setOnes();
  fill(layout.head, root(1 / width));
}

}  // namespace parsae_experts

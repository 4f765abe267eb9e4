// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>
#include <parsae/sparse/sparse_code.hpp>

#include <cstdint>
#include <vector>

namespace parsae::inline PARSAE_ABI {

struct ResidualStreamSettings {
  Index n_inputs = 32;      ///< >= 1
  Index n_directions = 64;  ///< >= 1; more than inputs is superposition
  Index n_layers = 6;       ///< >= 1
  Index n_tokens = 1000;    ///< >= 1
  /// 0 to 1: that a direction which the token has not had yet is written at a layer; one for each layer, or one for all
  std::vector<double> switch_on = {0.02};
  double persistence = 0.5;  ///< rho, 0 to 1: that a direction which is there stays for the next layer
  double noise = 0;          ///< standard deviation of each entry of each sample, >= 0
  std::uint64_t seed = 0;

  void check() const {
    require_at_least("ResidualStream n_inputs", n_inputs, Index{1});
    require_at_least("ResidualStream n_directions", n_directions, Index{1});
    require_at_least("ResidualStream n_layers", n_layers, Index{1});
    require_at_least("ResidualStream n_tokens", n_tokens, Index{1});
    if (switch_on.size() != 1)
      require_shape("ResidualStream switch_on", static_cast<Index>(switch_on.size()), 1, n_layers, 1);
    for (const double chance : switch_on) require_between("ResidualStream switch_on", chance, 0.0, 1.0);
    require_between("ResidualStream persistence", persistence, 0.0, 1.0);
    require_not_negative("ResidualStream noise", noise);
  }

  [[nodiscard]] double switch_on_at(Index layer) const {
    return switch_on[switch_on.size() == 1 ? 0 : static_cast<std::size_t>(layer)];
  }
};

/// A made-up residual stream whose truth is known.
template <class Scalar>
struct ResidualStream {
  Matrix<Scalar> directions;           ///< n_inputs x n_directions, unit columns
  std::vector<Matrix<Scalar>> layers;  ///< n_layers matrices, n_inputs x n_tokens
  SparseCode<Scalar> truth;            ///< sample t n_layers + l: which directions token t has at layer l, how strongly
  Buffer<std::int32_t> layer;          ///< of each sample of `truth`
  Buffer<std::int64_t> token;          ///< of each sample of `truth`
};

namespace detail {

/// Where a direction is in the course of a token.
enum class DirectionState : std::uint8_t { NotYet, There, Erased };

/// What happens to every direction of `token` at `layer`.
inline void pass_layer(const ResidualStreamSettings& settings, const Random& chance, Index layer,
                       Buffer<DirectionState>& states) {
  for (Index j = 0; j < states.size(); ++j) {
    const double draw = chance.uniform(static_cast<std::uint64_t>(layer * states.size() + j));
    if (states[j] == DirectionState::NotYet && draw < settings.switch_on_at(layer))
      states[j] = DirectionState::There;
    else if (states[j] == DirectionState::There && !(draw < settings.persistence))
      states[j] = DirectionState::Erased;
  }
}

}  // namespace detail

/// Layer by layer, each token is written directions, which stay for a while and are erased again:
///
///     x_l = x_(l-1) + sum of m_j d_j that are written at l - sum of m_j d_j that are erased at l
///         = sum of m_j d_j over the directions that the token has at layer l  (+ noise of layer l alone)
///
/// A direction is written once in a token at most, at the first layer whose switch_on comes true, with a magnitude m
/// uniform on [0.5, 1.5]; from layer to layer it stays with probability rho. So rho = 0 has every direction at a single
/// layer of a token; with rho = 1 it stays to the last, and where only layer 0 writes, it is at all of them.
template <class Scalar>
[[nodiscard]] ResidualStream<Scalar> make_residual_stream(const ResidualStreamSettings& settings) {
  settings.check();
  ResidualStream<Scalar> stream;
  stream.directions.resize(settings.n_inputs, settings.n_directions);
  for (Index j = 0; j < settings.n_directions; ++j) {
    const Random random(settings.seed, Draws::Directions, static_cast<std::uint64_t>(j));
    for (Index q = 0; q < settings.n_inputs; ++q)
      stream.directions(q, j) = static_cast<Scalar>(random.normal(static_cast<std::uint64_t>(q)));
    stream.directions.col(j).normalize();
  }
  stream.layers.assign(static_cast<std::size_t>(settings.n_layers),
                       Matrix<Scalar>::Zero(settings.n_inputs, settings.n_tokens));

  Buffer<detail::DirectionState> states;
  for (Index token = 0; token < settings.n_tokens; ++token) {
    const auto random = [&](Index purpose) {
      return Random(settings.seed, Draws::Synthetic, static_cast<std::uint64_t>(3 * token + purpose));
    };
    const Random chance = random(0);
    const Random magnitude = random(1);
    const Random noise = random(2);
    states.assign(settings.n_directions, detail::DirectionState::NotYet);
    for (Index l = 0; l < settings.n_layers; ++l) {
      detail::pass_layer(settings, chance, l, states);
      Eigen::Ref<Vector<Scalar>> sample = stream.layers[static_cast<std::size_t>(l)].col(token);
      for (Index j = 0; j < states.size(); ++j) {
        if (states[j] != detail::DirectionState::There) continue;
        const Scalar m = static_cast<Scalar>(0.5 + magnitude.uniform(static_cast<std::uint64_t>(j)));
        sample += m * stream.directions.col(j);
        stream.truth.latents.push_back(static_cast<LatentId>(j));
        stream.truth.values.push_back(m);
        stream.truth.pre_acts.push_back(m);
      }
      for (Index q = 0; settings.noise > 0 && q < settings.n_inputs; ++q)
        sample(q) +=
            static_cast<Scalar>(settings.noise * noise.normal(static_cast<std::uint64_t>(l * settings.n_inputs + q)));
      stream.truth.offsets.push_back(stream.truth.stored());
      stream.layer.push_back(static_cast<std::int32_t>(l));
      stream.token.push_back(token);
    }
  }
  return stream;
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/slice.hpp>

#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// What an array of a model is: changed by the optimizer, or measured while training (a running threshold, say).
enum class Role { Learned, Statistic };

/// How an array is cut: `rows` consecutive entries for each latent, or one block shared by all latents.
enum class Axis { Latent, Shared };

/// One array that a part of a model owns, as its `visit_arrays` hands it out. Optimizer, files and gradient checks see
/// a model only as a list of these, so a new part needs no edit in any of them.
template <class T>
struct ParameterArray {
  std::string_view name;
  Role role = Role::Learned;
  Axis axis = Axis::Latent;
  Index rows = 1;   ///< Axis::Latent: entries of one latent. Axis::Shared: all entries.
  Slice<T> values;  ///< Axis::Latent: rows x n_latents, a latent after the other.

  [[nodiscard]] Slice<T> of_latent(Index latent) const { return values.part(latent * rows, rows); }
};

}  // namespace parsae::inline PARSAE_ABI

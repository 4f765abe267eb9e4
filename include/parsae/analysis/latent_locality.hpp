// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/check.hpp>
#include <parsae/core/threads.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace parsae::inline PARSAE_ABI {

struct LatentLocalitySettings {
  double width = 1.96;  ///< standard errors on either side of a difference, >= 0
  Threads threads = Threads::available();
};

/// Whether a latent belongs to one cell type (Schuster, arXiv 2410.11468): type c is significant where
///
///     mean in c - mean elsewhere > width (standard error in c + standard error elsewhere).
///
/// Standard errors are our reading: sqrt(squares about the mean / (n - 1) / n). A type with less than two cells on
/// either side is never significant.
struct LatentLocality {
  enum class Kind {
    Dead,   ///< active in no cell
    Local,  ///< exactly one significant type
    Global  ///< none or several
  };

  Kind kind = Kind::Dead;
  Buffer<Index> types;  ///< the significant ones, ascending
};

namespace detail {

/// The moments of one latent by cell type.
struct TypeMoments {
  Buffer<double> count;
  Buffer<double> mean;
  Buffer<double> squares;

  /// \param row  the latent's activations
  template <class Row>
  TypeMoments(const Row& row, Slice<const Index> type, Index n_types)
      : count(n_types, 0.0), mean(n_types, 0.0), squares(n_types, 0.0) {
    for (Index i = 0; i < type.size(); ++i) {
      ++count[type[i]];
      mean[type[i]] += static_cast<double>(row(i));
    }
    for (Index c = 0; c < n_types; ++c) mean[c] /= std::max(count[c], 1.0);
    for (Index i = 0; i < type.size(); ++i) {
      const double about = static_cast<double>(row(i)) - mean[type[i]];
      squares[type[i]] += about * about;
    }
  }

  [[nodiscard]] bool is_significant(Index type, double width) const {
    double n = 0;
    double sum = 0;
    for (Index c = 0; c < count.size(); ++c) {
      if (c == type) continue;
      n += count[c];
      sum += count[c] * mean[c];
    }
    if (count[type] < 2 || n < 2) return false;
    const double mean_elsewhere = sum / n;
    double squares_elsewhere = 0;
    for (Index c = 0; c < count.size(); ++c)
      if (c != type)
        squares_elsewhere += squares[c] + count[c] * (mean[c] - mean_elsewhere) * (mean[c] - mean_elsewhere);
    const auto error = [](double about, double size) { return std::sqrt(about / (size - 1) / size); };
    return mean[type] - mean_elsewhere > width * (error(squares[type], count[type]) + error(squares_elsewhere, n));
  }
};

}  // namespace detail

/// By latent.
/// \param latents  n_latents x n, finite; dense codes
/// \param type     by cell, 0 to n_types - 1
/// \param n_types  >= 1
template <class Scalar>
[[nodiscard]] std::vector<LatentLocality> latent_localities(const Matrix<Scalar>& latents, Slice<const Index> type,
                                                            Index n_types,
                                                            const LatentLocalitySettings& settings = {}) {
  require_at_least("latent_localities n_types", n_types, Index{1});
  require_shape("latent_localities type", type.size(), 1, latents.cols(), 1);
  for (const Index c : type) require_between("latent_localities type", c, Index{0}, n_types - 1);
  require_not_negative("latent_localities width", settings.width);
  require_finite("latent_localities latents", latents);
  std::vector<LatentLocality> found(static_cast<std::size_t>(latents.rows()));
  settings.threads.for_each(latents.rows(), [&](Index latent, int) {
    if ((latents.row(latent).array() == 0).all()) return;
    LatentLocality& locality = found[static_cast<std::size_t>(latent)];
    const detail::TypeMoments moments(latents.row(latent), type, n_types);
    for (Index c = 0; c < n_types; ++c)
      if (moments.is_significant(c, settings.width)) locality.types.push_back(c);
    locality.kind = locality.types.size() == 1 ? LatentLocality::Kind::Local : LatentLocality::Kind::Global;
  });
  return found;
}

}  // namespace parsae::inline PARSAE_ABI

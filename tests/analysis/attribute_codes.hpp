// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/sparse_code.hpp>

#include <cmath>
#include <map>
#include <tuple>
#include <vector>

namespace parsae::test {

/// Two independent attributes of m kinds each, with magnitudes from a list: every combination of two kinds and two
/// magnitudes is one sample,
///
///     x = u e_a + v e_(m + b),   a, b < m,   u, v from the list
///
/// so every share and every entropy is exact. And codes of these samples, each with its dictionary.
class AttributeCodes {
 public:
  struct Coded {
    Matrix<double> w_dec;  ///< 2m x n_latents
    SparseCode<double> code;

    [[nodiscard]] Index n_latents() const { return w_dec.cols(); }
  };

  AttributeCodes(Index m, const std::vector<double>& magnitudes) : m_(m) {
    for (Index a = 0; a < m; ++a)
      for (Index b = 0; b < m; ++b)
        for (const double u : magnitudes)
          for (const double v : magnitudes) all_.push_back({a, b, u, v});
  }

  [[nodiscard]] Matrix<double> samples() const {
    Matrix<double> x = Matrix<double>::Zero(2 * m_, static_cast<Index>(all_.size()));
    for (std::size_t i = 0; i < all_.size(); ++i) {
      x(all_[i].a, static_cast<Index>(i)) = all_[i].u;
      x(m_ + all_[i].b, static_cast<Index>(i)) = all_[i].v;
    }
    return x;
  }

  /// A latent for each kind of each attribute: 2m, two active.
  [[nodiscard]] Coded compositional() const {
    Coded result{Matrix<double>::Identity(2 * m_, 2 * m_), {}};
    for (const Sample& s : all_) {
      add(result.code, s.a, s.u);
      add(result.code, m_ + s.b, s.v);
      end(result.code);
    }
    return result;
  }

  /// A latent for each pair of kinds: m^2, one active, with the value that reconstructs best.
  [[nodiscard]] Coded pairs() const {
    Coded result{Matrix<double>::Zero(2 * m_, m_ * m_), {}};
    for (const Sample& s : all_) {
      result.w_dec(s.a, pair_of(s)) = result.w_dec(m_ + s.b, pair_of(s)) = std::sqrt(0.5);
      add(result.code, pair_of(s), (s.u + s.v) * std::sqrt(0.5));
      end(result.code);
    }
    return result;
  }

  /// A latent for each kind of each attribute in each company: 2 m^2, two active.
  [[nodiscard]] Coded in_company() const {
    Coded result{Matrix<double>::Zero(2 * m_, 2 * m_ * m_), {}};
    for (const Sample& s : all_) {
      result.w_dec(s.a, 2 * pair_of(s)) = result.w_dec(m_ + s.b, 2 * pair_of(s) + 1) = 1;
      add(result.code, 2 * pair_of(s), s.u);
      add(result.code, 2 * pair_of(s) + 1, s.v);
      end(result.code);
    }
    return result;
  }

  /// A latent for each pair of kinds and each ratio of magnitudes, one active.
  [[nodiscard]] Coded by_ratio() const {
    std::map<std::tuple<Index, Index, double>, LatentId> latents;
    for (const Sample& s : all_)
      latents.emplace(std::tuple(s.a, s.b, s.u / s.v), static_cast<LatentId>(latents.size()));
    Coded result{Matrix<double>::Zero(2 * m_, static_cast<Index>(latents.size())), {}};
    for (const Sample& s : all_) {
      const LatentId latent = latents.at({s.a, s.b, s.u / s.v});
      result.w_dec(s.a, latent) = s.u / s.v;
      result.w_dec(m_ + s.b, latent) = 1;
      add(result.code, latent, s.v);
      end(result.code);
    }
    return result;
  }

 private:
  struct Sample {
    Index a = 0;
    Index b = 0;
    double u = 0;
    double v = 0;
  };

  [[nodiscard]] Index pair_of(const Sample& s) const { return s.a * m_ + s.b; }

  static void add(SparseCode<double>& code, Index latent, double value) {
    code.latents.push_back(static_cast<LatentId>(latent));
    code.values.push_back(value);
    code.pre_acts.push_back(value);
  }
  static void end(SparseCode<double>& code) { code.offsets.push_back(code.stored()); }

  Index m_;
  std::vector<Sample> all_;
};

/// q magnitudes that fall into q bins of equal width on (0, the largest], one each.
[[nodiscard]] inline std::vector<double> even_magnitudes(Index q) {
  std::vector<double> magnitudes;
  for (Index t = 0; t < q; ++t) magnitudes.push_back(static_cast<double>(t) + 0.5);
  return magnitudes;
}

}  // namespace parsae::test

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/optim/optimizer.hpp>
#include <parsae/sparse/simd.hpp>

#include <cmath>
#include <limits>
#include <string_view>

namespace parsae::inline PARSAE_ABI {

/// Adam (Kingma and Ba, arXiv 1412.6980):
///
///     m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
///     p <- p - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// The bias corrections are computed in double once a step. Below the smallest normal number t, moments are zero: v < t
/// makes m and v zero, |m| < t makes m zero. Otherwise the moments of a silent latent would decay into subnormal
/// numbers and stay there for good, since rounding never lets 0.9 m reach zero, and arithmetic on those is 2 to 100
/// times slower, depending on the processor. An entry whose gradient's root mean square is below sqrt(t) (1e-19 in
/// float) stays put.
class Adam {
 public:
  struct Settings {
    double beta1 = 0.9;     ///< 0 to 0.9999999; the JumpReLU paper uses 0
    double beta2 = 0.999;   ///< 0 to 0.9999999
    double epsilon = 1e-8;  ///< 1e-30 to 1e30
  };

  static constexpr std::string_view name = "adam";
  static constexpr int n_moments = 2;

  Adam() : Adam(Settings()) {}
  explicit Adam(const Settings& settings) : settings_(settings) {
    // The bounds are what float can still tell from 1 and from 0.
    require_between("Adam beta1", settings.beta1, 0.0, 0.9999999);
    require_between("Adam beta2", settings.beta2, 0.0, 0.9999999);
    require_between("Adam epsilon", settings.epsilon, 1e-30, 1e30);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

  /// visit(name, value) for every setting.
  template <class Visit>
  void visit_settings(const Visit& visit) const {
    visit("beta1", settings_.beta1);
    visit("beta2", settings_.beta2);
    visit("epsilon", settings_.epsilon);
  }

  /// The update of one step.
  template <class Scalar>
  class Step {
   public:
    void update(Scalar scale, Slice<Scalar> parameters, Slice<const Scalar> gradients,
                typename OptimizerState<Scalar, n_moments>::MomentSlices moments) const {
      Scalar* p = parameters.data();
      Scalar* m = moments[0].data();
      Scalar* v = moments[1].data();
      const Scalar* g = gradients.data();
      Index i = 0;
      for (; i + Pack::width <= parameters.size(); i += Pack::width) {
        prefetch(p + parameters.size() + i, m + parameters.size() + i, v + parameters.size() + i);
        update_lanes(scale, p + i, g + i, m + i, v + i);
      }
      for (; i < parameters.size(); ++i) {
        const Scalar gradient = scale * g[i];
        m[i] = multiply_add(beta1, m[i], (1 - beta1) * gradient);
        v[i] = multiply_add(beta2, v[i], (1 - beta2) * gradient * gradient);
        if (v[i] < tiny || (m[i] < tiny && m[i] > -tiny)) m[i] = 0;
        if (v[i] < tiny) v[i] = 0;
        p[i] -= rate * m[i] / multiply_add(std::sqrt(v[i]), root_correction, epsilon);
      }
    }

   private:
    friend class Adam;
    using Pack = Simd<Scalar>;

    /// The next slice mostly follows this one in memory; square roots and divisions leave time to fetch it (45 -> 37 ms
    /// for the latent pass of 12288 latents, one core). A prefetch beyond the end of an array does nothing.
    static void prefetch(const Scalar* p, const Scalar* m, const Scalar* v) {
      __builtin_prefetch(p, 1, 2);
      __builtin_prefetch(m, 1, 2);
      __builtin_prefetch(v, 1, 2);
    }

    void update_lanes(Scalar scale, Scalar* p, const Scalar* g, Scalar* m, Scalar* v) const {
      using Lanes = typename Pack::Lanes;
      const Lanes gradient = Pack::broadcast(scale) * Pack::load(g);
      Lanes mean = Pack::multiply_add(Pack::broadcast(beta1), Pack::load(m), Pack::broadcast(1 - beta1) * gradient);
      Lanes square =
          Pack::multiply_add(Pack::broadcast(beta2), Pack::load(v), Pack::broadcast(1 - beta2) * gradient * gradient);
      const auto square_is_tiny = square < Pack::broadcast(tiny);
      mean = cleared(mean, square_is_tiny | ((mean < Pack::broadcast(tiny)) & (mean > Pack::broadcast(-tiny))));
      square = cleared(square, square_is_tiny);
      const Lanes root =
          Pack::multiply_add(Pack::square_root(square), Pack::broadcast(root_correction), Pack::broadcast(epsilon));
      Pack::store(m, mean);
      Pack::store(v, square);
      Pack::store(p, Pack::load(p) - Pack::broadcast(rate) * mean / root);
    }

    /// Zero in the lanes that `drop` has all bits of. Comparisons with NaN are false, so NaN survives.
    template <class Mask>
    [[nodiscard]] static typename Pack::Lanes cleared(const typename Pack::Lanes& lanes, const Mask& drop) {
      return (typename Pack::Lanes)((Mask)lanes & ~drop);
    }

    static constexpr Scalar tiny = std::numeric_limits<Scalar>::min();

    Scalar beta1 = 0;
    Scalar beta2 = 0;
    Scalar epsilon = 0;
    Scalar rate = 0;             ///< learning_rate / (1 - beta1^t)
    Scalar root_correction = 0;  ///< 1 / sqrt(1 - beta2^t)
  };

  /// \param step  number of this update, from 1
  template <class Scalar>
  [[nodiscard]] Step<Scalar> begin_step(Index step, double learning_rate) const {
    Step<Scalar> shared;
    shared.beta1 = static_cast<Scalar>(settings_.beta1);
    shared.beta2 = static_cast<Scalar>(settings_.beta2);
    shared.epsilon = static_cast<Scalar>(settings_.epsilon);
    const double t = static_cast<double>(step);
    shared.rate = static_cast<Scalar>(learning_rate / (1 - std::pow(settings_.beta1, t)));
    shared.root_correction = static_cast<Scalar>(1 / std::sqrt(1 - std::pow(settings_.beta2, t)));
    return shared;
  }

 private:
  Settings settings_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/optim/optimizer.hpp>
#include <parsae/sparse/simd.hpp>

#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// Adam (Kingma and Ba, arXiv 1412.6980):
///
///     m <- beta1 m + (1 - beta1) g,   v <- beta2 v + (1 - beta2) g^2
///     p <- p - learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// The bias corrections are computed in double once a step.
class Adam {
 public:
  struct Settings {
    double beta1 = 0.9;     ///< 0 to 0.9999999; the JumpReLU paper uses 0
    double beta2 = 0.999;   ///< 0 to 0.9999999
    double epsilon = 1e-8;  ///< 1e-30 to 1e30
  };

  static constexpr int n_moments = 2;

  Adam() : Adam(Settings()) {}
  explicit Adam(const Settings& settings) : settings_(settings) {
    // The bounds are what float can still tell from 1 and from 0.
    require_between("Adam beta1", settings.beta1, 0.0, 0.9999999);
    require_between("Adam beta2", settings.beta2, 0.0, 0.9999999);
    require_between("Adam epsilon", settings.epsilon, 1e-30, 1e30);
  }

  [[nodiscard]] const Settings& settings() const { return settings_; }

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
      const Lanes mean =
          Pack::multiply_add(Pack::broadcast(beta1), Pack::load(m), Pack::broadcast(1 - beta1) * gradient);
      const Lanes square =
          Pack::multiply_add(Pack::broadcast(beta2), Pack::load(v), Pack::broadcast(1 - beta2) * gradient * gradient);
      const Lanes root =
          Pack::multiply_add(Pack::square_root(square), Pack::broadcast(root_correction), Pack::broadcast(epsilon));
      Pack::store(m, mean);
      Pack::store(v, square);
      Pack::store(p, Pack::load(p) - Pack::broadcast(rate) * mean / root);
    }

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

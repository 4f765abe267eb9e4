// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/objective.hpp>
#include <parsae/model/autoencoder.hpp>
#include <parsae/sparse/tile_column_sums.hpp>
#include <parsae/train/branch.hpp>

#include <array>
#include <cmath>

namespace parsae::inline PARSAE_ABI {

/// Where the gradients of one latent's parameters lie in scratch: w_enc, b_enc, w_dec, then what the activation owns.
struct GradientLayout {
  Index b_enc = 0;
  Index w_dec = 0;
  Index own = 0;
  Index n_own = 0;
  Index size = 0;  ///< of one latent; a multiple of any vector's width, so that the columns of many are aligned
};

/// What the gradients of one step are computed from. The slices hold the matrices once more where latents have entries
/// enough for products in tiles.
template <class Scalar>
struct BackwardInputs {
  const Matrix<Scalar>& centered;
  const Branch<Scalar>& main;
  const Branch<Scalar>& auxiliary;
  const ColumnSlices<Scalar>& centered_slices;
  const ColumnSlices<Scalar>& main_slices;       ///< of main.d_recon
  const ColumnSlices<Scalar>& auxiliary_slices;  ///< of auxiliary.d_recon; unused where the decoder is frozen
};

/// The gradient of everything that one latent owns; scratch of one worker. In this order: code losses, activation
/// backward, gradient columns of both weights over all branches, projection on the tangent of the decoder column.
template <Activation Act>
class LatentBackward {
 public:
  using Scalar = typename Act::Scalar;
  using Model = Autoencoder<Act>;
  using Inputs = BackwardInputs<Scalar>;

  /// Latents that differentiate_group takes at most.
  static constexpr Index group = TileColumnSums<Scalar>::group;

  /// A latent has at most one entry a sample. Which worker meets the busiest latent is chance: without this, a step
  /// would allocate whenever a worker meets a busier one than before.
  void reserve(Index batch, bool groups) {
    for (Buffer<Scalar>* entries : {&value_, &gate_, &pre_act_, &d_pre_acts_}) entries->reserve(batch);
    if (!groups) return;
    input_sums_.reserve(batch);
    output_sums_.reserve(batch);
  }

  /// \param gradient  layout.size entries; replaced
  template <class Objective, std::size_t n_losses>
  void differentiate(const Model& model, const GradientLayout& layout, const Objective& objective, const Inputs& inputs,
                     Index j, Scalar* gradient, std::array<double, n_losses>& losses) {
    std::fill_n(gradient, layout.size, Scalar(0));
    const Scalar norm_factor = main_backward(model, layout, objective, inputs, j, gradient, losses);
    add_columns<AuxiliaryDecoder::Trained>(layout, inputs.main, j, inputs.centered, gradient);
    add_norm_part(model, layout, j, norm_factor, gradient);
    if (inputs.auxiliary.is_used()) {
      auxiliary_backward(layout, inputs, j, gradient);
      add_columns<Objective::AuxiliaryLoss::decoder>(layout, inputs.auxiliary, j, inputs.centered, gradient);
    }
    project(model, layout, j, gradient);
  }

  /// The same for several latents, with the gradient columns computed in tiles.
  /// \param gradients  layout.size entries for each latent; replaced
  template <class Objective, std::size_t n_losses>
  void differentiate_group(const Model& model, const GradientLayout& layout, const Objective& objective,
                           const Inputs& inputs, Slice<const LatentId> latents, Scalar* gradients,
                           std::array<double, n_losses>& losses) {
    std::array<Scalar, std::size_t{group}> norm_factors{};
    std::fill_n(gradients, latents.size() * layout.size, Scalar(0));
    begin_sums(latents.size(), inputs);
    for (Index at = 0; at < latents.size(); ++at) {
      norm_factors[static_cast<std::size_t>(at)] =
          main_backward(model, layout, objective, inputs, latents[at], gradients + at * layout.size, losses);
      set_factors(at, inputs.main.by_latent.entries(latents[at]));
    }
    add_sums<AuxiliaryDecoder::Trained>(layout, inputs.centered_slices, inputs.main_slices, gradients);
    for (Index at = 0; at < latents.size(); ++at)
      add_norm_part(model, layout, latents[at], norm_factors[static_cast<std::size_t>(at)],
                    gradients + at * layout.size);
    if (inputs.auxiliary.is_used()) {
      begin_sums(latents.size(), inputs);
      for (Index at = 0; at < latents.size(); ++at) {
        auxiliary_backward(layout, inputs, latents[at], gradients + at * layout.size);
        set_factors(at, inputs.auxiliary.by_latent.entries(latents[at]));
      }
      add_sums<Objective::AuxiliaryLoss::decoder>(layout, inputs.centered_slices, inputs.auxiliary_slices, gradients);
    }
    for (Index at = 0; at < latents.size(); ++at) project(model, layout, latents[at], gradients + at * layout.size);
  }

 private:
  /// Code losses and activation: leaves dL/d pre_act of the main entries in scratch, adds to the bias and to what the
  /// activation owns. Returns the factor of the decoder column in its own gradient, from losses on its norm.
  template <class Objective, std::size_t n_losses>
  Scalar main_backward(const Model& model, const GradientLayout& layout, const Objective& objective,
                       const Inputs& inputs, Index j, Scalar* gradient, std::array<double, n_losses>& losses) {
    const LatentEntries<Scalar> entries = inputs.main.by_latent.entries(j);
    LatentGradient<Scalar> at_entries = start_gradient(inputs.main.by_latent.d_values(j));
    const Index n_outputs = model.n_outputs();
    const Scalar* direction = model.decoder.w_dec.data() + j * n_outputs;
    const Scalar norm = std::sqrt(Column<Scalar>::dot(direction, direction, n_outputs));
    objective.add_code_losses(entries, norm, inputs.main.code.n_samples(), at_entries, losses);
    model.activation.backward(entries, at_entries, d_pre_acts_.slice(),
                              Slice<Scalar>(gradient + layout.own, layout.n_own));
    add_bias(layout, gradient);
    return norm > 0 ? at_entries.decoder_norm / norm : Scalar(0);
  }

  void auxiliary_backward(const GradientLayout& layout, const Inputs& inputs, Index j, Scalar* gradient) {
    const LatentGradient<Scalar> at_entries = start_gradient(inputs.auxiliary.by_latent.d_values(j));
    pass_through_backward(inputs.auxiliary.by_latent.entries(j), at_entries, d_pre_acts_.slice());
    add_bias(layout, gradient);
  }

  LatentGradient<Scalar> start_gradient(Slice<const Scalar> d_values) {
    value_.clear();
    value_.append(d_values);
    gate_.assign(d_values.size(), Scalar(0));
    pre_act_.assign(d_values.size(), Scalar(0));
    d_pre_acts_.resize(d_values.size());
    return {value_.slice(), gate_.slice(), pre_act_.slice(), Scalar(0)};
  }

  /// d b_enc += sum_i d_pre_i
  void add_bias(const GradientLayout& layout, Scalar* gradient) const {
    for (const Scalar d_pre_act : d_pre_acts_) gradient[layout.b_enc] += d_pre_act;
  }

  /// d w_enc += sum_i d_pre_i x_i,  d w_dec += sum_i f_i d_recon_i unless the branch takes the decoder for a constant
  template <AuxiliaryDecoder decoder>
  void add_columns(const GradientLayout& layout, const Branch<Scalar>& branch, Index j, const Matrix<Scalar>& centered,
                   Scalar* gradient) const {
    const LatentEntries<Scalar> entries = branch.by_latent.entries(j);
    const SampleId* samples = entries.samples.data();
    const auto input = [&](Index e) { return centered.data() + samples[e] * centered.rows(); };
    const Index n_ahead = branch.by_latent.n_from(j);
    Column<Scalar>::add_scaled_columns(d_pre_acts_.data(), input, entries.size(), n_ahead, gradient, centered.rows());
    if constexpr (decoder == AuxiliaryDecoder::Trained) {
      const Matrix<Scalar>& d_recon = branch.d_recon_at(j);
      const auto output = [&](Index e) { return d_recon.data() + samples[e] * d_recon.rows(); };
      Column<Scalar>::add_scaled_columns(entries.values.data(), output, entries.size(), n_ahead,
                                         gradient + layout.w_dec, d_recon.rows());
    }
  }

  void begin_sums(Index n_latents, const Inputs& inputs) {
    input_sums_.begin(n_latents, inputs.centered.cols());
    output_sums_.begin(n_latents, inputs.centered.cols());
  }

  void set_factors(Index at, const LatentEntries<Scalar>& entries) {
    input_sums_.set_factors(at, entries.samples, d_pre_acts_.data());
    output_sums_.set_factors(at, entries.samples, entries.values.data());
  }

  template <AuxiliaryDecoder decoder>
  void add_sums(const GradientLayout& layout, const ColumnSlices<Scalar>& centered, const ColumnSlices<Scalar>& d_recon,
                Scalar* gradients) {
    input_sums_.add(centered, gradients, layout.size);
    if constexpr (decoder == AuxiliaryDecoder::Trained)
      output_sums_.add(d_recon, gradients + layout.w_dec, layout.size);
  }

  static void add_norm_part(const Model& model, const GradientLayout& layout, Index j, Scalar factor,
                            Scalar* gradient) {
    if (factor == 0) return;
    const Index n_outputs = model.n_outputs();
    Column<Scalar>::add_scaled(factor, model.decoder.w_dec.data() + j * n_outputs, gradient + layout.w_dec, n_outputs);
  }

  /// Unit norm: removes the part of the decoder's gradient along the column.
  static void project(const Model& model, const GradientLayout& layout, Index j, Scalar* gradient) {
    if (model.decoder.norm == DecoderNorm::Free) return;
    const Index n_outputs = model.n_outputs();
    const Scalar* direction = model.decoder.w_dec.data() + j * n_outputs;
    const Scalar along = Column<Scalar>::dot(gradient + layout.w_dec, direction, n_outputs);
    if (along != 0) Column<Scalar>::add_scaled(-along, direction, gradient + layout.w_dec, n_outputs);
  }

  Buffer<Scalar> value_;
  Buffer<Scalar> gate_;
  Buffer<Scalar> pre_act_;
  Buffer<Scalar> d_pre_acts_;
  TileColumnSums<Scalar> input_sums_;
  TileColumnSums<Scalar> output_sums_;
};

}  // namespace parsae::inline PARSAE_ABI

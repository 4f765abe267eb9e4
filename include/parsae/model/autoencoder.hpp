// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/activations/activation.hpp>
#include <parsae/model/decoder.hpp>
#include <parsae/model/encoder.hpp>
#include <parsae/sparse/walk.hpp>

namespace parsae::inline PARSAE_ABI {

struct AutoencoderSettings {
  Index n_inputs = 0;   ///< >= 1
  Index n_latents = 0;  ///< >= 1
  Index n_outputs = 0;  ///< >= 1, or 0: as many as inputs
  DecoderNorm decoder_norm = DecoderNorm::Unit;
  Centering centering = Centering::DecoderBias;  ///< DecoderBias needs n_outputs == n_inputs
};

/// A sparse autoencoder: f = activation(w_enc^T (s x - b_dec) + b_enc), xhat = (w_dec f + b_dec) / s.
///
/// s is the input scale, part of the model: encode() and decode() speak the user's units on both sides. With n_outputs
/// other than n_inputs, or Centering::None, the same class is a transcoder: it predicts targets that are not its
/// inputs.
///
/// A const model may be used from any number of threads at a time.
template <Activation Act>
class Autoencoder {
 public:
  using ActivationType = Act;
  using Scalar = typename Act::Scalar;

  using Settings = AutoencoderSettings;

  /// All arrays zero: initialize() gives them their values.
  explicit Autoencoder(const Settings& settings, const Act& rule = {}) : activation(rule) {
    constexpr Index most = std::numeric_limits<LatentId>::max();
    const Index n_outputs = settings.n_outputs == 0 ? settings.n_inputs : settings.n_outputs;
    require_between("Autoencoder n_inputs", settings.n_inputs, Index{1}, most);
    require_between("Autoencoder n_latents", settings.n_latents, Index{1}, most);
    require_between("Autoencoder n_outputs", n_outputs, Index{1}, most);
    if (settings.centering == Centering::DecoderBias && n_outputs != settings.n_inputs)
      reject("Autoencoder n_outputs", "n_inputs, or Centering::None", n_outputs);
    encoder = {Matrix<Scalar>::Zero(settings.n_inputs, settings.n_latents), Vector<Scalar>::Zero(settings.n_latents),
               settings.centering};
    decoder = {Matrix<Scalar>::Zero(n_outputs, settings.n_latents), Vector<Scalar>::Zero(n_outputs),
               settings.decoder_norm};
    activation.resize(settings.n_latents);
  }

  Encoder<Scalar> encoder;
  Decoder<Scalar> decoder;
  Act activation;
  Scalar input_scale = 1;   ///< s > 0
  Scalar output_scale = 1;  ///< scale of the targets; input_scale in an autoencoder

  [[nodiscard]] Index n_inputs() const { return encoder.n_inputs(); }
  [[nodiscard]] Index n_latents() const { return encoder.n_latents(); }
  [[nodiscard]] Index n_outputs() const { return decoder.n_outputs(); }

  /// The code of each sample (a column of `samples`, n_inputs x n), by the activation's inference rule. Refuses NaN and
  /// Inf.
  [[nodiscard]] SparseCode<Scalar> encode(const Eigen::Ref<const Matrix<Scalar>>& samples,
                                          Threads threads = Threads::available()) const {
    Matrix<Scalar> centered;
    SparseCode<Scalar> code;
    encoder.center(samples, input_scale, decoder.b_dec, threads, centered);
    require_finite("encode samples", centered);  // after scaling: a sample may be finite and too large for the model
    const auto rule = activation.inference();
    using Selection = decltype(rule.select(Index{}, Index{}));
    Walk<Scalar, Selection>().run(centered, encoder.w_enc, encoder.b_enc, threads,
                                  rule.select(samples.cols(), n_latents()), code);
    return code;
  }

  /// The same from raw memory: `n` samples of n_inputs consecutive values, a sample every `stride` >= n_inputs values.
  [[nodiscard]] SparseCode<Scalar> encode(const Scalar* samples, Index n, Index stride,
                                          Threads threads = Threads::available()) const {
    require_at_least("encode n", n, Index{0});
    require_at_least("encode stride", stride, n_inputs());
    return encode(
        Eigen::Map<const Matrix<Scalar>, 0, Eigen::OuterStride<>>(samples, n_inputs(), n, Eigen::OuterStride<>(stride)),
        threads);
  }

  /// The reconstruction of each coded sample, n_outputs x n, in the user's units.
  [[nodiscard]] Matrix<Scalar> decode(const SparseCode<Scalar>& code, Threads threads = Threads::available()) const {
    require_latents("decode latent", code, n_latents());
    Matrix<Scalar> recon;
    decoder.decode(code, threads, recon);
    recon /= output_scale;
    return recon;
  }

  /// visit(ParameterArray) for every array of the model, always in the same order.
  template <class Visit>
  void visit_arrays(const Visit& visit) {
    using Array = ParameterArray<Scalar>;
    visit(Array{"w_enc", Role::Learned, Axis::Latent, n_inputs(), {encoder.w_enc.data(), encoder.w_enc.size()}});
    visit(Array{"b_enc", Role::Learned, Axis::Latent, 1, {encoder.b_enc.data(), encoder.b_enc.size()}});
    visit(Array{"w_dec", Role::Learned, Axis::Latent, n_outputs(), {decoder.w_dec.data(), decoder.w_dec.size()}});
    visit(Array{"b_dec", Role::Learned, Axis::Shared, n_outputs(), {decoder.b_dec.data(), decoder.b_dec.size()}});
    activation.visit_arrays(visit);
  }
};

}  // namespace parsae::inline PARSAE_ABI

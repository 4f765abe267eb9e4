// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/message/message_writer.hpp>

#include <analysis/code_fixture.hpp>
#include <analysis/presence_fixture.hpp>
#include <support/random_matrix.hpp>

namespace parsae::test {

/// A decoder with random weights.
template <class Scalar>
[[nodiscard]] MessageDecoder<Scalar> random_decoder(Index n_outputs, Index n_latents, int bits) {
  const Matrix<Scalar> w_dec = random_matrix<Scalar>(n_outputs, n_latents, 61);
  const Matrix<Scalar> b_dec = random_matrix<Scalar>(n_outputs, 1, 62);
  return {quantize_dictionary(w_dec, bits), quantize_dictionary(b_dec, bits), 0.37};
}

/// What a receiver must get of a code: active entries alone, values and pre-activations in the middle of their bins.
template <class Scalar>
[[nodiscard]] SparseCode<Scalar> as_received(const SparseCode<Scalar>& code, const CodeQuantizer& quantizer) {
  SparseCode<Scalar> received = only_active(code);
  quantizer.quantize(received);
  received.pre_acts = received.values;
  return received;
}

}  // namespace parsae::test

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/column.hpp>
#include <parsae/sparse/sparse_code.hpp>

namespace parsae::inline PARSAE_ABI {

/// recon += value * dictionary(:, latent) over `count` entries of a code, from `first` on and in their order.
/// \param recon  n_outputs entries
template <class Scalar>
void add_entries(const Matrix<Scalar>& dictionary, const SparseCode<Scalar>& code, Index first, Index count,
                 Scalar* recon) {
  const Index n_outputs = dictionary.rows();
  const auto direction = [&](Index e) { return dictionary.data() + code.latents[first + e] * n_outputs; };
  Column<Scalar>::add_scaled_columns(code.values.data() + first, direction, count, code.stored() - first, recon,
                                     n_outputs);
}

/// One column of sparse_decode.
/// \param recon  n_outputs entries
template <class Scalar>
void decode_sample(const Matrix<Scalar>& dictionary, Slice<const Scalar> offset, const SparseCode<Scalar>& code,
                   Index sample, Scalar* recon) {
  const Index n_outputs = dictionary.rows();
  if (offset.empty())
    std::fill_n(recon, n_outputs, Scalar(0));
  else
    std::copy_n(offset.data(), n_outputs, recon);
  add_entries(dictionary, code, code.begin_of(sample), code.count_of(sample), recon);
}

/// recon(:, i) = offset + sum over stored entries (latent j, value v) of sample i, ascending in j, of v * dictionary(:,
/// j).
///
/// \param dictionary  n_outputs x n_latents
/// \param offset      n_outputs entries, or empty for none (an auxiliary reconstruction has no bias)
/// \param recon       n_outputs x batch; resized
template <class Scalar>
void sparse_decode(const Matrix<Scalar>& dictionary, Slice<const Scalar> offset, const SparseCode<Scalar>& code,
                   Threads threads, Matrix<Scalar>& recon) {
  constexpr Index block = 64;
  recon.resize(dictionary.rows(), code.n_samples());
  threads.for_each(divide_up(code.n_samples(), block), [&](Index task, int) {
    const Index last = std::min(code.n_samples(), (task + 1) * block);
    for (Index i = task * block; i < last; ++i)
      decode_sample(dictionary, offset, code, i, recon.data() + i * recon.rows());
  });
}

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/column.hpp>
#include <parsae/sparse/sparse_code.hpp>

namespace parsae::inline PARSAE_ABI {

/// `count` entries of sampled_product, from `first` on, which belong to one sample.
/// \param d_recon   n_outputs entries, the sample's column
/// \param d_values  one for each stored entry of the whole code
template <class Scalar>
void sampled_product_at(const Matrix<Scalar>& dictionary, const Scalar* d_recon, const SparseCode<Scalar>& code,
                        Index first, Index count, Buffer<Scalar>& d_values) {
  const Index n_outputs = dictionary.rows();
  const auto direction = [&](Index e) { return dictionary.data() + code.latents[first + e] * n_outputs; };
  Column<Scalar>::dot_columns(direction, count, d_recon, d_values.data() + first, n_outputs);
}

/// The entries of sampled_product that belong to one sample.
template <class Scalar>
void sampled_product_of(const Matrix<Scalar>& dictionary, const Scalar* d_recon, const SparseCode<Scalar>& code,
                        Index sample, Buffer<Scalar>& d_values) {
  sampled_product_at(dictionary, d_recon, code, code.begin_of(sample), code.count_of(sample), d_values);
}

/// The dense product dictionary^T * d_recon, computed only where the code stores an entry: for entry e = (latent j,
/// sample i) d_values[e] = <dictionary(:, j), d_recon(:, i)>, the gradient of the loss with respect to that entry's
/// value.
///
/// \param dictionary  n_outputs x n_latents
/// \param d_recon     n_outputs x batch
/// \param d_values    one for each stored entry; resized
template <class Scalar>
void sampled_product(const Matrix<Scalar>& dictionary, const Matrix<Scalar>& d_recon, const SparseCode<Scalar>& code,
                     Threads threads, Buffer<Scalar>& d_values) {
  constexpr Index block = 64;
  d_values.resize(code.stored());
  threads.for_each(divide_up(code.n_samples(), block), [&](Index task, int) {
    const Index last = std::min(code.n_samples(), (task + 1) * block);
    for (Index i = task * block; i < last; ++i)
      sampled_product_of(dictionary, d_recon.data() + i * d_recon.rows(), code, i, d_values);
  });
}

}  // namespace parsae::inline PARSAE_ABI

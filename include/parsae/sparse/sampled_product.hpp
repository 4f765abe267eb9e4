// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/threads.hpp>
#include <parsae/sparse/column.hpp>
#include <parsae/sparse/sparse_code.hpp>

namespace parsae::inline PARSAE_ABI {

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
  const Index n_outputs = dictionary.rows();
  d_values.resize(code.stored());
  threads.for_each(divide_up(code.n_samples(), block), [&](Index task, int) {
    const Index last = std::min(code.n_samples(), (task + 1) * block);
    for (Index i = task * block; i < last; ++i)
      for (Index e = code.begin_of(i); e < code.offsets[i + 1]; ++e)
        d_values[e] = Column<Scalar>::dot(dictionary.data() + code.latents[e] * n_outputs,
                                          d_recon.data() + i * n_outputs, n_outputs);
  });
}

}  // namespace parsae::inline PARSAE_ABI

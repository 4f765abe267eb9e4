// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/losses/loss.hpp>
#include <parsae/sparse/sampled_product.hpp>
#include <parsae/sparse/sparse_decode.hpp>
#include <parsae/train/branch.hpp>

#include <algorithm>

namespace parsae::inline PARSAE_ABI {

/// One sample after the other through a reconstruction loss on prefixes of the latents (NestsPrefixes). A code's
/// entries are ascending in latent, so each reconstruction is the last one and some entries more: the full one has the
/// bits of decode_sample, and costs no more.
template <class Scalar>
struct PrefixPass {
  /// Makes room in a branch whose code is known.
  template <NestsPrefixes Loss>
  static void prepare(const Loss& loss, Index n_outputs, Branch<Scalar>& branch) {
    branch.prefix_ends.clear();
    branch.prefix_ends.append(loss.prefix_ends());
    branch.d_recon_of_later.resize(static_cast<std::size_t>(branch.prefix_ends.size()));
    for (Matrix<Scalar>& later : branch.d_recon_of_later) later.resize(n_outputs, branch.code.n_samples());
  }

  /// Returns the sample's part of the loss; writes its columns of recon (the full one) and of every d_recon, and its
  /// d_values.
  /// \param target  n_outputs
  /// \param weight  of the sample
  template <NestsPrefixes Loss>
  static double run(const Loss& loss, const Matrix<Scalar>& dictionary, Slice<const Scalar> b_dec,
                    const Eigen::Ref<const Matrix<Scalar>>& target, Scalar weight, Index sample,
                    Branch<Scalar>& branch) {
    double total = 0;
    std::copy(b_dec.begin(), b_dec.end(), branch.recon.col(sample).data());
    for_each_prefix(branch, sample, [&](Index p, Index first, Index count) {
      add_entries(dictionary, branch.code, first, count, branch.recon.col(sample).data());
      const Scalar prefix_weight = static_cast<Scalar>(loss.prefix_weight(p)) * weight;
      total += loss.template add<Scalar>(target, branch.recon.col(sample), Slice<const Scalar>(&prefix_weight, 1),
                                         d_recon_of(branch, p).col(sample));
    });
    for (Index p = branch.prefix_ends.size(); p-- > 0;)
      d_recon_of(branch, p).col(sample) += d_recon_of(branch, p + 1).col(sample);
    for_each_prefix(branch, sample, [&](Index p, Index first, Index count) {
      sampled_product_at(dictionary, d_recon_of(branch, p).col(sample).data(), branch.code, first, count,
                         branch.d_values);
    });
    return total;
  }

 private:
  [[nodiscard]] static Matrix<Scalar>& d_recon_of(Branch<Scalar>& branch, Index p) {
    return p == 0 ? branch.d_recon : branch.d_recon_of_later[static_cast<std::size_t>(p - 1)];
  }

  /// visit(p, first, count) for every prefix: its entries that the one before does not have.
  template <class Visit>
  static void for_each_prefix(const Branch<Scalar>& branch, Index sample, const Visit& visit) {
    const SparseCode<Scalar>& code = branch.code;
    const Index n = branch.prefix_ends.size();
    Index first = code.begin_of(sample);
    const Index end = first + code.count_of(sample);
    for (Index p = 0; p <= n; ++p) {
      Index last = end;
      if (p < n) {
        const LatentId* from = code.latents.data() + first;
        last = first + (std::lower_bound(from, code.latents.data() + end, branch.prefix_ends[p]) - from);
      }
      visit(p, first, last - first);
      first = last;
    }
  }
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/data/pass_order.hpp>

#include <type_traits>

namespace parsae::inline PARSAE_ABI {

/// Batches from samples in memory (or mapped from a file), shuffled anew for every pass.
///
/// The passes are one stream: a batch may begin in one pass and end in the next, so every batch is full until the last
/// pass ends. Pass e is a permutation drawn from (seed, e) alone, so a position can be reached without replaying.
template <class ScalarType>
class MatrixSource {
 public:
  using Scalar = ScalarType;
  using Order = PassOrder::Order;

  struct Settings {
    Index batch_size = 1024;  ///< samples a batch, >= 1
    Index epochs = 0;         ///< passes over the samples, 0 to 1e9; 0: without end
    Order order = Order::Shuffled;
    std::uint64_t seed = 0;
  };

  /// An Eigen object that no caller can keep alive where it is: a matrix on its way out, or one that has to be computed
  /// or copied to have the samples as contiguous columns. A block or map of a matrix is only a view, so it may be a
  /// temporary.
  template <class Samples, class Plain = std::remove_cvref_t<Samples>>
  static constexpr bool is_temporary = requires {
    typename Plain::PlainObject;
  }
  &&((!std::is_lvalue_reference_v<Samples> && std::is_same_v<Plain, typename Plain::PlainObject>) ||
     (Plain::Flags & Eigen::DirectAccessBit) == 0 || Plain::IsRowMajor || Plain::InnerStrideAtCompileTime != 1);

  /// \param samples  n_inputs x n, n >= 1, finite; not copied, so it must outlive the source
  MatrixSource(const Eigen::Ref<const Matrix<Scalar>>& samples, const Settings& settings)
      : data_(samples.data()),
        n_inputs_(samples.rows()),
        stride_(samples.outerStride()),
        batch_size_(settings.batch_size),
        order_({.source = "MatrixSource",
                .n_items = samples.cols(),
                .epochs = settings.epochs,
                .order = settings.order,
                .seed = settings.seed}) {
    require_at_least("MatrixSource inputs", samples.rows(), Index{1});
    require_at_least("MatrixSource batch_size", settings.batch_size, Index{1});
    require_finite("MatrixSource samples", samples);
  }

  /// A temporary would be gone before the first batch, and an expression that is not in memory becomes one.
  template <class Samples>
  requires(is_temporary<Samples>) MatrixSource(Samples&&, const Settings&)
  = delete;

  [[nodiscard]] Index n_inputs() const { return n_inputs_; }
  [[nodiscard]] Index n_samples() const { return order_.n_items(); }

  bool next(Batch<Scalar>& batch) {
    const Index count = order_.available(batch_size_);
    if (count == 0) return false;
    batch.targets.resize(0, 0);
    batch.group.clear();
    batch.weight.clear();
    batch.inputs.resize(n_inputs_, count);
    batch.sample_id.resize(count);
    for (Index i = 0; i < count; ++i) {
      const Index sample = order_.next();
      batch.inputs.col(i) = Eigen::Map<const Vector<Scalar>>(data_ + sample * stride_, n_inputs_);
      batch.sample_id[i] = sample;
    }
    return true;
  }

  [[nodiscard]] SourcePosition position() const { return order_.position(); }
  void seek(const SourcePosition& position) { order_.seek(position); }

 private:
  const Scalar* data_;
  Index n_inputs_;
  Index stride_;
  Index batch_size_;
  PassOrder order_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>
#include <parsae/core/random.hpp>
#include <parsae/data/batch.hpp>

#include <limits>
#include <type_traits>
#include <utility>

namespace parsae::inline PARSAE_ABI {

/// Batches from samples in memory (or mapped from a file), shuffled anew for every pass.
///
/// The passes are one stream: a batch may begin in one pass and end in the next, so every batch is full until the last
/// pass ends. Pass e is a permutation drawn from (seed, e) alone, so a position can be reached without replaying.
template <class ScalarType>
class MatrixSource {
 public:
  using Scalar = ScalarType;
  enum class Order { Shuffled, Sequential };

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
        n_samples_(samples.cols()),
        stride_(samples.outerStride()),
        settings_(settings) {
    require_at_least("MatrixSource samples", samples.cols(), Index{1});
    require_at_least("MatrixSource inputs", samples.rows(), Index{1});
    require_between("MatrixSource samples", samples.cols(), Index{1}, Index{std::numeric_limits<std::uint32_t>::max()});
    require_at_least("MatrixSource batch_size", settings.batch_size, Index{1});
    require_between("MatrixSource epochs", settings.epochs, Index{0}, Index{1'000'000'000});
    require_finite("MatrixSource samples", samples);
    draw_order();
  }

  /// A temporary would be gone before the first batch, and an expression that is not in memory becomes one.
  template <class Samples>
  requires(is_temporary<Samples>) MatrixSource(Samples&&, const Settings&)
  = delete;

  [[nodiscard]] Index n_inputs() const { return n_inputs_; }
  [[nodiscard]] Index n_samples() const { return n_samples_; }

  bool next(Batch<Scalar>& batch) {
    const Index count = std::min(settings_.batch_size, samples_left());
    if (count == 0) return false;
    batch.targets.resize(0, 0);
    batch.group.clear();
    batch.weight.clear();
    batch.inputs.resize(n_inputs_, count);
    batch.sample_id.resize(count);
    for (Index i = 0; i < count; ++i) {
      const Index sample = static_cast<Index>(order_[static_cast<Index>(position_.sample)]);
      batch.inputs.col(i) = Eigen::Map<const Vector<Scalar>>(data_ + sample * stride_, n_inputs_);
      batch.sample_id[i] = sample;
      advance();
    }
    return true;
  }

  [[nodiscard]] SourcePosition position() const { return position_; }

  void seek(const SourcePosition& position) {
    require_at_least("MatrixSource position epoch", position.epoch, std::int64_t{0});
    require_between("MatrixSource position sample", position.sample, std::int64_t{0}, std::int64_t{n_samples_ - 1});
    position_ = position;
    draw_order();
  }

 private:
  [[nodiscard]] Index samples_left() const {
    if (settings_.epochs == 0) return settings_.batch_size;
    const Index epochs_left = std::max<Index>(settings_.epochs - static_cast<Index>(position_.epoch), 0);
    return epochs_left == 0 ? 0 : epochs_left * n_samples_ - static_cast<Index>(position_.sample);
  }

  void advance() {
    if (++position_.sample < n_samples_) return;
    position_ = {position_.epoch + 1, 0};
    draw_order();
  }

  void draw_order() {
    order_.resize(n_samples_);
    for (Index i = 0; i < n_samples_; ++i) order_[i] = static_cast<std::uint32_t>(i);
    if (settings_.order == Order::Sequential) return;
    const Random random(settings_.seed, Draws::Order, static_cast<std::uint64_t>(position_.epoch));
    for (Index i = n_samples_ - 1; i > 0; --i) {
      const auto other = random.below(static_cast<std::uint64_t>(i) + 1, static_cast<std::uint64_t>(i));
      std::swap(order_[i], order_[static_cast<Index>(other)]);
    }
  }

  const Scalar* data_;
  Index n_inputs_;
  Index n_samples_;
  Index stride_;
  Settings settings_;
  SourcePosition position_;
  Buffer<std::uint32_t> order_;
};

}  // namespace parsae::inline PARSAE_ABI

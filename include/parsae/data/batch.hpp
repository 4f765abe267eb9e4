// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>

#include <concepts>
#include <cstdint>

namespace parsae::inline PARSAE_ABI {

/// What a source hands to the trainer. All fields but `inputs` may be empty; a source fills a batch in place, so that
/// its memory is allocated once.
template <class Scalar>
struct Batch {
  Matrix<Scalar> inputs;           ///< n_inputs x batch, the user's units
  Matrix<Scalar> targets;          ///< n_outputs x batch; empty: the inputs
  Buffer<std::int32_t> group;      ///< which layer (or other group) a sample comes from
  Buffer<std::int64_t> sample_id;  ///< position of a sample in its source
  Buffer<Scalar> weight;           ///< weight of a sample in the reconstruction loss, finite, >= 0; empty: 1 each
};

/// Where a source stands; enough to go on from there with the same bits.
struct SourcePosition {
  std::int64_t epoch = 0;   ///< passes completed
  std::int64_t sample = 0;  ///< samples of this pass already handed out

  friend bool operator==(const SourcePosition&, const SourcePosition&) = default;
};

/// A stream of batches.
///
/// - `source.next(batch)`: sets every field of the batch (an unused one to empty) and returns true, or returns false at
/// the
///   end.
/// - `source.position()`, `source.seek(position)`: for exact resume.
template <class Source, class Scalar>
concept BatchSource = requires(Source source, const Source& fixed, Batch<Scalar>& batch,
                               const SourcePosition& position) {
  { source.next(batch) } -> std::same_as<bool>;
  { fixed.position() } -> std::same_as<SourcePosition>;
  { source.seek(position) } -> std::same_as<void>;
};

}  // namespace parsae::inline PARSAE_ABI

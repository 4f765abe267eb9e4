// SPDX-License-Identifier: MIT
#pragma once

#include <language/llama_shape.hpp>

#include <functional>
#include <utility>

namespace parsae_examples {

/// Called after every block with its index (0 to n_layers - 1) and the residual stream, width x tokens: one column for
/// each token of the pass. It may read the stream, or replace it by anything: the blocks behind it go on from there.
/// Without a hook nothing is copied and nothing is called.
using StreamHook = std::function<void(Index layer, Eigen::Ref<parsae::Matrix<float>> stream)>;

/// The hook that calls act(stream) after block `layer` alone.
template <class Act>
[[nodiscard]] StreamHook at_layer(Index layer, Act act) {
  return [layer, act = std::move(act)](Index at, Eigen::Ref<parsae::Matrix<float>> stream) {
    if (at == layer) act(stream);
  };
}

/// First one hook, then the other.
[[nodiscard]] inline StreamHook both(StreamHook first, StreamHook second) {
  return [first = std::move(first), second = std::move(second)](Index layer, Eigen::Ref<parsae::Matrix<float>> stream) {
    if (first) first(layer, stream);
    if (second) second(layer, stream);
  };
}

}  // namespace parsae_examples

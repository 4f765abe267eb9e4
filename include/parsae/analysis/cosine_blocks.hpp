// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/buffer.hpp>
#include <parsae/core/threads.hpp>
#include <parsae/sparse/panel_product.hpp>

#include <algorithm>
#include <vector>

namespace parsae::inline PARSAE_ABI {

/// All cosines between the latents of one dictionary, a strip at a time: never an n_latents x n_latents matrix. Cosines
/// are those of the dictionary's own precision, and their bits do not depend on threads. Two equal latents may have a
/// cosine that is off 1 by rounding.
template <class Scalar>
class CosineBlocks {
 public:
  /// Latents of one task.
  static constexpr Index block = 96;

  /// \param dictionary  n_inputs x n_latents, finite; a column of zeros has the cosine 0 with everything
  explicit CosineBlocks(const Matrix<Scalar>& dictionary) : directions_(dictionary) {
    require_finite("CosineBlocks dictionary", dictionary);
    for (Index j = 0; j < dictionary.cols(); ++j) directions_.col(j).stableNormalize();
  }

  [[nodiscard]] Index n_latents() const { return directions_.cols(); }
  [[nodiscard]] Index n_tasks() const { return divide_up(n_latents(), block); }

  /// Calls body(task, worker, i, j_begin, cosines) so that every i meets every j, itself among them: cosines[c] is
  /// the cosine of i and j_begin + c. Latent i belongs to the task i / block, and within a task j_begin ascends; tasks
  /// run in any order, as in Threads::for_each.
  template <class Body>
  void for_each(Threads threads, const Body& body) const {
    std::vector<Room> rooms(static_cast<std::size_t>(threads.count()));
    for (Room& room : rooms) room.resize(directions_.rows());
    threads.for_each(n_tasks(), [&](Index task, int worker) {
      strip(task, rooms[static_cast<std::size_t>(worker)],
            [&](Index i, Index j_begin, Slice<const Scalar> cosines) { body(task, worker, i, j_begin, cosines); });
    });
  }

 private:
  using Product = PanelProduct<Scalar>;
  static constexpr Index n_packs = divide_up(block, Product::samples);

  struct Room {
    Buffer<Scalar> rows;
    Buffer<Scalar> panel;
    Buffer<Scalar> zeros = Buffer<Scalar>(Product::latents, 0);
    Buffer<Scalar> tile = Buffer<Scalar>(Product::samples * Product::latents);

    void resize(Index n_inputs) {
      rows.resize(n_packs * n_inputs * Product::samples);
      panel.resize(n_inputs * Product::latents);
    }
  };

  template <class Body>
  void strip(Index task, Room& room, const Body& body) const {
    const Index n_inputs = directions_.rows();
    const Index begin = task * block;
    const Index end = std::min(n_latents(), begin + block);
    const auto pack_at = [&](Index i) { return room.rows.data() + (i - begin) * n_inputs; };
    for (Index i = begin; i < end; i += Product::samples)
      Product::pack_samples(directions_.data() + i * n_inputs, n_inputs, std::min(end - i, Product::samples), n_inputs,
                            pack_at(i));
    for (Index j = 0; j < n_latents(); j += Product::latents) {
      const Index width = std::min(n_latents() - j, Product::latents);
      Product::pack_latents(directions_.data() + j * n_inputs, width, n_inputs, room.panel.data());
      for (Index i = begin; i < end; i += Product::samples) {
        Product::multiply(pack_at(i), room.panel.data(), n_inputs, room.zeros.data(), room.tile.data());
        for (Index r = 0; r < std::min(end - i, Product::samples); ++r)
          body(i + r, j, Slice<const Scalar>(room.tile.data() + r * Product::latents, width));
      }
    }
  }

  Matrix<Scalar> directions_;
};

}  // namespace parsae::inline PARSAE_ABI

// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/analysis/presence_tree.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "report_pictures.hpp"

namespace parsae_examples::detail {

/// The strongest edges of a forest over latents, as trees that can be drawn from left to right: each is rooted at its
/// most frequent latent, which keeps it shallow.
class ForestLayout {
 public:
  struct Node {
    Index latent = 0;
    Index parent = -1;  ///< position among the nodes
    double depth = 0;   ///< column
    double row = 0;     ///< of the middle of its picture; leaves have whole numbers
    Index edge = -1;    ///< to the parent: the latent that the forest has it for
  };

  /// \param edge_bits  of each latent and its parent
  /// \param densities  of each latent
  ForestLayout(const parsae::PresenceTree& tree, const std::vector<double>& edge_bits,
               const std::vector<double>& densities, std::size_t most_edges)
      : neighbors_(densities.size()), is_placed_(densities.size(), false) {
    std::vector<std::size_t> edges;
    for (std::size_t j = 0; j < edge_bits.size(); ++j)
      if (tree.parents[static_cast<Index>(j)] != parsae::PresenceTree::none && edge_bits[j] > 0) edges.push_back(j);
    std::stable_sort(edges.begin(), edges.end(),
                     [&](std::size_t a, std::size_t b) { return edge_bits[a] > edge_bits[b]; });
    edges.resize(std::min(edges.size(), most_edges));
    for (const std::size_t j : edges) {
      const auto parent = static_cast<std::size_t>(tree.parents[static_cast<Index>(j)]);
      neighbors_[j].push_back({parent, static_cast<Index>(j)});
      neighbors_[parent].push_back({j, static_cast<Index>(j)});
    }
    std::vector<std::size_t> by_density(densities.size());
    std::iota(by_density.begin(), by_density.end(), std::size_t{0});
    std::stable_sort(by_density.begin(), by_density.end(),
                     [&](std::size_t a, std::size_t b) { return densities[a] > densities[b]; });
    for (const std::size_t root : by_density)
      if (!is_placed_[root] && !neighbors_[root].empty()) place(root, -1, 0, -1);
  }

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] double n_rows() const { return next_row_; }
  [[nodiscard]] double n_columns() const { return n_columns_; }

 private:
  struct Neighbor {
    std::size_t latent = 0;
    Index edge = 0;
  };

  /// A parent stands in the middle of its children. Returns its position.
  Index place(std::size_t latent, Index parent, double depth, Index edge) {
    is_placed_[latent] = true;
    const Index position = static_cast<Index>(nodes_.size());
    nodes_.push_back({static_cast<Index>(latent), parent, depth, 0, edge});
    n_columns_ = std::max(n_columns_, depth + 1);
    double first = -1;
    double last = -1;
    for (const Neighbor& neighbor : neighbors_[latent]) {
      if (is_placed_[neighbor.latent]) continue;
      const Index child = place(neighbor.latent, position, depth + 1, neighbor.edge);
      last = nodes_[static_cast<std::size_t>(child)].row;
      if (first < 0) first = last;
    }
    nodes_[static_cast<std::size_t>(position)].row = first < 0 ? next_row_++ : (first + last) / 2;
    return position;
  }

  std::vector<std::vector<Neighbor>> neighbors_;
  std::vector<bool> is_placed_;
  std::vector<Node> nodes_;
  double next_row_ = 0;
  double n_columns_ = 0;
};

/// The forest as inline SVG: decoder columns at its nodes, edges as thick as their mutual information, dashed between
/// latents that are active together less often than by chance.
/// \param avoids   of each latent, whether that is so with its parent
/// \param columns  pictures of all latents
[[nodiscard]] inline std::string forest_figure(const parsae::PresenceTree& tree, const std::vector<double>& edge_bits,
                                               const std::vector<bool>& avoids, const std::vector<double>& densities,
                                               const std::vector<std::vector<float>>& columns,
                                               std::size_t most_edges = 60) {
  const ForestLayout layout(tree, edge_bits, densities, most_edges);
  if (layout.nodes().empty()) return "";
  const double side = 36;
  const double pitch_y = 42;
  const double pitch_x = std::clamp(1130 / layout.n_columns(), 70.0, 150.0);
  const auto left = [&](const ForestLayout::Node& node) { return 2 + node.depth * pitch_x; };
  const auto middle = [&](const ForestLayout::Node& node) { return 2 + side / 2 + node.row * pitch_y; };
  double strongest = 0;
  for (const double bits : edge_bits) strongest = std::max(strongest, bits);

  const double width = 4 + (layout.n_columns() - 1) * pitch_x + side;
  const double height = 4 + (layout.n_rows() - 1) * pitch_y + side;
  std::string lines;
  std::string pictures;
  for (const ForestLayout::Node& node : layout.nodes()) {
    const std::string what = "latent " + std::to_string(node.latent) + ", active in " +
                             fixed_text(100 * densities[static_cast<std::size_t>(node.latent)], 1) + " % of the digits";
    if (node.parent >= 0) {
      const auto edge = static_cast<std::size_t>(node.edge);
      const ForestLayout::Node& parent = layout.nodes()[static_cast<std::size_t>(node.parent)];
      const double x0 = left(parent) + side;
      const double x1 = left(node);
      const std::string half = fixed_text((x0 + x1) / 2, 1);
      lines += "<path d=\"M" + fixed_text(x0, 1) + " " + fixed_text(middle(parent), 1) + "C" + half + " " +
               fixed_text(middle(parent), 1) + " " + half + " " + fixed_text(middle(node), 1) + " " +
               fixed_text(x1, 1) + " " + fixed_text(middle(node), 1) + "\" fill=\"none\" stroke=\"#5b88b5\" " +
               "stroke-width=\"" + fixed_text(0.8 + 4.2 * std::sqrt(edge_bits[edge] / strongest), 1) +
               (avoids[edge] ? "\" stroke-dasharray=\"6 5" : "") + "\"><title>" + fixed_text(edge_bits[edge], 4) +
               " bits an image</title></path>";
    }
    pictures += "<image x=\"" + fixed_text(left(node), 1) + "\" y=\"" + fixed_text(middle(node) - side / 2, 1) +
                "\" width=\"36\" height=\"36\" style=\"image-rendering:pixelated\" href=\"" +
                tile_uri(columns[static_cast<std::size_t>(node.latent)]) + "\"><title>" + what +
                "</title></image><rect x=\"" + fixed_text(left(node), 1) + "\" y=\"" +
                fixed_text(middle(node) - side / 2, 1) +
                "\" width=\"36\" height=\"36\" fill=\"none\" stroke=\"#bbb\"/>";
  }
  return "<svg class=\"chart forest\" role=\"img\" viewBox=\"0 0 " + fixed_text(width, 0) + " " +
         fixed_text(height, 0) + "\" width=\"" + fixed_text(width, 0) + "\" height=\"" + fixed_text(height, 0) +
         "\"><title>The learned tree over latents</title>" + lines + pictures + "</svg>";
}

}  // namespace parsae_examples::detail

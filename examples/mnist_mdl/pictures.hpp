// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "digits.hpp"
#include "message.hpp"
#include "minimum.hpp"
#include "report.hpp"

namespace parsae_examples {

/// The pictures of the page for one bound: dictionaries and reconstructions of the sparsest, the chosen and the densest
/// feasible SAE. They are trained again (same seed, same bits), which is cheaper than keeping every SAE of the grid.
class Pictures {
 public:
  Pictures(const Images& images, const Digits& digits, const Recipe& recipe, Index n_images)
      : images_(images), digits_(digits), recipe_(recipe), n_images_(n_images) {}

  void add(const std::string& role, const EnvelopePoint& point, double eps, ReportInput& page) {
    const TrainedSae sae = train_sae(point.width, point.k, point.seed, recipe_, images_);
    MessageSearch search(sae, n_images_, parsae::Threads(recipe_.threads));
    const GridRow row = search.shortest(eps);
    page.sheets.push_back(sheet(role, sae, row, search));
    parsae::SparseCode<float> code;
    const parsae::Matrix<float> received = search.received(row, code);
    const std::vector<Index> shown = first_of_each_digit();
    page.reconstructions.resize(shown.size());
    for (std::size_t i = 0; i < shown.size(); ++i) {
      page.reconstructions[i].original = pixels(images_.test, shown[i]);
      page.reconstructions[i].decoded.push_back(decoded(received, code, shown[i]));
    }
  }

 private:
  [[nodiscard]] static std::vector<float> pixels(const parsae::Matrix<float>& columns, Index column) {
    return {columns.col(column).begin(), columns.col(column).end()};
  }

  /// Tiles by falling bits: what the code spends most on comes first.
  [[nodiscard]] TileSheet sheet(const std::string& role, const TrainedSae& sae, const GridRow& row,
                                MessageSearch& search) {
    TileSheet sheet;
    sheet.role = role;
    sheet.width = sae.width;
    sheet.k = sae.k;
    sheet.eps = row.eps;
    sheet.bits_total = row.bits_total;
    sheet.l0 = sae.l0;
    sheet.fvu = sae.fvu;
    sheet.bias = pixels(sae.b_dec / sae.scale, 0);
    const parsae::Buffer<double>& bits = search.code_bits(row.code_bins).bits_of_latent;
    const std::vector<double> cosines = nearest_cosines(sae.w_dec, images_.train);
    parsae::CodeMetrics usage(sae.width);
    usage.add(sae.test.code);
    for (Index latent = 0; latent < sae.width; ++latent) {
      Tile tile;
      tile.latent = latent;
      tile.weights = pixels(sae.w_dec, latent);
      tile.bits = bits[latent];
      tile.density = usage.density(latent);
      tile.effective_pixels = effective_pixels(tile.weights);
      tile.nearest_cosine = cosines[static_cast<std::size_t>(latent)];
      sheet.tiles.push_back(tile);
    }
    std::stable_sort(sheet.tiles.begin(), sheet.tiles.end(),
                     [](const Tile& a, const Tile& b) { return a.bits > b.bits; });
    return sheet;
  }

  [[nodiscard]] static DecodedImage decoded(const parsae::Matrix<float>& received,
                                            const parsae::SparseCode<float>& code, Index image) {
    DecodedImage result;
    result.reconstruction = pixels(received, image);
    for (Index e = code.begin_of(image); e < code.offsets[image + 1]; ++e)
      result.code.push_back({code.latents[e], code.values[e]});
    std::stable_sort(result.code.begin(), result.code.end(),
                     [](const CodePart& a, const CodePart& b) { return a.value > b.value; });
    return result;
  }

  [[nodiscard]] std::vector<Index> first_of_each_digit() const {
    std::vector<Index> found;
    for (int digit = 0; digit < 10; ++digit) {
      const auto at = std::find(digits_.test_labels.begin(), digits_.test_labels.end(), digit);
      if (at != digits_.test_labels.end()) found.push_back(static_cast<Index>(at - digits_.test_labels.begin()));
    }
    return found;
  }

  const Images& images_;
  const Digits& digits_;
  Recipe recipe_;
  Index n_images_;
};

}  // namespace parsae_examples

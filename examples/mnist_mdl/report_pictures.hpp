// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/core/check.hpp>

#include <support/markup.hpp>
#include <support/png.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tiles.hpp"

namespace parsae_examples::detail {

inline void require_image(const char* name, const std::vector<float>& pixels) {
  if (static_cast<Index>(pixels.size()) != image_pixels)
    parsae::reject(name, std::to_string(image_pixels) + " pixels", pixels.size());
}

/// Blue for weights that add ink, white for none, orange for weights that take it away; `level` from -1 to 1.
[[nodiscard]] inline std::array<std::uint8_t, 3> signed_color(float level) {
  static constexpr std::array<float, 3> adds{8, 48, 107};
  static constexpr std::array<float, 3> takes{190, 80, 0};
  // A root lifts faint strokes off the white.
  const float strength = std::pow(std::clamp(std::abs(level), 0.0F, 1.0F), 0.8F);
  std::array<std::uint8_t, 3> color{};
  for (std::size_t c = 0; c < 3; ++c) {
    const float end = level >= 0 ? adds[c] : takes[c];
    color[c] = static_cast<std::uint8_t>(std::lround(255 + strength * (end - 255)));
  }
  return color;
}

[[nodiscard]] inline float largest_size(const std::vector<float>& weights) {
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  return largest;
}

/// Draws a decoder column with `zoom` x `zoom` dots a pixel, its corner at (left, top); each has a color scale of its
/// own.
inline void paint_tile(Image& image, int left, int top, int zoom, const std::vector<float>& weights) {
  require_image("weights of a tile", weights);
  const float largest = largest_size(weights);
  const int side = static_cast<int>(image_side) * zoom;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const float weight = weights[static_cast<std::size_t>(y / zoom * static_cast<int>(image_side) + x / zoom)];
      const std::array<std::uint8_t, 3> color = signed_color(largest > 0 ? weight / largest : 0);
      std::copy(color.begin(), color.end(), image.at(left + x, top + y));
    }
  }
}

[[nodiscard]] inline std::string tile_uri(const std::vector<float>& weights) {
  Image image(static_cast<int>(image_side), static_cast<int>(image_side), 3);
  paint_tile(image, 0, 0, 1, weights);
  return png_data_uri(image);
}

/// Black ink on white paper; values outside 0..1 are clipped.
[[nodiscard]] inline std::string digit_uri(const std::vector<float>& pixels) {
  require_image("pixels of a digit", pixels);
  Image image(static_cast<int>(image_side), static_cast<int>(image_side), 1);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(std::lround(255 * (1 - std::clamp(pixels[i], 0.0F, 1.0F))));
  return png_data_uri(image);
}

inline constexpr int tiles_per_row = 19;
inline constexpr int most_tile_rows = 4;

/// The first tiles of a sheet in one picture, light gray between them.
[[nodiscard]] inline Image sheet_image(const TileSheet& sheet) {
  const int zoom = 2;
  const int gap = 6;
  const int pitch = static_cast<int>(image_side) * zoom + gap;
  const int shown = std::min(static_cast<int>(sheet.tiles.size()), tiles_per_row * most_tile_rows);
  const int rows = std::max(1, (shown + tiles_per_row - 1) / tiles_per_row);
  Image image(tiles_per_row * pitch + gap, rows * pitch + gap, 3, 232);
  for (int i = 0; i < shown; ++i)
    paint_tile(image, gap + i % tiles_per_row * pitch, gap + i / tiles_per_row * pitch, zoom,
               sheet.tiles[static_cast<std::size_t>(i)].weights);
  return image;
}

[[nodiscard]] inline std::string sae_name(const TileSheet& sheet) {
  return "k = " + std::to_string(sheet.k) + ", " + std::to_string(sheet.width) + " latents";
}

/// Mean and median over the latents that are ever active: the others are no part of any message.
[[nodiscard]] inline MeanMedian over_active(const TileSheet& sheet, double Tile::*property) {
  std::vector<double> values;
  for (const Tile& tile : sheet.tiles)
    if (tile.density > 0) values.push_back(tile.*property);
  return mean_and_median(values);
}

[[nodiscard]] inline std::string sheet_table(const std::vector<TileSheet>& sheets) {
  std::string html =
      "<table class=\"numbers\"><thead><tr><th>SAE</th><th></th><th>bits an image</th><th>L0</th><th>FVU</th>"
      "<th>active latents</th><th>effective pixels<br><small>mean / median</small></th>"
      "<th>cosine with nearest training image<br><small>mean / median</small></th></tr></thead><tbody>";
  for (const TileSheet& sheet : sheets) {
    const auto active =
        std::count_if(sheet.tiles.begin(), sheet.tiles.end(), [](const Tile& t) { return t.density > 0; });
    const MeanMedian pixels = over_active(sheet, &Tile::effective_pixels);
    const MeanMedian cosine = over_active(sheet, &Tile::nearest_cosine);
    html += "<tr><th>" + escape_markup(sheet.role) + "</th><td>" + sae_name(sheet) + "</td><td>" +
            short_text(sheet.bits_total) + "</td><td>" + fixed_text(sheet.l0, 1) + "</td><td>" +
            fixed_text(sheet.fvu, 3) + "</td><td>" + std::to_string(active) + "</td><td>" + fixed_text(pixels.mean, 0) +
            " / " + fixed_text(pixels.median, 0) + "</td><td>" + fixed_text(cosine.mean, 2) + " / " +
            fixed_text(cosine.median, 2) + "</td></tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string sheet_figure(const TileSheet& sheet) {
  const std::size_t shown = std::min(sheet.tiles.size(), static_cast<std::size_t>(tiles_per_row * most_tile_rows));
  double shown_bits = 0;
  double all_bits = 0;
  for (std::size_t i = 0; i < sheet.tiles.size(); ++i) {
    all_bits += sheet.tiles[i].bits;
    if (i < shown) shown_bits += sheet.tiles[i].bits;
  }
  const Image image = sheet_image(sheet);
  std::string html = "<figure class=\"sheet\"><figcaption><b>" + escape_markup(sheet.role) + "</b> " + sae_name(sheet);
  if (all_bits > 0 && shown < sheet.tiles.size())
    html += " <span class=\"quiet\">the first " + std::to_string(shown) + " of " + std::to_string(sheet.tiles.size()) +
            " latents, " + fixed_text(100 * shown_bits / all_bits, 0) + " % of the bits of its codes</span>";
  return html + "</figcaption><img width=\"" + std::to_string(image.width) + "\" height=\"" +
         std::to_string(image.height) + "\" alt=\"decoder columns of the " + escape_markup(sheet.role) +
         " SAE\" src=\"" + png_data_uri(image) + "\"></figure>";
}

inline constexpr std::size_t most_parts = 12;  // two rows of six at a page width of 1280

/// The parts of a code as small tiles above their values, largest first; the last place counts those left out.
/// `tiles` maps a latent to its picture.
[[nodiscard]] inline std::string code_html(std::vector<CodePart> code, const std::map<Index, std::string>& tiles) {
  std::stable_sort(code.begin(), code.end(),
                   [](const CodePart& a, const CodePart& b) { return std::abs(a.value) > std::abs(b.value); });
  std::string html;
  const std::size_t shown = code.size() > most_parts ? most_parts - 1 : code.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const std::string id = std::to_string(code[i].latent);
    const auto tile = tiles.find(code[i].latent);
    html += "<span class=\"part\" title=\"latent " + id + "\">";
    if (tile != tiles.end())
      html += "<img width=\"40\" height=\"40\" alt=\"latent " + id + "\" src=\"" + tile->second + "\">";
    html += "<small>" + fixed_text(static_cast<double>(code[i].value), 1) + "</small></span>";
  }
  if (code.size() > shown) html += "<span class=\"more\">+ " + std::to_string(code.size() - shown) + "</span>";
  return html;
}

/// Pictures of the latents that the shown parts need, for one sheet.
[[nodiscard]] inline std::map<Index, std::string> needed_tiles(const TileSheet& sheet, std::size_t position,
                                                               const std::vector<Reconstruction>& reconstructions) {
  std::map<Index, const Tile*> by_latent;
  for (const Tile& tile : sheet.tiles) by_latent[tile.latent] = &tile;
  std::map<Index, std::string> needed;
  for (const Reconstruction& reconstruction : reconstructions) {
    for (const CodePart& part : reconstruction.decoded[position].code) {
      const auto tile = by_latent.find(part.latent);
      if (tile != by_latent.end() && needed.count(part.latent) == 0)
        needed[part.latent] = tile_uri(tile->second->weights);
    }
  }
  return needed;
}

[[nodiscard]] inline std::string reconstruction_table(const std::vector<TileSheet>& sheets,
                                                      const std::vector<Reconstruction>& reconstructions) {
  for (const Reconstruction& reconstruction : reconstructions)
    if (reconstruction.decoded.size() != sheets.size())
      parsae::reject("decoded images of a reconstruction", std::to_string(sheets.size()) + ", one a sheet",
                     reconstruction.decoded.size());
  std::string html = "<table class=\"digits\"><thead><tr><th>test digit</th>";
  std::vector<std::map<Index, std::string>> tiles;
  for (std::size_t s = 0; s < sheets.size(); ++s) {
    html += "<th>" + escape_markup(sheets[s].role) + ": " + sae_name(sheets[s]) + "</th>";
    tiles.push_back(needed_tiles(sheets[s], s, reconstructions));
  }
  html += "</tr></thead><tbody>";
  const auto picture = [](const std::vector<float>& pixels, const char* meaning) {
    std::string image = "<img class=\"digit\" width=\"84\" height=\"84\" alt=\"";
    image += meaning;
    image += "\" src=\"";
    image += digit_uri(pixels);
    image += "\">";
    return image;
  };
  for (const Reconstruction& reconstruction : reconstructions) {
    html += "<tr><td>" + picture(reconstruction.original, "test digit") + "</td>";
    for (std::size_t s = 0; s < sheets.size(); ++s) {
      const DecodedImage& decoded = reconstruction.decoded[s];
      html += "<td><div class=\"decoded\">" + picture(decoded.reconstruction, "reconstruction") +
              "<div class=\"code\">" + code_html(decoded.code, tiles[s]) + "</div></div></td>";
    }
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

}  // namespace parsae_examples::detail

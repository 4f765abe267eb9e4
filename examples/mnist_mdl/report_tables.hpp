// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "report_charts.hpp"
#include "results.hpp"

namespace parsae_examples::detail {

/// A row for every k and a column for every width; `cell` writes one <td>.
template <class WriteCell>
[[nodiscard]] std::string grid_table(const GridCells& cells, const std::string& caption, WriteCell&& write_cell) {
  std::set<Index> ks;
  std::string html = "<table class=\"grid\"><caption>" + caption + "</caption><thead><tr><th>k</th>";
  for (const auto& by_width : cells) {
    html += "<th>" + std::to_string(by_width.first) + "</th>";
    for (const auto& by_k : by_width.second) ks.insert(by_k.first);
  }
  html += "</tr></thead><tbody>";
  for (const Index k : ks) {
    html += "<tr><th>" + std::to_string(k) + "</th>";
    for (const auto& by_width : cells) {
      const auto found = by_width.second.find(k);
      if (found == by_width.second.end())
        html += "<td></td>";
      else
        html += write_cell(by_width.first, k, found->second);
    }
    html += "</tr>";
  }
  return html + "</tbody></table>";
}

[[nodiscard]] inline std::string bits_table(const Results& results, const Minimum& minimum, Message message) {
  const GridCells cells = cells_at(results.grid, minimum.eps);
  std::map<Index, Index> best;
  for (const EnvelopePoint& point : lower_envelope(results.grid, minimum.eps, message)) best[point.k] = point.width;
  const EnvelopeMinimum& found = message == Message::CodesOnly ? minimum.codes_only : minimum.total;
  const std::string what = message == Message::CodesOnly ? "Codes alone" : "Dictionary + codes";
  return grid_table(
      cells, "<b>" + what + "</b>, bits an image, by k and number of latents",
      [&](Index width, Index k, const GridCell& cell) {
        const auto at_k = best.find(k);
        const bool is_best = at_k != best.end() && at_k->second == width;
        const bool is_chosen = found.found && found.best.k == k && found.best.width == width;
        const std::string mark = is_chosen ? " class=\"chosen\"" : is_best ? " class=\"best\"" : "";
        return "<td" + mark + " title=\"" + escape_markup(cell_text(width, k, cell)) + "\">" +
               (cell.feasible ? short_text(cell.bits(message)) : "<span class=\"quiet\">\xC2\xB7</span>") + "</td>";
      });
}

[[nodiscard]] inline std::string fvu_table(const Results& results, double eps) {
  return grid_table(cells_at(results.grid, eps), "<b>FVU</b> of test images, before quantization",
                    [&](Index width, Index k, const GridCell& cell) {
                      const std::string quiet = cell.fvu > eps ? " class=\"quiet\"" : "";
                      return "<td" + quiet + " title=\"" + escape_markup(cell_text(width, k, cell)) + "\">" +
                             fixed_text(cell.fvu, 3) + "</td>";
                    });
}

[[nodiscard]] inline std::string reference_table(const std::vector<Reference>& references) {
  std::string html =
      "<table class=\"numbers\"><thead><tr><th>reference</th><th>FVU \xE2\x89\xA4</th><th>bits an image</th>"
      "<th>levels</th><th class=\"words\">how</th></tr></thead><tbody>";
  for (const Reference& reference : references)
    html += "<tr><th>" + escape_markup(reference.name) + "</th><td>" + eps_text(reference.eps) + "</td><td>" +
            (reference.feasible ? short_text(reference.bits) : "not reached") + "</td><td>" +
            (reference.levels > 0 ? std::to_string(reference.levels) : "") + "</td><td class=\"words\">" +
            escape_markup(reference.note) + "</td></tr>";
  return html + "</tbody></table>";
}

}  // namespace parsae_examples::detail

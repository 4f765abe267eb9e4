// SPDX-License-Identifier: MIT
#pragma once

#include <support/markup.hpp>

#include <string>
#include <utility>
#include <vector>

namespace parsae_examples {

/// A page of results with everything inside: no script, no other file.
struct HtmlPage {
  std::string title;     ///< of the window
  std::string heading;   ///< small, above the headline: what was asked
  std::string headline;  ///< large: the answer
  std::string style;     ///< CSS of this page, after what all pages share
  std::string body;      ///< HTML below the headline; the other members are plain text

  [[nodiscard]] std::string html() const {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
           "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>" +
           escape_markup(title) + "</title><style>" + shared_style + style + "</style></head><body><main><h1>" +
           escape_markup(heading) + "</h1><p class=\"headline\">" + escape_markup(headline) + "</p>" + body +
           "</main></body></html>\n";
  }

 private:
  static constexpr const char* shared_style = R"(
:root{color-scheme:light}
body{margin:0;background:#fff;color:#222;font:15px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
main{max-width:1200px;margin:0 auto;padding:36px 32px 60px}
h1{font-size:15px;font-weight:600;color:#666;margin:0 0 6px}
.headline{font-size:25px;line-height:1.3;margin:0 0 14px;max-width:1050px;font-weight:600;color:#111}
h2{font-size:19px;margin:46px 0 6px;border-top:1px solid #ddd;padding-top:20px}
p{margin:6px 0 14px;max-width:900px}
.quiet{color:#777}
.warning{background:#fff4e0;border-left:4px solid #e69f00;padding:8px 14px}
.chart{max-width:100%;height:auto;display:block;margin:0 0 20px}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;margin:10px 0}
th,td{text-align:right;padding:3px 10px}
thead th{border-bottom:1px solid #999;line-height:1.25}
tbody tr{border-bottom:1px solid #eee;break-inside:avoid}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;font-size:14px;margin:10px 0}
dt{color:#666}
dd{margin:0;overflow-wrap:anywhere}
code{font:13px ui-monospace,Consolas,monospace;background:#f4f4f4;padding:2px 5px;overflow-wrap:anywhere}
)";
};

/// Names and what they were set to, in this order.
[[nodiscard]] inline std::string settings_list(const std::vector<std::pair<std::string, std::string>>& settings) {
  std::string html = "<dl>";
  for (const auto& setting : settings)
    html += "<dt>" + escape_markup(setting.first) + "</dt><dd>" + escape_markup(setting.second) + "</dd>";
  return html + "</dl>";
}

}  // namespace parsae_examples

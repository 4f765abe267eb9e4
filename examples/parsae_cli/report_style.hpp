// SPDX-License-Identifier: MIT
#pragma once

namespace parsae_cli::detail {

inline constexpr const char* report_style = R"(
main{max-width:1216px}
h2{margin:40px 0 6px}
p{margin:6px 0 12px}
.warning{background:#fff4dc;padding:8px 12px;max-width:1050px}
.tiles{display:flex;flex-wrap:wrap;gap:12px 30px;margin:18px 0 6px}
.tile b{display:block;font-size:20px;font-weight:600;color:#111;font-variant-numeric:tabular-nums}
.tile span{color:#666;font-size:13px}
.three{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:18px 16px;margin:14px 0 8px}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:18px 16px;margin:14px 0 8px}
@media (max-width:900px){.three,.two{grid-template-columns:minmax(0,1fr)}}
.chart{width:100%;margin:0}
.wide{overflow-x:auto}
table{font-size:13px}
th,td{padding:4px 9px;vertical-align:top}
th{font-weight:600;vertical-align:bottom}
th:first-child,td:first-child{padding-left:0}
.words{text-align:left}
.example{display:inline-block;margin:0 14px 0 0;white-space:nowrap}
.example b{font-weight:600}
.example span{color:#777}
@media print{main{max-width:none;padding:0}body{font-size:12px}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

}  // namespace parsae_cli::detail

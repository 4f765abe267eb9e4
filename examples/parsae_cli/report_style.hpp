// SPDX-License-Identifier: MIT
#pragma once

namespace parsae_cli::detail {

inline constexpr const char* report_style = R"(
:root{color-scheme:light}
body{margin:0;background:#fff;color:#222;font:15px/1.5 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
main{max-width:1216px;margin:0 auto;padding:36px 32px 60px}
h1{font-size:15px;font-weight:600;color:#666;margin:0 0 6px}
.headline{font-size:25px;line-height:1.3;margin:0 0 14px;max-width:1050px;font-weight:600;color:#111}
h2{font-size:19px;margin:40px 0 6px;border-top:1px solid #ddd;padding-top:20px}
p{margin:6px 0 12px;max-width:900px}
.quiet{color:#777}
.warning{background:#fff4dc;border-left:4px solid #e69f00;padding:8px 12px;max-width:1050px}
.tiles{display:flex;flex-wrap:wrap;gap:12px 30px;margin:18px 0 6px}
.tile b{display:block;font-size:20px;font-weight:600;color:#111;font-variant-numeric:tabular-nums}
.tile span{color:#666;font-size:13px}
.three{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:18px 16px;margin:14px 0 8px}
.two{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:18px 16px;margin:14px 0 8px}
@media (max-width:900px){.three,.two{grid-template-columns:minmax(0,1fr)}}
.chart{width:100%;height:auto;display:block}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;margin:10px 0}
th,td{text-align:right;padding:4px 9px;vertical-align:top}
th{font-weight:600;vertical-align:bottom}
th:first-child,td:first-child{padding-left:0}
.words{text-align:left}
thead th{border-bottom:1px solid #999;line-height:1.25}
tbody tr{border-bottom:1px solid #eee;break-inside:avoid}
.example{display:inline-block;margin:0 14px 0 0;white-space:nowrap}
.example b{font-weight:600}
.example span{color:#777}
dl{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;font-size:14px;margin:10px 0}
dt{color:#666}
dd{margin:0;overflow-wrap:anywhere}
code{font:13px ui-monospace,Consolas,monospace;background:#f4f4f4;padding:2px 5px;overflow-wrap:anywhere}
@media print{main{max-width:none;padding:0}body{font-size:12px}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)";

}  // namespace parsae_cli::detail

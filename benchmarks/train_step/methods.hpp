// SPDX-License-Identifier: MIT
#pragma once

#include <parsae/sparse/precision.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace parsae_benchmarks {

/// Methods that are measured side by side: parsae's with one activation, and the peers that train the same.
struct MethodFamily {
  std::string_view name;
  std::vector<std::string> methods;
  std::vector<std::string> peers;
  std::string yardstick = "";  ///< of another family, takes turns with this one to be compared with; no row of its own
};

/// All families. A family fits into memory at once; all of them may not.
[[nodiscard]] inline const std::array<MethodFamily, 5>& method_families() {
  static const std::array<MethodFamily, 5> families{{
      {"topk", {"parsae-topk-exact", "parsae-topk-screened"}, {"torch-topk", "torch-strongest", "torch-handmade"}},
      {"jumprelu", {"parsae-jumprelu-exact", "parsae-jumprelu-screened"}, {"torch-jumprelu"}, "parsae-topk-exact"},
      {"mutual-choice",
       {"parsae-mutual-choice-exact", "parsae-mutual-choice-screened"},
       {"torch-batchtopk"},
       "parsae-topk-exact"},
      {"relu", {"parsae-relu-exact"}, {"torch-relu"}},
      {"topk-auxk", {"parsae-topk-auxk-exact"}, {}},
  }};
  return families;
}

[[nodiscard]] inline std::vector<std::string> all_methods() {
  std::vector<std::string> names;
  for (const MethodFamily& family : method_families())
    names.insert(names.end(), family.methods.begin(), family.methods.end());
  return names;
}

[[nodiscard]] inline bool is_peer(std::string_view method) { return method.starts_with("torch-"); }

/// "topk" of "parsae-topk-exact": a method is called parsae-<family>-<precision>.
[[nodiscard]] inline std::string_view family_of(std::string_view method) {
  const std::size_t begin = method.find('-') + 1;
  return method.substr(begin, method.rfind('-') - begin);
}

[[nodiscard]] inline parsae::Precision precision_of(std::string_view method) {
  return method.ends_with("-screened") ? parsae::Precision::Screened : parsae::Precision::Exact;
}

}  // namespace parsae_benchmarks

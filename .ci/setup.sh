#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# setup.sh programs|tests: installs what building the examples and benchmarks, or the tests, needs and this machine lacks.
# Says nothing when all is there. Packages go by their Debian names; elsewhere CMake says what it cannot find.
set -euo pipefail

case ${1-} in
  programs) packages=(g++ cmake ninja-build libeigen3-dev libcli11-dev nlohmann-json3-dev zlib1g-dev) ;;
  tests) packages=(g++ cmake ninja-build libeigen3-dev libcli11-dev nlohmann-json3-dev zlib1g-dev libhdf5-dev catch2 clang libclang-rt-dev libomp-dev) ;;
  *)
    echo "setup.sh: expected 'programs' or 'tests', got '${1-}'" >&2
    exit 2
    ;;
esac

if ! { command -v dpkg-query && command -v apt-get; } >/dev/null; then exit 0; fi

# A tool counts as present wherever it comes from, a library only as a package.
is_present() {
  case $1 in
    g++ | cmake) command -v "$1" >/dev/null && return ;;
    ninja-build) command -v ninja >/dev/null && return ;;
    clang) command -v clang++ >/dev/null && return ;;
  esac
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null || true) == installed ]]
}

missing=()
for package in "${packages[@]}"; do
  is_present "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if [[ $(id -u) != 0 ]]; then as_root=(sudo); fi
by_hand="${as_root[*]} apt-get update && ${as_root[*]} apt-get install --yes --no-install-recommends ${missing[*]}"
by_hand=${by_hand//  / }
by_hand=${by_hand# }

if ((${#as_root[@]})) && ! sudo -n true 2>/dev/null; then
  printf '%s\n' "parsae needs packages that only the administrator can install. Run this, then try again:" "  $by_hand" >&2
  exit 1
fi

echo "parsae: installing ${missing[*]}" >&2
install_missing() {
  "${as_root[@]}" apt-get update -qq &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "${missing[@]}"
}
if ! install_missing >&2; then
  printf '%s\n' "parsae: the installation failed; this is what was tried:" "  $by_hand" >&2
  exit 1
fi

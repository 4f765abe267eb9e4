#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run_program.sh examples|benchmarks [NAME [arguments]]: builds one program for this machine at full speed and runs it in the
# caller's folder. What the build says goes to stderr, so that stdout is the program's alone.
set -euo pipefail

kind=$1
shift
root=$(cd "$(dirname "$0")/.." && pwd)

# The names, each with the first comment line of its main.cpp after the license.
list_programs() {
  local main name
  for main in "$root/$kind"/*/main.cpp; do
    [[ -f $main ]] || continue
    name=$(basename "$(dirname "$main")")
    printf '  %-20s %s\n' "$name" "$(sed -n '/SPDX/d; s|^///* *||p' "$main" | head -n 1 || true)"
  done
}

show_programs() {
  local programs
  programs=$(list_programs)
  printf 'usage: ./%s/run NAME [arguments]\n\n%s:\n%s\n' "$kind" "$kind" "${programs:-  (none yet)}"
}

if (($# == 0)) || [[ $1 == --help || $1 == -h ]]; then
  show_programs
  exit 0
fi

name=$1
shift
if [[ $name == */* || ! -f $root/$kind/$name/main.cpp ]]; then
  printf '%s/run: there is no program "%s"\n\n' "$kind" "$name" >&2
  show_programs >&2
  exit 2
fi

"$root/.ci/setup.sh" programs
source "$root/.ci/build_settings.sh"
target=$name
if [[ $kind == benchmarks ]]; then target=benchmark_$name; fi
(
  cd "$root"
  if ! log=$(cmake --preset release 2>&1); then
    printf '%s\n' "$log"
    exit 1
  fi
  cmake --build build/release --target "$target"
) >&2

# Real data that do not come with parsae, where they lie beside it.
if [[ -z ${PARSAE_TEST_DATA-} && -d $root/../shared/data ]]; then
  PARSAE_TEST_DATA=$(cd "$root/../shared/data" && pwd)
  export PARSAE_TEST_DATA
fi

# The program's own words (usage, "go on with") name the command that the person typed.
exec -a "./$kind/run $name" "$root/build/release/$kind/bin/${name%_cli}" "$@"

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh CHECK ROOT: one rule of the house, applied to the source tree at ROOT.
# Prints a line for every offence and exits 1 if there was one.
set -euo pipefail
export LC_ALL=C

check=$1
cd "$2"
offences=0

offence() {
  echo "$1"
  offences=$((offences + 1))
}

# Public headers without the umbrella, as `folder/file.hpp`, sorted.
headers() { (cd include/parsae && find . -mindepth 2 -name '*.hpp' | sed 's|^\./||' | sort); }

# Those that everybody gets. hdf5/ is optional: it needs a library that few have.
headers_of_everybody() { headers | grep -v '^hdf5/'; }

# offences_of DESCRIPTION: every line of stdin is one.
offences_of() {
  local line
  while IFS= read -r line; do offence "$line: $1"; done
}

# parsae.hpp is the sorted list of every public header that is not optional, and nothing else.
check_umbrella() {
  local umbrella=include/parsae/parsae.hpp included
  if [[ ! -f $umbrella ]]; then
    offence "$umbrella: no such file"
    return
  fi
  included=$(sed -n 's|^#include <parsae/\(.*\)>.*|\1|p' "$umbrella")
  comm -23 <(headers_of_everybody) <(sort <<<"$included") | offences_of "not included by $umbrella"
  comm -13 <(headers_of_everybody) <(sort <<<"$included") | offences_of "included by $umbrella, but there is no such header, or it is optional"
  uniq -d <<<"$included" | offences_of "included twice by $umbrella"
  sort -c <<<"$included" 2>/dev/null || offence "$umbrella: the includes are not sorted"
}

# The floor a folder stands on; imports point downwards.
floor_of() {
  case $1 in
    core) echo 0 ;;
    sparse) echo 1 ;;
    activations | allocators) echo 2 ;;
    losses) echo 3 ;;
    model) echo 4 ;;
    optim | data) echo 5 ;;
    train | io) echo 6 ;;
    analysis | steering | hdf5) echo 7 ;;
    message) echo 8 ;;
  esac
}

may_import() {
  local from=$1 to=$2
  [[ $from == "$to" ]] && return 0
  (($(floor_of "$from") > $(floor_of "$to"))) && return 0
  # On one floor: the two kinds of rule know each other, and files know the run state they store.
  case $from-$to in
    activations-allocators | allocators-activations | io-train) return 0 ;;
    *) return 1 ;;
  esac
}

check_floors() {
  local header from import to
  while read -r header; do
    from=${header%%/*}
    if [[ -z $(floor_of "$from") ]]; then
      offence "include/parsae/$header: the folder $from/ is on no floor"
      continue
    fi
    while read -r import; do
      to=${import%%/*}
      if [[ -z $(floor_of "$to") ]]; then
        offence "include/parsae/$header: includes <parsae/$import>, which is on no floor"
      elif ! may_import "$from" "$to"; then
        offence "include/parsae/$header: $from/ may not include <parsae/$import>"
      fi
    done < <(sed -n 's|^ *# *include *[<"]parsae/\([^>"]*\)[>"].*|\1|p' "include/parsae/$header")
    grep -n '^ *# *include *"' "include/parsae/$header" /dev/null | offences_of "include as <parsae/...>" || true
  done < <(headers)
}

# tests/<folder>/<file>_test.cpp mirrors include/parsae/<folder>/<file>.hpp, in both directions.
check_mirror() {
  local header test
  while read -r header; do
    [[ -f tests/${header%.hpp}_test.cpp ]] || offence "include/parsae/$header: no tests/${header%.hpp}_test.cpp"
  done < <(headers)
  for test in tests/*/*_test.cpp; do
    [[ -f $test && $test != tests/examples/* && $test != tests/benchmarks/* ]] || continue
    header=${test#tests/}
    header=include/parsae/${header%_test.cpp}.hpp
    [[ -f $header ]] || offence "$test: no $header"
  done
}

check_openmp() {
  (grep -rnE '^ *# *pragma +omp|_Pragma *\( *"omp|<omp\.h>' include || true) | grep -v '^include/parsae/core/threads.hpp:' |
    offences_of "OpenMP is spoken in core/threads.hpp alone" || true
}

check_files_in_io() {
  (grep -rnE '# *include *[<"](nlohmann/|zlib|zconf)' include || true) | grep -v '^include/parsae/io/' |
    offences_of "nlohmann and zlib belong to io/ alone" || true
  (grep -rnE '# *include *[<"](hdf5|H5)' include || true) | grep -v '^include/parsae/hdf5/' |
    offences_of "the HDF5 library belongs to hdf5/ alone" || true
}

# SPDX line first, #pragma once second, and everything in the inline namespace that names the build.
check_head() {
  local header
  while read -r header; do
    [[ $(sed -n 1p "$header") == '// SPDX-License-Identifier: MIT' ]] || offence "$header:1: expected the SPDX line"
    [[ $(sed -n 2p "$header") == '#pragma once' ]] || offence "$header:2: expected #pragma once"
    grep -nE '^ *(inline +)?namespace +parsae|^ *namespace *\{' "$header" | grep -v 'PARSAE_ABI' |
      offences_of "$header: expected namespace parsae::inline PARSAE_ABI" || true
    case $header in
      include/parsae/parsae.hpp | include/parsae/core/abi.hpp) ;; # includes only; the name itself
      *) grep -q '^namespace parsae::inline PARSAE_ABI\(::[a-z_:]*\)\? {$' "$header" ||
        offence "$header: expected namespace parsae::inline PARSAE_ABI" ;;
    esac
  done < <(find include -name '*.hpp' | sort)
}

# A program in a comment may print.
check_output() {
  local pattern='std::(cout|cerr|clog|printf|puts|fprintf|print)\b|<iostream>|\b(f|v)?printf *\(|omp_set_num_threads'
  (grep -rnE "$pattern" include || true) | grep -vE '^[^:]*:[0-9]+: *//' |
    offences_of "a header prints nothing and sets no thread count" || true
}

# Words that the field does not use for the thing, and names that say nothing. Written so that this file is clean.
check_words() {
  local folders=() folder
  for folder in include tests examples benchmarks; do [[ -d $folder ]] && folders+=("$folder"); done
  (grep -rniE --include='*.hpp' --include='*.cpp' 'neu[r]on|hidden[ _]uni[t]|optimi[s]e|initiali[s]e|normali[s]e|regulari[s]e' \
    "${folders[@]}" || true) | offences_of "not a word of this project"
  find "${folders[@]}" -iregex '.*/\(uti[l]s?\|hel[p]ers?\|mi[s]c\|com[m]on\)\(\.[a-z]*\)?' |
    offences_of "the name says nothing; name what it holds"
}

# Offences are counted in this shell, not in that of a pipe.
shopt -s lastpipe

case $check in
  umbrella | floors | mirror | openmp | files_in_io | head | output | words) "check_$check" ;;
  *)
    echo "check.sh: unknown check '$check'" >&2
    exit 2
    ;;
esac

if ((offences > 0)); then
  echo "house/$check: $offences offence(s)"
  exit 1
fi

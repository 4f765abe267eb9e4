#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# smoke_test.sh FOLDER PROGRAM [ARGUMENTS]: runs an example in a fresh FOLDER; it must leave its results.json there.
set -euo pipefail

folder=$1
shift
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
export XDG_CACHE_HOME=$PWD/no_cache  # data that come with parsae, whatever else this machine has
"$@"

if [[ -z $(find . -name results.json -size +0) ]]; then
  echo "smoke_test: expected a results.json in $folder, found none" >&2
  exit 1
fi

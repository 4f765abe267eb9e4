#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# build_and_run.sh SOURCE BUILD [cmake arguments]: configures, builds and runs a user's project in a fresh folder: objects of an earlier
# run would hide a header that is no longer installed.
set -euo pipefail

source=$1
build=$2
shift 2
rm -rf "$build"
cmake -S "$source" -B "$build" "$@"
cmake --build "$build" --parallel 1
cd "$build"  # where it may leave files
./consumer

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves that every check of check.sh passes on a clean tree and names the offence on a broken one.
set -euo pipefail

check=$(cd "$(dirname "$0")" && pwd)/check.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

write_header() {
  mkdir -p "$(dirname "$1")"
  printf '%s\n' '// SPDX-License-Identifier: MIT' '#pragma once' '' "${@:2}" '' \
    'namespace parsae::inline PARSAE_ABI {' '}  // namespace parsae::inline PARSAE_ABI' >"$1"
}

# A tree that keeps every rule, with an import of each permitted kind.
plant_clean_tree() {
  rm -rf "$scratch/tree"
  mkdir -p "$scratch/tree"
  cd "$scratch/tree"
  write_header include/parsae/core/threads.hpp '#pragma omp parallel'
  write_header include/parsae/activations/relu.hpp '#include <parsae/core/threads.hpp>'
  write_header include/parsae/allocators/top_k.hpp '#include <parsae/activations/relu.hpp>'
  write_header include/parsae/train/state.hpp '#include <parsae/allocators/top_k.hpp>'
  write_header include/parsae/io/model_file.hpp '#include <parsae/train/state.hpp>' '#include <nlohmann/json.hpp>'
  write_header include/parsae/hdf5/rows.hpp '#include <parsae/io/model_file.hpp>' '#include <hdf5.h>'
  printf '%s\n' '// SPDX-License-Identifier: MIT' '#pragma once' '' '#include <parsae/activations/relu.hpp>' \
    '#include <parsae/allocators/top_k.hpp>' '#include <parsae/core/threads.hpp>' '#include <parsae/io/model_file.hpp>' \
    '#include <parsae/train/state.hpp>' >include/parsae/parsae.hpp
  local test
  for test in core/threads activations/relu allocators/top_k train/state io/model_file hdf5/rows; do
    mkdir -p "tests/${test%/*}"
    : >"tests/${test}_test.cpp"
  done
}

# expect_pass CHECK
expect_pass() {
  local report
  if ! report=$(bash "$check" "$1" "$scratch/tree" 2>&1); then
    echo "house/$1 refuses a clean tree:"$'\n'"$report"
    failures=$((failures + 1))
  fi
}

# expect_offence CHECK TEXT: the check fails and says TEXT. The tree is made clean again.
expect_offence() {
  local report status=0
  report=$(bash "$check" "$1" "$scratch/tree" 2>&1) || status=$?
  if ((status != 1)) || [[ $report != *"$2"* ]]; then
    echo "house/$1: expected exit status 1 and \"$2\", got status $status and:"$'\n'"$report"
    failures=$((failures + 1))
  fi
  plant_clean_tree
}

plant_clean_tree
for name in umbrella floors mirror openmp files_in_io head output words; do expect_pass "$name"; done

rm include/parsae/parsae.hpp
expect_offence umbrella 'include/parsae/parsae.hpp: no such file'
sed -i '/top_k/d' include/parsae/parsae.hpp
expect_offence umbrella 'allocators/top_k.hpp: not included by include/parsae/parsae.hpp'
sed -i 's/top_k/top_q/' include/parsae/parsae.hpp
expect_offence umbrella 'allocators/top_q.hpp: included by include/parsae/parsae.hpp, but there is no such header'
echo '#include <parsae/activations/relu.hpp>' >>include/parsae/parsae.hpp
expect_offence umbrella 'the includes are not sorted'
sed -i 's/^\(.*relu.*\)$/\1\n\1/' include/parsae/parsae.hpp
expect_offence umbrella 'activations/relu.hpp: included twice'
echo '#include <parsae/hdf5/rows.hpp>' >>include/parsae/parsae.hpp
expect_offence umbrella 'hdf5/rows.hpp: included by include/parsae/parsae.hpp'

write_header include/parsae/core/threads.hpp '#include <parsae/activations/relu.hpp>'
expect_offence floors 'core/ may not include <parsae/activations/relu.hpp>'
write_header include/parsae/train/state.hpp '#include <parsae/io/model_file.hpp>'
expect_offence floors 'train/ may not include <parsae/io/model_file.hpp>'
write_header include/parsae/io/model_file.hpp '#include <parsae/hdf5/rows.hpp>'
expect_offence floors 'io/ may not include <parsae/hdf5/rows.hpp>'
write_header include/parsae/losses/l1.hpp '#include <parsae/model/decoder.hpp>'
expect_offence floors 'losses/ may not include <parsae/model/decoder.hpp>'
write_header include/parsae/activations/relu.hpp '#include <parsae/losses/l1.hpp>'
expect_offence floors 'activations/ may not include <parsae/losses/l1.hpp>'
write_header include/parsae/activations/relu.hpp '#include <parsae/parsae.hpp>'
expect_offence floors 'includes <parsae/parsae.hpp>, which is on no floor'
write_header include/parsae/activations/relu.hpp '#include "../core/threads.hpp"'
expect_offence floors 'include as <parsae/...>'
write_header include/parsae/cellar/bottle.hpp
expect_offence floors 'the folder cellar/ is on no floor'

rm tests/core/threads_test.cpp
expect_offence mirror 'include/parsae/core/threads.hpp: no tests/core/threads_test.cpp'
: >tests/core/fibers_test.cpp
expect_offence mirror 'tests/core/fibers_test.cpp: no include/parsae/core/fibers.hpp'

write_header include/parsae/activations/relu.hpp '  #pragma omp simd'
expect_offence openmp 'include/parsae/activations/relu.hpp:4'
write_header include/parsae/activations/relu.hpp '#include <omp.h>'
expect_offence openmp 'OpenMP is spoken in core/threads.hpp alone'

write_header include/parsae/train/state.hpp '#include <nlohmann/json.hpp>'
expect_offence files_in_io 'include/parsae/train/state.hpp:4'
write_header include/parsae/core/threads.hpp '#include <zlib.h>'
expect_offence files_in_io 'include/parsae/core/threads.hpp:4'
write_header include/parsae/io/model_file.hpp '#include <hdf5.h>'
expect_offence files_in_io 'include/parsae/io/model_file.hpp:4'

sed -i 1d include/parsae/train/state.hpp
expect_offence head 'include/parsae/train/state.hpp:1: expected the SPDX line'
sed -i 2d include/parsae/train/state.hpp
expect_offence head 'include/parsae/train/state.hpp:2: expected #pragma once'
sed -i 's/^namespace .*/namespace parsae {/' include/parsae/train/state.hpp
expect_offence head 'expected namespace parsae::inline PARSAE_ABI'
echo 'namespace parsae::detail {' >>include/parsae/train/state.hpp
expect_offence head 'expected namespace parsae::inline PARSAE_ABI'

echo 'namespace {' >>include/parsae/train/state.hpp
expect_offence head 'expected namespace parsae::inline PARSAE_ABI'

write_header include/parsae/train/state.hpp '///   std::cout << l0;'
expect_pass output
plant_clean_tree
for line in '#include <iostream>' 'std::cout << 1;' 'std::printf("x");' 'omp_set_num_threads(2);'; do
  write_header include/parsae/train/state.hpp "$line"
  expect_offence output 'include/parsae/train/state.hpp:4'
done

for line in "// a neu""ron" "// the optimi""ser" "int hidden_uni""ts;"; do
  write_header include/parsae/train/state.hpp "$line"
  expect_offence words 'include/parsae/train/state.hpp:4'
done
mkdir -p include/parsae/core/uti""ls
expect_offence words 'include/parsae/core/uti''ls: the name says nothing'
: >tests/core/hel""pers.hpp
expect_offence words 'the name says nothing'

if ((failures > 0)); then
  echo "house/self_test: $failures failure(s)"
  exit 1
fi

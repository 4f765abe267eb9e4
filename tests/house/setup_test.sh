#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# setup_test.sh ROOT: .ci/setup.sh on machines that lack something, played by commands that only write down their calls.
set -euo pipefail

setup=$1/.ci/setup.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failures=0

play() { printf '#!/usr/bin/env bash\n%s\n' "$2" >"$scratch/bin/$1" && chmod +x "$scratch/bin/$1"; }

mkdir "$scratch/bin"
# Installed is what $lacking does not name; the package is the last argument.
play dpkg-query '[[ " $lacking " == *" ${!#} "* ]] && exit 1; printf installed'
play id 'echo "$user"'
play sudo '[[ $may_sudo == yes ]] || exit 1; [[ $1 == -n ]] || { echo "sudo $*" >>"$calls"; "$@"; }'
play apt-get 'echo "apt-get $*" >>"$calls"; exit "$apt_status"'

# expect STATUS TEXT CALLS: setup.sh tests ends with STATUS, says TEXT, and apt-get's calls match CALLS ("" is none).
# The machine is described by the variables of the caller.
expect() {
  local status=0 said calls=$scratch/calls
  : >"$calls"
  said=$(env PATH="$scratch/bin:$PATH" lacking="$lacking" user="$user" may_sudo="$may_sudo" apt_status="$apt_status" \
    calls="$calls" bash "$setup" tests 2>&1) || status=$?
  # With no text expected, silence is.
  if [[ $status != "$1" || $said != *"$2"* || (-z $2 && -n $said) || $(paste -sd' ' "$calls") != $3 ]]; then
    printf '%s\n' "lacking='$lacking' user=$user may_sudo=$may_sudo apt_status=$apt_status:" \
      "  expected status $1, text '$2', calls '$3'" "  got status $status, text '$said', calls '$(paste -sd' ' "$calls")'"
    failures=$((failures + 1))
  fi
}

lacking='' user=1000 may_sudo=no apt_status=0
expect 0 '' ''
lacking='catch2 zlib1g-dev'
expect 1 '  sudo apt-get update && sudo apt-get install --yes --no-install-recommends zlib1g-dev catch2' ''
may_sudo=yes
expect 0 'installing zlib1g-dev catch2' 'sudo apt-get update* sudo env *install *--yes*zlib1g-dev catch2*'
user=0 may_sudo=no
expect 0 'installing zlib1g-dev catch2' 'apt-get update* apt-get install *--yes*zlib1g-dev catch2'
apt_status=100
expect 1 '  apt-get update && apt-get install --yes --no-install-recommends zlib1g-dev catch2' 'apt-get update*'

if bash "$setup" everything >/dev/null 2>&1; then
  echo "expected setup.sh to refuse an unknown purpose"
  failures=$((failures + 1))
fi
((failures == 0))

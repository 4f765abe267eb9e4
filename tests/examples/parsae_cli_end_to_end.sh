#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# parsae_cli_end_to_end.sh FOLDER PARSAE: the command as a newcomer runs it, in a fresh FOLDER. Training that was stopped (by
# Ctrl-C, SIGTERM or SIGKILL) and resumed must leave the same model file, bit for bit, as training that was not.
set -euo pipefail
export LC_ALL=C OMP_WAIT_POLICY=passive

tests=$(cd "$(dirname "$0")" && pwd)
folder=$1
parsae=$2
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"

fail() {
  echo "end_to_end: $1" >&2
  exit 1
}

# expect CODE WORDS COMMAND...: the command ends with this code, and says these words on stdout or stderr.
expect() {
  local code=$1 words=$2 got=0
  shift 2
  "$@" >said.txt 2>&1 || got=$?
  [[ $got == "$code" ]] || fail "expected exit code $code, got $got: $* said: $(cat said.txt)"
  grep -qF -- "$words" said.txt || fail "expected \"$words\" from: $* which said: $(cat said.txt)"
}

same() { cmp "$1" "$2" || fail "$1 and $2 differ: $3"; }

# 2000 sums of 3 out of 40 directions in 16 dimensions, in two files.
awk 'BEGIN {
  srand(7); d = 16; n = 40
  for (j = 0; j < n; ++j) for (q = 0; q < d; ++q) w[j, q] = rand() + rand() + rand() - 1.5
  for (i = 0; i < 2000; ++i) {
    a = int(n * rand()); b = int(n * rand()); c = int(n * rand()); line = ""
    for (q = 0; q < d; ++q) line = line (q ? "," : "") sprintf("%.5f", w[a, q] + 0.7 * w[b, q] + 0.4 * w[c, q])
    print line > (i < 1200 ? "part1.csv" : "part2.csv")
  }
}'
settings=(part1.csv part2.csv -k 4 --latents 4x --seed 3 --batch 64 --steps 4000 --log-every 10 --checkpoint-every 500)

# Threads do not change bits.
expect 0 "FVU" "$parsae" train "${settings[@]}" --threads 1 -o whole
expect 0 "FVU" "$parsae" train "${settings[@]}" --threads 2 --quiet -o whole2
same whole/model.safetensors whole2/model.safetensors "two threads"
for file in config.json metrics.jsonl metrics.csv evaluation.json report.html; do
  [[ -s whole/$file ]] || fail "whole/$file is missing"
done
grep -q '</html>' whole/report.html || fail "report.html is not whole"
[[ $(wc -l <whole/metrics.jsonl) == 400 ]] || fail "expected 400 lines of metrics, got $(wc -l <whole/metrics.jsonl)"

# stop_when SIGNAL RUN: sends the signal to the background job once the run has logged 30 lines; prints its exit code.
stop_when() {
  local signal=$1 run=$2 code=0 job=$3
  for _ in $(seq 3000); do
    [[ -f $run/metrics.jsonl && $(wc -l <"$run/metrics.jsonl") -ge 30 ]] && break
    sleep 0.01
  done
  kill -"$signal" "$job" 2>/dev/null || true
  wait "$job" || code=$?
  echo "$code" >code.txt
}

for threads in 1 2; do
  run=stopped$threads
  "$parsae" train "${settings[@]}" --threads $threads -o $run >said.txt 2>&1 &
  stop_when INT $run $!
  [[ $(cat code.txt) == 130 ]] || fail "expected exit code 130 after Ctrl-C, got $(cat code.txt): $(cat said.txt)"
  grep -qF "train --resume $run" said.txt || fail "an interrupted run did not say how to go on: $(cat said.txt)"
  expect 2 "-k was [4.0] and is [8.0]" "$parsae" train --resume $run -k 8
  expect 0 "resumed" "$parsae" train --resume $run --threads $threads
  same whole/model.safetensors $run/model.safetensors "interrupted, $threads threads"
  sed 's/"details\/seconds":[^,}]*//' $run/metrics.jsonl >lines.txt
  sed 's/"details\/seconds":[^,}]*//' whole/metrics.jsonl | cmp - lines.txt || fail "metrics of $run differ"
done

# A kill leaves the last checkpoint, at any instant.
"$parsae" train "${settings[@]}" -o killed >said.txt 2>&1 &
stop_when KILL killed $!
"$parsae" train --resume killed >said.txt 2>&1 &
sleep 0.2
kill -KILL $! 2>/dev/null || true
wait $! || true
expect 0 "resumed" "$parsae" train --resume killed
same whole/model.safetensors killed/model.safetensors "killed twice"
expect 0 "resumed" "$parsae" train --resume killed
same whole/model.safetensors killed/model.safetensors "resumed after its end"

# A sweep: one pass, the same models as alone, resumed to the same bits.
sweep=(part1.csv part2.csv -k 2,4 --latents 4x --seed 3 --batch 64 --steps 4000 --log-every 10 --checkpoint-every 500)
"$parsae" train "${sweep[@]}" -o sweep >said.txt 2>&1 &
stop_when TERM sweep/topk-k4-n64-seed3 $!
[[ $(cat code.txt) == 130 ]] || fail "expected exit code 130 after SIGTERM, got $(cat code.txt): $(cat said.txt)"
expect 2 "is one SAE of a sweep" "$parsae" train --resume sweep/topk-k4-n64-seed3
expect 0 "topk-k2-n64-seed3: FVU" "$parsae" train --resume sweep
same whole/model.safetensors sweep/topk-k4-n64-seed3/model.safetensors "one of a sweep"

# Every rule trains.
for rule in mutual_choice feature_choice jumprelu gated relu; do
  expect 0 "FVU" "$parsae" train part1.csv --rule $rule -k 4 --latents 4x --batch 64 --steps 300 --quiet -o $rule
  expect 0 "$rule" "$parsae" inspect $rule/model.safetensors
done

# What is done with a run.
"$parsae" eval whole part1.csv part2.csv --json >eval.json
awk -F'[:,]' '/"fvu"/ { if (!($2 > 0 && $2 < 0.3)) exit 1; found = 1 } END { exit !found }' eval.json ||
  fail "expected an FVU below 0.3: $(cat eval.json)"
grep -q '"n_samples": 2000' eval.json || fail "expected 2000 samples: $(cat eval.json)"
expect 0 "2,000 x 64" "$parsae" encode whole part1.csv part2.csv -o codes.npz
expect 0 "2,000 x 64" "$parsae" encode whole part1.csv part2.csv -o codes.safetensors
ls | grep -q '\.part$' && fail "encode left a spool behind"
"$parsae" top whole part1.csv part2.csv --n 3 --latent 0,5 >top.csv 2>/dev/null
[[ $(head -n 1 top.csv) == latent,rank,value,file,row ]] || fail "top: $(head -n 1 top.csv)"
awk -F, 'NR > 2 && ($1 == last && $3 > value) { exit 1 } NR > 1 { last = $1; value = $3 }' top.csv ||
  fail "top examples are not in order: $(cat top.csv)"
expect 0 "newest checkpoint" "$parsae" inspect whole
expect 0 "sweep/topk-k2-n64-seed3" "$parsae" inspect sweep
expect 0 "1,200" "$parsae" inspect part1.csv
expect 0 "parsae checkpoint" "$parsae" inspect whole/checkpoints/step_000004000.safetensors
expect 0 "sl" "$parsae" convert whole --to saelens -o sl
expect 0 "foreign.safetensors" "$parsae" convert sl --to parsae -o foreign.safetensors
"$parsae" eval foreign.safetensors part1.csv part2.csv --json >foreign.json
awk -F'[:,]' '/"(fvu|l0)"/ { if (NR == FNR) a[$1] = $2; else if (($2 - a[$1]) ^ 2 > 1e-10) exit 1 }' eval.json foreign.json ||
  fail "the SAELens directory is another SAE: $(cat foreign.json)"
numpy=
for candidate in python3 /usr/bin/python3; do
  "$candidate" -c 'import numpy' 2>/dev/null && numpy=$candidate
done
if [[ -n $numpy ]]; then
  expect 0 "same support: True" "$numpy" "$tests/saelens_codes.py" sl codes.npz eval.json part1.csv part2.csv
else
  echo "end_to_end: no NumPy, the SAELens directory was not run in Python"
fi
expect 0 "jumprelu" "$parsae" convert jumprelu --to npz -o gemma.npz
expect 0 "report.html" "$parsae" report whole

# The codes are what NumPy reads, where Python can look.
if command -v python3 >/dev/null; then
  python3 - <<'PYTHON' || fail "codes.npz is not what it should be"
import ast, struct, zipfile
archive = zipfile.ZipFile("codes.npz")
assert archive.testzip() is None
arrays = {}
for name in archive.namelist():
    raw = archive.read(name)
    assert raw[:8] == b"\x93NUMPY\x01\x00" and (10 + struct.unpack("<H", raw[8:10])[0]) % 64 == 0
    end = 10 + struct.unpack("<H", raw[8:10])[0]
    header = ast.literal_eval(raw[10:end].decode())
    arrays[name] = (header, raw[end:])
def numbers(name, code):
    return struct.unpack("<%d%s" % (len(arrays[name][1]) // struct.calcsize(code), code), arrays[name][1])
indptr = numbers("indptr.npy", "q")
indices = numbers("indices.npy", "i")
data = numbers("data.npy", "f")
assert numbers("shape.npy", "q") == (2000, 64) and arrays["format.npy"][1] == b"csr"
assert len(indptr) == 2001 and indptr[0] == 0 and indptr[-1] == len(indices) == len(data)
assert max(b - a for a, b in zip(indptr, indptr[1:])) == 4 and min(data) > 0 and 0 <= min(indices) and max(indices) < 64
PYTHON
else
  echo "end_to_end: no python3, codes.npz was not looked into"
fi

# Mistakes are named.
expect 2 "did you mean --latents" "$parsae" train part1.csv --latnts 8x
expect 2 "did you mean train" "$parsae" trian part1.csv
expect 2 "expected a verb" "$parsae"
expect 2 "inputs: expected at least one" "$parsae" train
expect 2 "-k: expected at most the number of latents" "$parsae" train part1.csv -k 100 --latents 1x -o never
expect 1 "missing.npy" "$parsae" train missing.npy -o never
expect 1 "already holds a run" "$parsae" train "${settings[@]}" -o whole
expect 2 "--out: expected" "$parsae" encode whole part1.csv -o codes.txt
expect 2 "did you mean saelens" "$parsae" convert whole --to sealens -o x
expect 1 "no such file" "$parsae" eval nowhere part1.csv
printf '1,2\n3,nan\n' >bad.csv
expect 1 "bad.csv" "$parsae" train bad.csv -k 1 --latents 4 -o never2
grep -qF "row 1" said.txt || fail "the row that is not finite is not named: $(cat said.txt)"
[[ ! -e never ]] || fail "a refused run left a folder behind"
expect 1 "expected rows of 16 values" "$parsae" eval whole bad.csv
expect 0 "Usage" "$parsae" train --help
expect 0 "parsae " "$parsae" --version

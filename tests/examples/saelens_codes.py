# SPDX-License-Identifier: MIT
"""saelens_codes.py FOLDER CODES.npz EVAL.json ROWS.csv...: the codes and the FVU that NumPy gets from a TopK SAE's SAELens
directory, written from its definition alone, against those of the command. Exits 1 where they differ by more than 1e-5.
The command's codes are in the SAE's own units, those of SAELens in the units of the rows: one factor lies between them."""
import json
import sys

import numpy as np

folder, codes_file, eval_file, *row_files = sys.argv[1:]
raw = open(folder + "/sae_weights.safetensors", "rb").read()
begin = 8 + int.from_bytes(raw[:8], "little")
w = {name: np.frombuffer(raw[begin:][slice(*t["data_offsets"])], "<f4").reshape(t["shape"]).astype(float)
     for name, t in json.loads(raw[8:begin]).items() if name != "__metadata__"}
cfg = json.load(open(folder + "/cfg.json"))
assert cfg["architecture"] == "topk" and cfg["normalize_activations"] == "none"

x = np.concatenate([np.loadtxt(f, delimiter=",", ndmin=2) for f in row_files])
pre = (x - w["b_dec"] * cfg["apply_b_dec_to_input"]) @ w["W_enc"] + w["b_enc"]
f = np.maximum(pre, 0) * (pre >= np.sort(pre, axis=1)[:, -cfg["k"], None])
fvu = ((f @ w["W_dec"] + w["b_dec"] - x) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()

csr = np.load(codes_file)
codes = np.zeros(csr["shape"])
codes[np.repeat(np.arange(len(x)), np.diff(csr["indptr"])), csr["indices"]] = csr["data"]
expected = json.load(open(eval_file))
same_support = np.array_equal(f > 0, codes > 0)
unit = (f * codes).sum() / (codes ** 2).sum()
error = max(abs(f - unit * codes).max() / f.max(), abs(fvu / expected["fvu"] - 1))
print(f"{(f > 0).sum()} active, same support: {same_support}, largest relative error {error:.1e}")
sys.exit(not (same_support and error < 1e-5 and (f > 0).any()))

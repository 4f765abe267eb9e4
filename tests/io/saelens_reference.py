# SPDX-License-Identifier: MIT
"""saelens_reference.py FOLDER EXPECTED: the function of a SAELens directory, written from its definition alone, against
the inputs, codes and reconstructions in a safetensors file. Exits 1 where supports or values differ by more than 1e-5."""
import json
import sys

import numpy as np


def tensors(path):
    raw = open(path, "rb").read()
    begin = 8 + int.from_bytes(raw[:8], "little")
    header = {name: t for name, t in json.loads(raw[8:begin]).items() if name != "__metadata__"}
    data = {name: raw[begin + t["data_offsets"][0]:begin + t["data_offsets"][1]] for name, t in header.items()}
    return {name: np.frombuffer(data[name], "<f4").reshape(t["shape"]).astype(float) for name, t in header.items()}


cfg, w, expected = json.load(open(sys.argv[1] + "/cfg.json")), tensors(sys.argv[1] + "/sae_weights.safetensors"), tensors(sys.argv[2])
assert cfg["normalize_activations"] == cfg["reshape_activations"] == "none"
x = expected["inputs"] - w["b_dec"] * cfg["apply_b_dec_to_input"]
if cfg["architecture"] == "gated":
    f = (x @ w["W_enc"] + w["b_gate"] > 0) * np.maximum(x @ (w["W_enc"] * np.exp(w["r_mag"])) + w["b_mag"], 0)
else:
    pre = x @ w["W_enc"] + w["b_enc"]
    f = np.maximum(pre, 0)
    if cfg["architecture"] == "jumprelu":
        f *= pre > w["threshold"]
    elif cfg["architecture"] == "topk":
        f *= pre >= np.sort(pre, axis=1)[:, -cfg["k"], None]
recon = f @ w["W_dec"] + w["b_dec"]
same_support = np.array_equal(f > 0, expected["codes"] > 0)
error = max(abs(got - want).max() / abs(want).max() for got, want in ((f, expected["codes"]), (recon, expected["recon"])))
unit = cfg["architecture"] == "topk" or np.allclose(np.linalg.norm(w["W_dec"], axis=1), 1, atol=1e-5)
print(f"{cfg['architecture']}: {(f > 0).sum()} active, same support: {same_support}, largest relative error {error:.1e}")
sys.exit(not (same_support and error < 1e-5 and unit and (f > 0).any()))

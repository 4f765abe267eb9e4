# SPDX-License-Identifier: MIT
"""What every method shares: Adam's constants, the parameters and batches, the decoder's unit rows."""

import os

import torch

ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8
CACHED_ENTRIES = 1 << 19  # of a matrix worked on at a time: with Adam's state, its gradient and a temporary 10 MB


def read_floats(path, count):
    """`count` raw little-endian float32 values as a tensor of their own."""
    size = os.path.getsize(path)
    if size != 4 * count:
        raise ValueError(f"{path} should hold {count} float32 values ({4 * count} bytes); it has {size} bytes")
    return torch.from_file(path, shared=False, size=count, dtype=torch.float32).clone()


def load_parameters(settings):
    """w_enc [n, d], b_enc [n], w_dec [n, d], b_dec [d]; a latent is a row of both matrices."""
    n, d = settings["n"], settings["d"]
    if settings["weights"] is not None:
        parts = read_floats(settings["weights"], 2 * n * d + n + d).split([n * d, n, n * d, d])
        w_enc, b_enc, w_dec, b_dec = (part.clone() for part in parts)  # each aligned by itself
        return w_enc.view(n, d), b_enc, w_dec.view(n, d), b_dec
    rows = torch.randn(n, d, generator=torch.Generator().manual_seed(settings["seed"]))
    rows.div_(torch.linalg.vector_norm(rows, dim=1, keepdim=True))
    return rows.clone(), torch.zeros(n), rows, torch.zeros(d)


def load_batches(settings):
    """The batches, each [batch, d]."""
    batches, batch, d = settings["batches"], settings["batch"], settings["d"]
    return list(read_floats(settings["data"], batches * batch * d).view(batches, batch, d))


def block_rows(n, d):
    """How many rows of an [n, d] matrix to work on at a time."""
    return max(1, min(n, CACHED_ENTRIES // d))


def project_on_tangent(gradient, rows):
    """Takes from each row of the gradient its part along the unit row it belongs to."""
    size = block_rows(*rows.shape)
    for part, unit in zip(gradient.split(size), rows.split(size)):
        part.addcmul_((part * unit).sum(dim=1, keepdim=True), unit, value=-1)


def normalize_rows(rows):
    rows.div_(torch.linalg.vector_norm(rows, dim=1, keepdim=True))

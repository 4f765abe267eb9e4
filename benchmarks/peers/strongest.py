# SPDX-License-Identifier: MIT
"""torch-strongest: the fastest TopK training step in the way in which published PyTorch trainers are fast on a CPU.

The encoder is a dense product and torch.topk inside a torch.autograd.Function, whose backward touches the k selected
latents alone; the decoder is an embedding_bag with PyTorch's own backward; autograd does the rest and torch.optim.Adam
the update. What further work by hand brings is in handmade.py.
"""

import torch
import torch.nn.functional as F

from parameters import ADAM_BETAS, ADAM_EPSILON, load_parameters, normalize_rows, project_on_tangent

DENSE_BELOW = 4096  # n * d / k: measured, README.md


def sum_sparse(weights, latents, samples, n):
    """[n, d]: row j is the sum of weight * sample over the entries [batch, k] that selected latent j.
    Sorted by latent, the entries are bags of samples, which embedding_bag sums in parallel."""
    k = latents.shape[1]
    latents = latents.view(-1)
    order = torch.argsort(latents)
    offsets = torch.zeros(n + 1, dtype=torch.int64)
    torch.cumsum(torch.bincount(latents, minlength=n), 0, out=offsets[1:])
    return F.embedding_bag(
        torch.div(order, k, rounding_mode="floor"),
        samples,
        offsets,
        mode="sum",
        per_sample_weights=weights.reshape(-1).index_select(0, order),
        include_last_offset=True,
    )


def sum_dense(weights, latents, samples, n):
    """The same as a product with a dense [batch, n] matrix."""
    return torch.mm(torch.zeros(len(samples), n).scatter_(1, latents, weights).t(), samples)


def faster_sum(n, d, k):
    """A dense product does n * d / k multiplications for every entry, which cost less than sorting it when few."""
    return sum_dense if n * d < DENSE_BELOW * k else sum_sparse


class TopKEncoder(torch.autograd.Function):
    """The k largest pre-activations of each sample and their latents, both [batch, k], in any order."""

    @staticmethod
    def forward(ctx, x, w_enc, b_enc, b_dec, k, sum_by_latent):
        centered = x - b_dec
        values, latents = torch.topk(F.linear(centered, w_enc, b_enc), k, dim=1, sorted=False)
        ctx.save_for_backward(centered, w_enc, latents)
        ctx.mark_non_differentiable(latents)
        ctx.sum_by_latent = sum_by_latent
        return values, latents

    @staticmethod
    def backward(ctx, slopes, _):
        centered, w_enc, latents = ctx.saved_tensors
        n = len(w_enc)
        by_w_enc = ctx.sum_by_latent(slopes, latents, centered, n)
        by_b_enc = torch.bincount(latents.view(-1), slopes.reshape(-1), n)
        # b_dec is taken from every sample: its gradient needs that of the samples only as a sum.
        return None, by_w_enc, by_b_enc, torch.mv(w_enc.t(), by_b_enc).neg_(), None, None


class StrongestTopK:
    def __init__(self, settings):
        self.k, self.batch = settings["k"], settings["batch"]
        self.w_enc, self.b_enc, self.w_dec, self.b_dec = load_parameters(settings)
        self.sum_by_latent = faster_sum(*self.w_enc.shape, self.k)
        self.values = None
        trained = list(self.parameters().values())
        for parameter in trained:
            parameter.requires_grad_()
        # foreach=True is no faster at any size (README.md).
        self.optimizer = torch.optim.Adam(
            trained, lr=settings["learning_rate"], betas=ADAM_BETAS, eps=ADAM_EPSILON, foreach=False
        )

    def parameters(self):
        return {"w_enc": self.w_enc, "b_enc": self.b_enc, "w_dec": self.w_dec, "b_dec": self.b_dec}

    def l0(self):
        return torch.count_nonzero(self.values).item() / self.batch

    def step(self, x):
        self.values = None
        self.optimizer.zero_grad(set_to_none=True)
        values, latents = TopKEncoder.apply(x, self.w_enc, self.b_enc, self.b_dec, self.k, self.sum_by_latent)
        values = values.relu()
        decoded = F.embedding_bag(latents, self.w_dec, mode="sum", per_sample_weights=values)
        loss = F.mse_loss(decoded + self.b_dec, x, reduction="sum") / self.batch
        loss.backward()
        self.values = values.detach()
        with torch.no_grad():
            project_on_tangent(self.w_dec.grad, self.w_dec)
            self.optimizer.step()
            normalize_rows(self.w_dec)
        return loss.detach()

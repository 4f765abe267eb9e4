# SPDX-License-Identifier: MIT
"""torch-handmade: what one gets when PyTorch is used as a kernel library and everything else is written by hand.

No published trainer does that; torch-strongest (strongest.py) is the opponent that one can meet. This is the fastest
exact float32 TopK training step we could get out of PyTorch 1.13 on a CPU.

Gradients are written by hand (`train_step.py --self-check` compares them with autograd), so that the k selected latents
are all that is touched after the encoder's product:

* selection in two stages where it pays (`selection_groups`): the k best of the maxima of strided groups, then the k
  best of the members of those groups. The k largest entries are always among them;
* the reconstruction is an `embedding_bag` over the rows of w_dec, the gradient of the values its backward by the
  per-sample weights;
* the entries are sorted by latent once (a radix sort of int16 where n allows it), and the gradients of both weight
  matrices are `embedding_bag` FORWARD products: a latent is a bag, a sample a row, a value its weight;
* rows are updated in blocks that stay in the cache: gradient, projection, Adam and renormalization of one block of rows
  before the next, and never a whole gradient in memory.
"""

import math

import torch

from parameters import (
    ADAM_BETAS,
    ADAM_EPSILON,
    block_rows,
    load_parameters,
    normalize_rows,
    project_on_tangent,
)

try:
    import numpy
except ImportError:  # torch sorts too, 3 ms slower for 65,536 entries
    numpy = None

INT16_LATENTS = 1 << 15  # as many as an int16 can tell apart


def selection_groups(n, k):
    """How many entries of a row share one maximum; 1 is a plain torch.topk, faster below 1,024 latents.
    torch.topk is best on rows of at least 64 k entries: groups of 4 where the maxima are that many, else of 8."""
    if n < 1024:
        return 1
    groups = 4 if n // 4 >= 64 * k else 8
    return groups if n % groups == 0 and n // groups > k else 1


def sort_by_latent(latents, n):
    """The order that sorts the entries by latent, stable: ascending samples within a latent."""
    if numpy is not None and n <= INT16_LATENTS:
        return torch.from_numpy(numpy.argsort(latents.short().numpy(), kind="stable"))
    return torch.sort(latents, stable=True)[1]


class RowAdam:
    """Adam for a tensor that is updated a block of rows at a time."""

    def __init__(self, parameter, learning_rate):
        self.parameter = parameter
        self.learning_rate = learning_rate
        self.first = torch.zeros_like(parameter)
        self.second = torch.zeros_like(parameter)

    def update(self, lo, hi, gradient, step):
        beta1, beta2 = ADAM_BETAS
        correction = math.sqrt(1 - beta2**step)
        first, second = self.first[lo:hi], self.second[lo:hi]
        first.lerp_(gradient, 1 - beta1)
        second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
        # sqrt(v) / c + epsilon, times c: the factor c moves to the step's length.
        denominator = torch.sqrt(second).add_(ADAM_EPSILON * correction)
        self.parameter[lo:hi].addcdiv_(first, denominator, value=-self.learning_rate * correction / (1 - beta1**step))


class HandmadeTopK:
    def __init__(self, settings):
        self.n, self.d, self.k, self.batch = (settings[name] for name in ("n", "d", "k", "batch"))
        learning_rate = settings["learning_rate"]
        w_enc, b_enc, w_dec, b_dec = load_parameters(settings)
        self.w_enc, self.w_dec = w_enc, w_dec
        # The biases lie side by side: they are small, and one update is cheaper than two.
        self.biases = torch.cat([b_enc, b_dec])
        self.b_enc, self.b_dec = self.biases[: self.n], self.biases[self.n :]
        self.encoder_adam = RowAdam(w_enc, learning_rate)
        self.decoder_adam = RowAdam(w_dec, learning_rate)
        self.bias_adam = RowAdam(self.biases, learning_rate)
        self.groups = selection_groups(self.n, self.k)
        self.block = block_rows(self.n, self.d)
        self.steps = 0
        self.pre = torch.empty(self.batch, self.n)
        self.sample_offsets = torch.arange(0, self.batch * self.k, self.k, dtype=torch.int32)
        self.sample_of = torch.arange(self.batch, dtype=torch.int32).repeat_interleave(self.k)
        self.latent_offsets = torch.zeros(self.n + 1, dtype=torch.int32)
        self.values = None

    def parameters(self):
        return {"w_enc": self.w_enc, "b_enc": self.b_enc, "w_dec": self.w_dec, "b_dec": self.b_dec}

    def l0(self):
        return (self.values > 0).sum().item() / self.batch

    def select(self, pre):
        """The k largest of each row, in any order: values and latents, both [batch, k]."""
        if self.groups == 1:
            return torch.topk(pre, self.k, dim=1, sorted=False)
        width = self.n // self.groups
        grouped = pre.view(self.batch, self.groups, width)  # a group is a column: entries `width` apart
        best = torch.topk(grouped.amax(dim=1), self.k, dim=1, sorted=False)[1]
        members = best.view(self.batch, 1, self.k).expand(self.batch, self.groups, self.k)
        candidates = torch.gather(grouped, 2, members).view(self.batch, self.groups * self.k)
        values, chosen = torch.topk(candidates, self.k, dim=1, sorted=False)
        latents = torch.div(chosen, self.k, rounding_mode="floor").mul_(width).add_(best.gather(1, chosen % self.k))
        return values, latents

    def step(self, x):
        with torch.no_grad():
            return self.descend(x)

    def descend(self, x):
        self.steps += 1
        centered = x - self.b_dec
        torch.addmm(self.b_enc, centered, self.w_enc.t(), out=self.pre)
        values, latents = self.select(self.pre)
        self.values = values = values.relu_().view(-1)
        latents = latents.view(-1)
        rows = latents.int()

        reconstruction = torch.embedding_bag(self.w_dec, rows, self.sample_offsets, False, 0, False, values)[0]
        error = reconstruction.sub_(centered)  # both lack b_dec
        loss = torch.linalg.vector_norm(error).square_() / self.batch

        scale = 2 / self.batch
        slopes = torch.ops.aten._embedding_bag_per_sample_weights_backward(
            error, self.w_dec, rows, self.sample_offsets, self.sample_of, 0, -1
        )
        slopes.mul_(scale).mul_(values > 0)
        self.update(centered, error, latents, values * scale, slopes)
        return loss

    def update(self, centered, error, latents, weights, slopes):
        """`weights` are the values times 2 / batch, `slopes` the loss's derivatives by the pre-activations."""
        b_enc_gradient = torch.bincount(latents, slopes, self.n)
        b_dec_gradient = error.sum(dim=0).mul_(2 / self.batch).sub_(torch.mv(self.w_enc.t(), b_enc_gradient))
        self.bias_adam.update(0, self.n + self.d, torch.cat([b_enc_gradient, b_dec_gradient]), self.steps)

        order = sort_by_latent(latents, self.n)
        samples = self.sample_of.index_select(0, order)
        weights, slopes = weights.index_select(0, order), slopes.index_select(0, order)
        torch.cumsum(torch.bincount(latents, minlength=self.n), 0, dtype=torch.int32, out=self.latent_offsets[1:])
        starts = self.latent_offsets[:: self.block].tolist() + [len(samples)]
        for index, lo in enumerate(range(0, self.n, self.block)):
            hi = min(self.n, lo + self.block)
            first, last = starts[index], starts[index + 1] if hi < self.n else len(samples)
            offsets = self.latent_offsets[lo : hi + 1] - first
            bags = samples[first:last], offsets
            self.update_encoder(lo, hi, self.sum_rows(centered, bags, slopes[first:last]))
            self.update_decoder(lo, hi, self.sum_rows(error, bags, weights[first:last]))

    @staticmethod
    def sum_rows(matrix, bags, weights):
        samples, offsets = bags
        return torch.embedding_bag(matrix, samples, offsets, False, 0, False, weights, True)[0]

    def update_encoder(self, lo, hi, gradient):
        self.encoder_adam.update(lo, hi, gradient, self.steps)

    def update_decoder(self, lo, hi, gradient):
        rows = self.w_dec[lo:hi]
        project_on_tangent(gradient, rows)
        self.decoder_adam.update(lo, hi, gradient, self.steps)
        normalize_rows(rows)

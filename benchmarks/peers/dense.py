# SPDX-License-Identifier: MIT
"""The dense methods: plain autograd over [batch, n] codes, as one writes them in PyTorch."""

import torch
import torch.nn.functional as F

from parameters import ADAM_BETAS, ADAM_EPSILON, load_parameters, normalize_rows, project_on_tangent


class DenseTrainer:
    """A training step but for the activation, which `activate` gives: codes [batch, n] and what it adds to the loss."""

    def __init__(self, settings):
        self.k, self.batch = settings["k"], settings["batch"]
        self.coefficient = settings["coefficient"]
        self.w_enc, self.b_enc, self.w_dec, self.b_dec = load_parameters(settings)
        self.codes = None
        for parameter in self.parameters().values():
            parameter.requires_grad_()
        # foreach=True is slower on a CPU (README.md).
        self.optimizer = torch.optim.Adam(
            self.trained(), lr=settings["learning_rate"], betas=ADAM_BETAS, eps=ADAM_EPSILON, foreach=False
        )

    def parameters(self):
        return {"w_enc": self.w_enc, "b_enc": self.b_enc, "w_dec": self.w_dec, "b_dec": self.b_dec}

    def trained(self):
        return list(self.parameters().values())

    def l0(self):
        return torch.count_nonzero(self.codes).item() / self.batch

    def step(self, x):
        self.codes = None
        self.optimizer.zero_grad(set_to_none=True)
        codes, penalty = self.activate(F.linear(x - self.b_dec, self.w_enc, self.b_enc))
        reconstruction = torch.addmm(self.b_dec, codes, self.w_dec)
        loss = F.mse_loss(reconstruction, x, reduction="sum") / self.batch + penalty
        loss.backward()
        self.codes = codes.detach()
        with torch.no_grad():
            project_on_tangent(self.w_dec.grad, self.w_dec)
            self.optimizer.step()
            normalize_rows(self.w_dec)
        return loss.detach()

    def activate(self, pre):
        raise NotImplementedError


class TopK(DenseTrainer):
    """The k largest pre-activations of each sample, negative ones set to zero."""

    def activate(self, pre):
        values, latents = torch.topk(pre, self.k, dim=1, sorted=False)
        return torch.zeros_like(pre).scatter(1, latents, values.relu()), 0


def largest_of_all(entries, count, group=64):
    """The indices of the `count` largest of a long vector, in any order: first the groups with the largest maxima,
    which hold them all, then their members. torch.topk alone runs on one thread here."""
    groups = entries.numel() // group
    if entries.numel() % group != 0 or count >= groups:
        return torch.topk(entries, count, sorted=False)[1]
    grouped = entries.view(group, groups)  # a group is a column: the maxima are then taken in vectors
    best = torch.topk(grouped.amax(dim=0), count, sorted=False)[1]
    members = (torch.arange(group).unsqueeze(1) * groups + best).view(-1)
    chosen = torch.topk(entries.index_select(0, members), count, sorted=False)[1]
    return members.index_select(0, chosen)


class BatchTopK(DenseTrainer):
    """The k * batch largest pre-activations of the whole batch."""

    def activate(self, pre):
        entries = pre.view(-1)
        with torch.no_grad():
            chosen = largest_of_all(entries, self.k * self.batch)
        values = entries.gather(0, chosen).relu()
        return torch.zeros_like(entries).scatter(0, chosen, values).view_as(pre), 0


class Relu(DenseTrainer):
    """ReLU with an L1 loss."""

    def activate(self, pre):
        codes = pre.relu()
        return codes, codes.sum() * (self.coefficient / self.batch)


class JumpReluFunction(torch.autograd.Function):
    """Codes and the number of active entries; their derivatives by the threshold are those of a step smeared over
    `bandwidth` (a rectangle kernel)."""

    @staticmethod
    def forward(ctx, pre, threshold, bandwidth):
        active = pre > threshold
        ctx.save_for_backward(pre, threshold, active)
        ctx.bandwidth = bandwidth
        return pre * active, active.sum(dtype=torch.float32)

    @staticmethod
    def backward(ctx, code_gradient, count_gradient):
        pre, threshold, active = ctx.saved_tensors
        window = (pre - threshold).abs_().lt_(ctx.bandwidth / 2)  # 1 or 0
        in_window = window.sum(dim=0)
        weighted = window.mul_(code_gradient).sum(dim=0)
        threshold_gradient = (threshold * weighted + count_gradient * in_window).div_(-ctx.bandwidth)
        return code_gradient * active, threshold_gradient, None


class JumpRelu(DenseTrainer):
    """JumpReLU with learned thresholds and an L0 loss."""

    def __init__(self, settings):
        self.bandwidth = settings["bandwidth"]
        self.threshold = torch.full((settings["n"],), float(settings["threshold"]), requires_grad=True)
        super().__init__(settings)

    def trained(self):
        return super().trained() + [self.threshold]

    def activate(self, pre):
        codes, active = JumpReluFunction.apply(pre, self.threshold, self.bandwidth)
        return codes, active * (self.coefficient / self.batch)

    def step(self, x):
        loss = super().step(x)
        with torch.no_grad():
            self.threshold.clamp_(min=0)
        return loss

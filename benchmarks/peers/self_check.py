# SPDX-License-Identifier: MIT
"""Compares the methods with plain definitions of what they compute; `train_step.py --self-check` runs it."""

import os
import sys
import tempfile

import torch

import dense
import handmade
import strongest
from parameters import load_parameters

TOLERANCE = 1e-4
FAR = 0.03  # a learning rate at which three steps tell wrong constants of Adam


def settings_with_weights(folder, **changes):
    """Small sizes, random parameters; biases that make about half of the selected pre-activations negative."""
    settings = {"d": 24, "n": 192, "k": 8, "batch": 40, "learning_rate": 1e-3, "seed": 1}
    settings.update({"coefficient": 0.5, "threshold": 0.05, "bandwidth": 0.5, **changes})
    n, d = settings["n"], settings["d"]
    settings["weights"] = os.path.join(folder, "weights.f32")
    rows = torch.nn.functional.normalize(torch.randn(n, d), dim=1)
    parts = [torch.randn(n, d), torch.randn(n) - settings["bias_shift"], rows, torch.randn(d)]
    torch.cat([part.reshape(-1) for part in parts]).numpy().tofile(settings["weights"])
    return settings


def batches_of(settings):
    return [torch.randn(settings["batch"], settings["d"]) for _ in range(3)]


def difference(left, right):
    return (left - right).abs().max().item()


def expect_close(name, found, expected, tolerance=TOLERANCE):
    """A sentence if the two differ, else nothing."""
    scale = max(1.0, expected.abs().max().item())
    apart = difference(found, expected)
    if apart <= tolerance * scale:
        return []
    return [f"{name} differs by {apart:.3g} from its definition; {tolerance * scale:.3g} is allowed"]


def compare_with_plain(name, settings, trainer, gradients):
    """Three steps beside plain autograd; `gradients` gives, by name, those of the step that `trainer` took last."""
    plain = dense.TopK(settings)
    failures = []
    for number, x in enumerate(batches_of(settings), 1):
        expected, found = plain.step(x), trainer.step(x)
        failures += expect_close(f"{name} the loss of step {number}", found, expected)
        found = gradients()
        for part, parameter in plain.parameters().items():
            failures += expect_close(f"{name} the gradient of {part} in step {number}", found[part], parameter.grad)
    for part, value in plain.parameters().items():
        found = trainer.parameters()[part].detach()
        failures += expect_close(f"{name} {part} after 3 steps", found, value.detach())
    if trainer.l0() != plain.l0():
        failures.append(f"{name} the L0 is {trainer.l0()}, not {plain.l0()}")
    return failures


def check_strongest(folder, sum_by_latent, k, bias_shift):
    settings = settings_with_weights(folder, k=k, bias_shift=bias_shift, learning_rate=FAR)
    trainer = strongest.StrongestTopK(settings)
    trainer.sum_by_latent = sum_by_latent

    def gradients():
        return {part: parameter.grad for part, parameter in trainer.parameters().items()}

    name = f"torch-strongest with {sum_by_latent.__name__}, k = {k} and biases lowered by {bias_shift}:"
    return compare_with_plain(name, settings, trainer, gradients)


def recorded_gradients(trainer):
    """Runs along with the handmade trainer and keeps what it hands to Adam."""
    kept = {"w_enc": torch.zeros_like(trainer.w_enc), "w_dec": torch.zeros_like(trainer.w_dec)}
    kept["biases"] = torch.zeros_like(trainer.biases)
    for name, adam in (("w_enc", trainer.encoder_adam), ("w_dec", trainer.decoder_adam), ("biases", trainer.bias_adam)):

        def update(lo, hi, gradient, step, name=name, inner=adam.update):
            kept[name][lo:hi] = gradient
            inner(lo, hi, gradient, step)

        adam.update = update
    kept["b_enc"], kept["b_dec"] = kept["biases"][: trainer.n], kept["biases"][trainer.n :]
    return kept


def check_handmade(folder, groups, block, bias_shift):
    settings = settings_with_weights(folder, bias_shift=bias_shift, learning_rate=FAR)
    trainer = handmade.HandmadeTopK(settings)
    trainer.groups, trainer.block = groups, block
    kept = recorded_gradients(trainer)
    name = f"torch-handmade with {groups} groups, blocks of {block} rows and biases lowered by {bias_shift}:"
    return compare_with_plain(name, settings, trainer, lambda: kept)


def reference_step(settings, x, activate):
    """Gradients and parameters of one step, by the book: autograd, projection, torch.optim.Adam, renormalization."""
    parameters = [value.requires_grad_() for value in load_parameters(settings)]
    w_enc, b_enc, w_dec, b_dec = parameters
    optimizer = torch.optim.Adam(parameters, lr=settings["learning_rate"], betas=(0.9, 0.999), eps=1e-8)
    codes, penalty = activate((x - b_dec) @ w_enc.T + b_enc)
    (((codes @ w_dec + b_dec - x) ** 2).sum(1).mean() + penalty).backward()
    with torch.no_grad():
        w_dec.grad -= (w_dec.grad * w_dec).sum(1, keepdim=True) * w_dec
        optimizer.step()
        w_dec /= w_dec.norm(dim=1, keepdim=True)
    return [value.grad for value in parameters], [value.detach() for value in parameters]


def masked_activation(method, settings):
    """The codes of a method as pre-activations times a mask found by sorting."""

    def activate(pre):
        if method is dense.TopK:
            floor = pre.detach().sort(dim=1, descending=True)[0][:, settings["k"] - 1 : settings["k"]]
        elif method is dense.BatchTopK:
            floor = pre.detach().flatten().sort(descending=True)[0][settings["k"] * settings["batch"] - 1]
        else:
            floor = torch.zeros(())
        codes = pre * ((pre >= floor) & (pre > 0))
        weight = settings["coefficient"] if method is dense.Relu else 0.0
        return codes, weight * codes.sum(1).mean()

    return activate


def check_dense(folder, method, bias_shift):
    # A fifth of the entries, so that BatchTopK's two stages and negative entries both occur.
    settings = settings_with_weights(folder, bias_shift=bias_shift, batch=64, k=2)
    x = batches_of(settings)[0]
    gradients, values = reference_step(settings, x, masked_activation(method, settings))
    trainer = method(settings)
    trainer.step(x)
    name = f"torch-{method.__name__.lower()} with biases lowered by {bias_shift}:"
    failures = []
    for (part, found), gradient, value in zip(trainer.parameters().items(), gradients, values):
        failures += expect_close(f"{name} the gradient of {part}", found.grad, gradient)
        failures += expect_close(f"{name} {part} after a step", found.detach(), value)
    return failures


def check_jump_relu():
    """Value and straight-through gradients, entry by entry:
    codes = z [z > t], d codes / d t = -(t / e) [|z - t| < e / 2], d [z > t] / d t = -(1 / e) [|z - t| < e / 2]."""
    bandwidth, batch, n = 0.5, 7, 5
    pre, threshold, upstream = torch.randn(batch, n), torch.rand(n), torch.randn(batch, n)
    pre.requires_grad_(), threshold.requires_grad_()
    codes, active = dense.JumpReluFunction.apply(pre, threshold, bandwidth)
    ((codes * upstream).sum() + 0.3 * active).backward()

    by_pre, by_threshold, values, count = torch.zeros(batch, n), torch.zeros(n), torch.zeros(batch, n), 0
    for i in range(batch):
        for j in range(n):
            z, t, g = pre[i, j].item(), threshold[j].item(), upstream[i, j].item()
            if z > t:
                values[i, j], by_pre[i, j], count = z, g, count + 1
            if abs(z - t) < bandwidth / 2:
                by_threshold[j] -= (t * g + 0.3) / bandwidth
    failures = expect_close("torch-jumprelu: the codes", codes.detach(), values)
    failures += expect_close("torch-jumprelu: the number of active entries", active.detach(), torch.tensor([count]))
    failures += expect_close("torch-jumprelu: the gradient of the pre-activations", pre.grad, by_pre)
    return failures + expect_close("torch-jumprelu: the gradient of the thresholds", threshold.grad, by_threshold)


def check_jump_relu_step(folder):
    """The gradient and one step of Adam on the thresholds, by the codes' and the count's formulas."""
    settings = settings_with_weights(folder, bias_shift=0.0, learning_rate=0.1)  # far enough to meet the bound at zero
    x = batches_of(settings)[0]
    trainer = dense.JumpRelu(settings)
    w_enc, b_enc, w_dec, b_dec = load_parameters(settings)
    pre = (x - b_dec) @ w_enc.T + b_enc
    codes = pre * (pre > settings["threshold"])
    by_codes = 2 / settings["batch"] * (codes @ w_dec + b_dec - x) @ w_dec.T
    weight = settings["coefficient"] / settings["batch"]
    window = (pre - settings["threshold"]).abs() < settings["bandwidth"] / 2
    expected = -((settings["threshold"] * by_codes + weight) * window).sum(0) / settings["bandwidth"]
    trainer.step(x)
    failures = expect_close("torch-jumprelu: the thresholds' gradient in a step", trainer.threshold.grad, expected)
    moved = (settings["threshold"] - settings["learning_rate"] * expected.sign()).clamp(min=0)
    failures += expect_close("torch-jumprelu: the thresholds after a step", trainer.threshold.detach(), moved)
    return failures


def run():
    torch.manual_seed(7)
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for sum_by_latent in (strongest.sum_sparse, strongest.sum_dense):
            for k in (1, 8, 192):  # 192 is all of them
                for bias_shift in (0.0, 15.0):
                    failures += check_strongest(folder, sum_by_latent, k, bias_shift)
        for groups, block in ((1, 192), (4, 192), (4, 50)):
            for bias_shift in (0.0, 15.0):
                failures += check_handmade(folder, groups, block, bias_shift)
        for method in (dense.TopK, dense.BatchTopK, dense.Relu):
            for bias_shift in (0.0, 25.0):
                failures += check_dense(folder, method, bias_shift)
        failures += check_jump_relu_step(folder)
    failures += check_jump_relu()
    for failure in failures:
        print(failure, file=sys.stderr)
    verdict = f"{len(failures)} differences" if failures else "every method agrees with its definition"
    print(f"self-check: {verdict}")
    return 1 if failures else 0

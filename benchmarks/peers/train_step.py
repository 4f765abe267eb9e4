#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Times training steps of sparse autoencoders in PyTorch: the opponents in `./benchmarks/run train_step --peers`.

A process that another program starts and talks to: one JSON object a line, in on stdin, out on stdout.
"""

import argparse
import ctypes
import gc
import importlib
import json
import math
import sys
import time

sys.dont_write_bytecode = True  # no __pycache__ beside the sources

import environment  # noqa: E402

EPILOG = """
methods
  torch-topk       plain dense TopK: torch.topk, scatter into zeros, dense decoder, autograd
  torch-strongest  TopK in the fastest way that published trainers use: torch.topk, a torch.autograd.Function with a
                   sparse gradient of the encoder's weights, embedding_bag, autograd, torch.optim.Adam (strongest.py)
  torch-handmade   TopK with PyTorch as a kernel library and everything else written by hand; no published trainer
                   does that (handmade.py)
  torch-batchtopk  the k * batch largest of a batch, otherwise dense
  torch-relu       ReLU and an L1 loss, dense
  torch-jumprelu   JumpReLU, thresholds learned with a rectangle kernel, L0 loss, dense

commands, and what answers them
  {"command":"prepare","data":"x.f32","weights":"w.f32","d":768,"n":12288,"k":32,"batch":2048,"batches":4,
   "learning_rate":1e-3,"seed":1}
      {"prepared":true}
      data: batches * batch rows of d raw float32. weights: w_enc [n, d], b_enc [n], w_dec [n, d], b_dec [d] one after
      the other (a latent is a row); without it or with null random unit rows from `seed`, w_enc = w_dec.
      For torch-relu and torch-jumprelu also "coefficient" (1e-3), for torch-jumprelu "threshold" (0.01) and
      "bandwidth" (1e-3).
  {"command":"step","count":3}   {"seconds":[0.30,0.29,0.30],"loss":512.3,"l0":32.0}
  {"command":"memory"}           {"peak_mb":812.5}   peak resident memory since the last prepare
  {"command":"release"}          {"released":true}
  {"command":"quit"}             ends, as the end of stdin does
  Anything else is answered by {"error":"..."}.

try it
  env OMP_NUM_THREADS=2 $(benchmarks/peers/train_step.py --print-environment |
    /usr/bin/python3 -c 'import json,sys; print(*(f"{k}={v}" for k, v in json.load(sys.stdin).items()))') \\
    /usr/bin/python3 -u benchmarks/peers/train_step.py --method torch-strongest --threads 2
"""
NO_TORCH = 3
REQUIRED = {"data": str, "d": int, "n": int, "k": int, "batch": int, "batches": int}
OPTIONAL = {
    "weights": None,
    "learning_rate": 1e-3,
    "seed": 1,
    "coefficient": 1e-3,
    "threshold": 0.01,
    "bandwidth": 1e-3,
}


METHODS = {  # by name: module and class, imported late, because they need torch and --help does not
    "torch-topk": ("dense", "TopK"),
    "torch-strongest": ("strongest", "StrongestTopK"),
    "torch-handmade": ("handmade", "HandmadeTopK"),
    "torch-batchtopk": ("dense", "BatchTopK"),
    "torch-relu": ("dense", "Relu"),
    "torch-jumprelu": ("dense", "JumpRelu"),
}


def answer(message):
    print(json.dumps(message, allow_nan=False), flush=True)


def checked_settings(message):
    """The message of `prepare` with its defaults; one sentence about the first thing wrong with it."""
    settings = {**OPTIONAL, **{name: value for name, value in message.items() if name != "command"}}
    for name in settings:
        if name not in REQUIRED and name not in OPTIONAL:
            raise ValueError(f'prepare does not know "{name}"; it takes {", ".join([*REQUIRED, *OPTIONAL])}')
    for name, kind in REQUIRED.items():
        value = settings.get(name)
        if type(value) is not kind or (kind is int and value < 1):
            expected = "a path" if kind is str else "a whole number of at least 1"
            raise ValueError(f'prepare needs "{name}", {expected}; it got {json.dumps(value)}')
    for name in ("learning_rate", "coefficient", "threshold", "bandwidth"):
        value = settings[name]
        number = type(value) in (int, float) and math.isfinite(value)
        if not number or value < 0 or (name == "bandwidth" and value == 0):
            least = "above 0" if name == "bandwidth" else "of at least 0"
            raise ValueError(f'"{name}" should be a finite number {least}; it is {json.dumps(value)}')
    if type(settings["seed"]) is not int or settings["seed"] < 0:
        raise ValueError(f'"seed" should be a whole number of at least 0; it is {json.dumps(settings["seed"])}')
    if settings["weights"] is not None and not isinstance(settings["weights"], str):
        raise ValueError(f'"weights" should be a path or null; it is {json.dumps(settings["weights"])}')
    if settings["k"] > settings["n"]:
        raise ValueError(f'"k" is {settings["k"]}, more than the {settings["n"]} latents of "n"')
    return settings


class Session:
    def __init__(self, method):
        self.method = method
        self.trainer = None
        self.batches = []
        self.taken = 0

    def prepare(self, message):
        from parameters import load_batches

        settings = checked_settings(message)
        self.release(message)
        reset_peak_memory()
        self.batches = load_batches(settings)
        self.trainer = self.method(settings)
        return {"prepared": True}

    def step(self, message):
        count = message.get("count", 1)
        if type(count) is not int or count < 1:
            raise ValueError(f'"count" should be a whole number of at least 1; it is {json.dumps(count)}')
        if self.trainer is None:
            raise RuntimeError("there is nothing to train yet: send prepare first")
        seconds = []
        for _ in range(count):
            batch = self.batches[self.taken % len(self.batches)]
            self.taken += 1
            start = time.perf_counter()
            loss = self.trainer.step(batch)
            seconds.append(time.perf_counter() - start)
        if not math.isfinite(loss.item()):
            raise ArithmeticError(f"the loss of step {self.taken} is {loss.item()}")
        return {"seconds": seconds, "loss": loss.item(), "l0": self.trainer.l0()}

    def memory(self, _):
        return {"peak_mb": peak_memory_mb()}

    def release(self, _):
        self.trainer, self.batches, self.taken = None, [], 0
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        return {"released": True}


def reset_peak_memory():
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass  # the peak is then that of the whole process


def peak_memory_mb():
    """Of this program image alone: getrusage's figure may be what the parent held when it started this process."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no VmHWM")


def serve(method):
    session = Session(method)
    commands = {name: getattr(session, name) for name in ("prepare", "step", "memory", "release")}
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            message = json.loads(line)
            name = message.get("command") if isinstance(message, dict) else None
            if name == "quit":
                return
            if not isinstance(name, str) or name not in commands:
                known = ", ".join([*commands, "quit"])
                raise ValueError(f'a line should be an object whose "command" is one of {known}; it is {line.strip()}')
            answer(commands[name](message))
        except json.JSONDecodeError as error:
            answer({"error": f"this line is not JSON ({error}): {line.strip()}"})
        except Exception as error:  # the other side decides what to do about it
            answer({"error": f"{type(error).__name__}: {error}"})


def import_torch(threads):
    """torch with its threads set, or the way out and the end."""
    try:
        import torch
    except ImportError as error:
        answer(
            {
                "error": f"{sys.executable} cannot import torch ({error}); "
                "install it with: apt-get install python3-torch libopenblas0-openmp, and start this by /usr/bin/python3"
            }
        )
        sys.exit(NO_TORCH)
    torch.set_flush_denormal(True)  # before the worker threads start, which inherit it
    torch.set_num_threads(threads)
    return torch


def parse_arguments():
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG, formatter_class=layout)
    parser.add_argument("--method", choices=METHODS, help="whose steps to time")
    parser.add_argument("--threads", type=int, default=2, help="of every operation (default: 2)")
    parser.add_argument(
        "--print-environment",
        action="store_true",
        help="print the environment, as JSON, in which the process should be started to be fastest, and end",
    )
    parser.add_argument("--self-check", action="store_true", help="compare the methods with plain definitions, and end")
    arguments = parser.parse_args()
    if arguments.threads < 1:
        parser.error(f"--threads should be at least 1; it is {arguments.threads}")
    if not (arguments.method or arguments.print_environment or arguments.self_check):
        parser.error(f"--method is missing; one of {', '.join(METHODS)}")
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.print_environment:
        answer(environment.best_environment())
        return 0
    cores = environment.widen_affinity(arguments.threads)
    torch = import_torch(arguments.threads)
    if arguments.self_check:
        import self_check

        return self_check.run()
    module, name = METHODS[arguments.method]
    method = getattr(importlib.import_module(module), name)
    answer({"ready": True, "torch": torch.__version__, "settings": environment.describe(torch, cores)})
    serve(method)
    return 0


if __name__ == "__main__":
    sys.exit(main())

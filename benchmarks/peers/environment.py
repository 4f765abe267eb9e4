# SPDX-License-Identifier: MIT
"""The environment that makes PyTorch fastest on two cores, and what a process found itself with."""

import os

# Measured: README.md. All of it is read when a process or a library starts, so that the parent has to set it.
ENVIRONMENT = {
    # Large pages, and memory that is given back to the kernel neither by munmap nor by trimming: without it a step
    # spends its time in page faults.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=34359738368"
    ":glibc.malloc.top_pad=67108864",
    "OMP_PROC_BIND": "true",  # otherwise two threads may start on one core, and spin against each other
    "OMP_DYNAMIC": "false",
}
AVX512 = {"avx512f", "avx512bw", "avx512dq", "avx512vl"}


def cpu_flags():
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


def best_environment():
    """The variables to set for this machine. ATen chooses AVX2 by itself where AVX-512 would be faster."""
    environment = dict(ENVIRONMENT)
    if AVX512 <= cpu_flags():
        environment["ATEN_CPU_CAPABILITY"] = "avx512"
    return environment


def widen_affinity(threads):
    """A parent that binds its own threads hands down a single core: take all of them, before OpenMP looks. Returns how
    many cores there are for this process."""
    if len(os.sched_getaffinity(0)) < threads:
        try:
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
        except OSError:
            pass  # the number returned says so
    return len(os.sched_getaffinity(0))


def loaded_libraries(*names):
    """The files mapped into this process whose name contains one of `names`."""
    found = set()
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        for line in file:
            path = line.rstrip("\n").partition("/")[2]
            if any(name in os.path.basename(path) for name in names):
                found.add("/" + path)
    return sorted(found)


def describe(torch, cores):
    """Everything that was tuned, as it is in this process."""
    wanted = best_environment()
    settings = {
        "threads": torch.get_num_threads(),
        "cores": cores,
        "aten_cpu_capability": os.environ.get("ATEN_CPU_CAPABILITY", "chosen by ATen"),
        "blas": loaded_libraries("blas"),
        "onednn": bool(torch.backends.mkldnn.is_available()),
        "flush_denormal": True,
        "environment": {name: os.environ.get(name) for name in sorted(wanted) + ["OMP_NUM_THREADS"]},
        "environment_not_as_tuned": sorted(name for name, value in wanted.items() if os.environ.get(name) != value),
    }
    if not any("openblas" in path for path in settings["blas"]):
        settings["warning"] = "the BLAS is not OpenBLAS, which is several times as fast: install libopenblas0-openmp"
    return settings

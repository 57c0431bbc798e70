"""How each benchmark begins: with its options, and what it runs on."""

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median


def describe(*packages: str) -> str:
    """Processor, cores, system, Python, and the versions of ``packages``."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = [f"{package} {_version(package)}" for package in packages]
    system = f"{platform.system()} {platform.release()}"
    return ", ".join([_processor(), f"{cores} cores", system, f"Python {platform.python_version()}", *versions])


def begin(*packages: str, **defaults: int) -> argparse.Namespace:
    """Reads the options of a benchmark, each a number, and prints what it runs on.

    Args:
        packages: The packages whose versions are printed.
        defaults: Option to its default.
    """
    refuse_without_bytecode()
    parser = argparse.ArgumentParser()
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    print(describe(*packages), flush=True)
    return options


def refuse_without_bytecode() -> None:
    """Ends the process when Python writes no bytecode: every import would be compiled anew, and every figure wrong."""
    if sys.dont_write_bytecode:
        sys.exit("bench: PYTHONDONTWRITEBYTECODE is set, which makes every import slow. Unset it and run again")


def spread(seconds: Sequence[float]) -> str:
    """Median, with the extremes."""
    return f"{median(seconds):.2f} ({min(seconds):.2f}-{max(seconds):.2f})"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"

"""How long a synthesis takes: batchwright against the same resources written with aws-cdk-lib's own constructs.

    make bench        or: python bench/synth.py [--runs 5] [--counts 1 10 100]

Whole processes, the two sides in turn within one run. To reach: at most 1.10 times the other side's time at 1 batch and
0.90 times at 100, although the library makes more; at most 18 ms a further batch.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from machine import describe, refuse_without_bytecode

from batchwright._node import choose_node

choose_node()  # the same one for both sides, which inherit it

HERE = Path(__file__).parent
SIDES = {"batchwright": HERE / "synth_ours.py", "aws-cdk-lib": HERE / "synth_l2.py"}
TARGETS = {1: 1.10, 100: 0.90}
PER_BATCH_MS = 18
ENVIRONMENT = {**os.environ, "CDK_VALIDATION": "false"}  # CDK's own validation costs both sides the same second


def main() -> None:
    """Measures and prints."""
    refuse_without_bytecode()
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 10, 100])
    options = parser.parse_args()
    print(describe("aws-cdk-lib", "jsii", "constructs"))
    print(f"median of {options.runs} whole processes, in turn; seconds (min-max)")
    print(f"{'batches':>8} {'batchwright':>22} {'aws-cdk-lib':>22} {'ratio':>6}  target")
    medians: dict[int, float] = {}
    for count in options.counts:
        times = measure(count, options.runs)
        ours, theirs = times["batchwright"], times["aws-cdk-lib"]
        ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
        medians[count] = median(ours)
        target = f"<= {TARGETS[count]:.2f}" if count in TARGETS else ""
        print(f"{count:>8} {spread(ours):>22} {spread(theirs):>22} {ratio:>6.2f}  {target}")
    if len(medians) > 1:
        low, high = min(medians), max(medians)
        further = (medians[high] - medians[low]) / (high - low) * 1000
        print(f"a further batch: {further:.1f} ms  (target <= {PER_BATCH_MS})")
    for side in SIDES:
        print(f"peak memory of {side} at {max(options.counts)}: {peak_memory(side, max(options.counts))}")


def measure(count: int, runs: int) -> dict[str, list[float]]:
    """Seconds of each side's runs, after one that is not counted."""
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    for n in range(runs + 1):
        for side in SIDES:
            started = time.perf_counter()
            synthesize(side, count)
            if n:
                times[side].append(time.perf_counter() - started)
    return times


def synthesize(side: str, count: int) -> None:
    """Runs one side once, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, SIDES[side], str(count), folder], check=True, cwd=folder, env=ENVIRONMENT)


def peak_memory(side: str, count: int) -> str:
    """Peak resident memory of the larger of a side's two processes, Python and Node."""
    code = f"import synth; synth.synthesize({side!r}, {count}); synth.report()"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=HERE)
    return done.stdout.strip()


def report() -> None:
    """Prints the peak of all children so far."""
    print(f"{resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


def spread(times: list[float]) -> str:
    """Median, with the extremes."""
    return f"{median(times):.2f} ({min(times):.2f}-{max(times):.2f})"


if __name__ == "__main__":
    main()

"""How long a synthesis takes: batchwright against the same resources written with aws-cdk-lib's own constructs.

    make bench        or: python bench/synth.py [--runs 7] [--counts 1 10 100]

Whole processes, the sides in turn within one run. Beside the time that passes stands the processors' time of Python and
Node together, which other programs on the machine change less. ``machines`` are batches that AWS starts, every night:
each has a state machine, its role and a schedule beside the rest.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from machine import describe, refuse_without_bytecode, spread
from runs import Took, measured

from batchwright_runner.contract.node import choose_node

choose_node()  # the same one for all sides, which inherit it

HERE = Path(__file__).parent
OURS, THEIRS = "batchwright", "aws-cdk-lib"
MACHINES = "machines"
SIDES = {OURS: ["synth_ours.py"], MACHINES: ["synth_ours.py", "aws"], THEIRS: ["synth_l2.py"]}
TARGETS = {1: 1.3, 100: 1.3}
PER_BATCH_MS = {OURS: 22, MACHINES: 30}
MEMORY_MIB = 240
ENVIRONMENT = {**os.environ, "CDK_VALIDATION": "false"}  # CDK's own validation costs all sides the same second


def main() -> None:
    """Measures and prints."""
    refuse_without_bytecode()
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 10, 100])
    options = parser.parse_args()
    print(describe("aws-cdk-lib", "jsii", "constructs"))
    print(f"median of {options.runs} whole processes, in turn (min-max); ratios to {THEIRS} by pairs")
    print(f"{'batches':>7} {'':12} {'seconds':>18} {'ratio':>6} {'CPU seconds':>18} {'ratio':>6} {'MiB':>5}")
    costs_by_count: dict[int, dict[str, list[Took]]] = {}
    for count in options.counts:
        costs = measure(count, options.runs)
        costs_by_count[count] = costs
        for side in SIDES:
            show(count, side, costs[side], costs[THEIRS])
    if len(costs_by_count) > 1:
        low, high = min(costs_by_count), max(costs_by_count)
        for side, target in PER_BATCH_MS.items():
            further = (cpu(costs_by_count[high][side]) - cpu(costs_by_count[low][side])) / (high - low) * 1000
            print(f"a further batch, {side}: {further:.1f} ms of CPU  (target <= {target})")
    for side in SIDES:
        print(f"calls into Node for a further batch, {side}: {(calls(SIDES[side], 3) - calls(SIDES[side], 1)) / 2:g}")


def show(count: int, side: str, costs: list[Took], theirs: list[Took]) -> None:
    """Prints the row of a side, and what it should be."""
    pairs = list(zip(costs, theirs, strict=True))
    ratio = median(ours.seconds / theirs.seconds for ours, theirs in pairs)
    of_cpu = median(ours.processor / theirs.processor for ours, theirs in pairs)
    memory = max(cost.memory for cost in costs)
    target = f"  (targets: <= {TARGETS[count]:.2f}, <= {MEMORY_MIB} MiB)" if side == OURS and count in TARGETS else ""
    print(
        f"{count:>7} {side:12} {spread([cost.seconds for cost in costs]):>18} {ratio:>6.2f} "
        f"{spread([cost.processor for cost in costs]):>18} {of_cpu:>6.2f} {memory:>5.0f}{target}",
        flush=True,
    )


def measure(count: int, runs: int) -> dict[str, list[Took]]:
    """What each side's runs took, after one that is not counted."""
    costs: dict[str, list[Took]] = {side: [] for side in SIDES}
    for n in range(runs + 1):
        for side, command in SIDES.items():
            cost = synthesize(command, count)
            if n:
                costs[side].append(cost)
    return costs


def synthesize(command: list[str], count: int, **more: str) -> Took:
    """Runs one side once, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        line = [sys.executable, str(HERE / command[0]), *command[1:], str(count), folder]
        return measured(line, folder, {**ENVIRONMENT, **more})


def calls(command: list[str], count: int) -> int:
    """How often Python speaks to Node, as jsii's own log tells it."""
    return sum(line.startswith("> ") for line in synthesize(command, count, JSII_DEBUG="1").err.splitlines())


def cpu(costs: list[Took]) -> float:
    """The median of the seconds of processors."""
    return median(cost.processor for cost in costs)


if __name__ == "__main__":
    main()

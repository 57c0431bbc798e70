"""The soak: ``python -m tests.soak``, from the repository's root."""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from tests.soak.checks import judge
from tests.soak.facts import RunFacts
from tests.soak.generate import generate
from tests.soak.play import play

RUNS = 200
AT_ONCE = 10
"""Runs at once for each core: nearly all of a run's time is waiting."""


@dataclass(frozen=True)
class Outcome:
    """A run that was played."""

    number: int
    trouble: int
    facts: RunFacts
    complaints: Sequence[str]


def main() -> int:
    """Plays the runs of the seeds, and prints a line for each seed.

    Returns:
        1 if something was wrong.
    """
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--seed", type=int, nargs="+", help="the seeds. Default: a random one")
    parser.add_argument("--runs", type=int, default=RUNS, help="runs of each seed. Default: %(default)s")
    parser.add_argument("--run", type=int, help="only the run of this number, with all that it did")
    parser.add_argument("--at-once", type=int, default=AT_ONCE * len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    seeds = options.seed or [SystemRandom().randrange(10_000)]
    if options.run is not None:
        return _one(seeds[0], options.run)
    return max([_soak(seed, options.runs, options.at_once) for seed in seeds])


def _soak(seed: int, runs: int, at_once: int) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, ThreadPoolExecutor(at_once) as pool:
        played = pool.map(lambda number: _play(seed, number, Path(folder)), range(runs))
        outcomes = []
        for outcome in played:
            outcomes.append(outcome)
            for line in _complaint(seed, outcome):
                print(line, flush=True)
    print(figures(seed, outcomes, time.monotonic() - began), flush=True)
    return int(any(outcome.complaints for outcome in outcomes))


def _one(seed: int, number: int) -> int:
    for line in generate(seed, number).describe():
        print(line)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        outcome = _play(seed, number, Path(folder))
    for line in story(outcome.facts):
        print(line)
    for line in outcome.complaints or ["as it should be"]:
        print(line)
    return int(bool(outcome.complaints))


def _play(seed: int, number: int, folder: Path) -> Outcome:
    plan = generate(seed, number)
    own = folder / str(number)
    own.mkdir()
    facts = play(plan, own)
    return Outcome(number, plan.trouble, facts, judge(facts))


def _complaint(seed: int, outcome: Outcome) -> Iterator[str]:
    if outcome.complaints:
        yield f"seed {seed}, run {outcome.number}:"
        yield from (f"    {line}" for line in outcome.complaints)
        yield from (f"    | {line}" for line in generate(seed, outcome.number).describe())
        yield from (f"    : {line}" for line in story(outcome.facts))
        yield f"    again: make soak SEED={seed} RUN={outcome.number}"


def figures(seed: int, outcomes: Sequence[Outcome], seconds: float) -> str:
    """The line of a seed. Pure but for the machine's load."""
    commands = [command for outcome in outcomes for command in outcome.facts.commands]
    codes = Counter("killed" if one.killed else str(one.code) for one in commands)
    shown = " ".join(f"{code}:{count}" for code, count in sorted(codes.items(), key=lambda item: (-item[1], item[0])))
    lines = sum(len(one.out.splitlines()) for one in commands if one.out is not None)
    wrong = sum(bool(outcome.complaints) for outcome in outcomes)
    trouble = sum(outcome.trouble for outcome in outcomes)
    return (
        f"seed {seed}: {len(outcomes)} runs, {wrong} wrong; {len(commands)} commands by code {shown}; "
        f"{trouble} faults, {lines} lines, {seconds:.0f} s, load {os.getloadavg()[0]:.1f}"
    )


def story(facts: RunFacts) -> Iterator[str]:
    """All that happened, in the order of time."""
    begin = min((command.began for command in facts.commands), default=0.0)
    events: list[tuple[float, str]] = []
    for task in facts.tasks:
        name = f"task {task.id[:8]} of {task.run}"
        events += [(task.created, f"{name} created"), (task.started, f"{name} begins")]
        events += [(task.stopped_at, f"{name} stopped by {task.stopper}")]
        events += [(task.ended, f"{name} ends: {task.cause}, code {task.exit_code}, {len(task.lines)} lines")]
        events += [(task.shown, f"{name} is shown ended")]
    for command in facts.commands:
        events += [(command.began, f"{command.name} begins"), (command.exited, f"{command.name} exits: {command.code}")]
        events += [(signal.at, f"{command.name} gets signal {signal.number}") for signal in command.signals]
        events += [(call.at, f"{command.name}: {call.operation} {call.outcome}".rstrip()) for call in command.calls]
    yield from (f"{at - begin:8.2f} {text}" for at, text in sorted(events) if at < float("inf"))
    for command in facts.commands:
        yield f"--- {command.name}: {len((command.out or b'').splitlines())} lines on stdout; stderr:"
        yield command.err or "(not seen)"


if __name__ == "__main__":
    sys.exit(main())

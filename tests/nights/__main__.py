"""Nights: ``python -m tests.nights``, from the repository's root."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from tests.nights.checks import judge
from tests.nights.facts import NightFacts
from tests.nights.generate import generate
from tests.nights.plan import Night
from tests.nights.play import end_all, play

NIGHTS = 25
AT_ONCE = 13
"""Nights at once for each core: nearly all of a night's time is waiting."""


@dataclass(frozen=True)
class Outcome:
    """A night that was played."""

    night: Night
    facts: NightFacts
    complaints: Sequence[str]


def main() -> int:
    """Plays the nights of the seeds, and prints a line for each seed.

    Returns:
        1 if something was wrong.
    """
    parser = argparse.ArgumentParser(prog="make nights")
    parser.add_argument("--seed", type=int, nargs="+", help="the seeds. Default: a random one")
    parser.add_argument("--nights", type=int, default=NIGHTS, help="nights of each seed. Default: %(default)s")
    parser.add_argument("--night", type=int, help="only the night of this number, with all that it did")
    parser.add_argument("--at-once", type=int, default=AT_ONCE * len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    seeds = options.seed or [SystemRandom().randrange(10_000)]
    if options.night is not None:
        return _one(generate(seeds[0], options.night))
    return max([_nights(seed, options.nights, options.at_once) for seed in seeds])


def _leave(number: int, frame: object) -> None:
    del frame
    end_all()
    os._exit(128 + number)


def _nights(seed: int, nights: int, at_once: int) -> int:
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nights-") as folder, ThreadPoolExecutor(at_once) as pool:
        planned = [generate(seed, number) for number in range(nights)]
        outcomes = []
        for outcome in pool.map(lambda night: _play(night, Path(folder)), planned):
            outcomes.append(outcome)
            for line in _complaint(outcome):
                print(line, flush=True)
    print(figures(seed, outcomes, time.monotonic() - began), flush=True)
    return int(any(outcome.complaints for outcome in outcomes))


def _one(night: Night) -> int:
    with tempfile.TemporaryDirectory(prefix="nights-") as folder:
        outcome = _play(night, Path(folder))
    for line in (*night.describe(), *story(outcome.facts), *(outcome.complaints or ["as it should be"])):
        print(line)
    return int(bool(outcome.complaints))


def _play(night: Night, folder: Path) -> Outcome:
    own = folder / str(night.number)
    own.mkdir()
    facts = play(night, own)
    return Outcome(night, facts, judge(facts))


def _complaint(outcome: Outcome) -> Iterator[str]:
    if outcome.complaints:
        night = outcome.night
        yield f"seed {night.seed}, night {night.number}:"
        yield from (f"    {line}" for line in outcome.complaints)
        yield from (f"    | {line}" for line in night.describe())
        yield from (f"    : {line}" for line in story(outcome.facts))
        yield f"    again: make nights SEED={night.seed} NIGHT={night.number}"


def figures(seed: int, outcomes: Sequence[Outcome], seconds: float) -> str:
    """The line of a seed. Pure but for the machine's load."""
    nights = [outcome.night for outcome in outcomes]
    codes = Counter(
        "killed" if seen.fact.killed else str(seen.fact.code) for outcome in outcomes for seen in outcome.facts.observed
    )
    shown = " ".join(f"{code}:{count}" for code, count in sorted(codes.items(), key=lambda item: (-item[1], item[0])))
    return (
        f"seed {seed}: {len(nights)} nights, {sum(night.runs for night in nights)} runs, "
        f"{sum(night.observers for night in nights)} observers, {sum(len(night.blips) for night in nights)} blips, "
        f"{sum(bool(outcome.complaints) for outcome in outcomes)} wrong; by code {shown}; "
        f"{seconds:.0f} s, load {os.getloadavg()[0]:.1f}"
    )


def story(facts: NightFacts) -> Iterator[str]:
    """All that happened, in the order of time."""
    begin = min((seen.fact.began for seen in facts.observed), default=0.0)
    events: list[tuple[float, str]] = []
    for name, batch in facts.batches.items():
        for task in batch.tasks:
            what = f"{name}'s task {task.id[:8]} of {task.run}"
            events += [(task.created, f"{what} created"), (task.started, f"{what} begins")]
            events += [(task.stopped_at, f"{what} stopped by {task.stopper}")]
            events += [(task.ended, f"{what} ends: {task.cause}, code {task.exit_code}")]
        for one in batch.executions:
            events += [(one.began, f"{name}'s execution {one.run} begins"), (one.ended, f"{one.run} ends: {one.error}")]
    for seen in facts.observed:
        fact, what = seen.fact, f"{seen.name} {seen.command.verb}"
        events += [(fact.began, f"{what} begins"), (fact.exited, f"{what} exits: {fact.code}")]
        events += [(sent.at, f"{what} gets signal {sent.number}") for sent in fact.signals]
        events += [(call.at, f"{what}: {call.operation} {call.outcome}".rstrip()) for call in fact.calls]
    yield from (f"{at - begin:8.2f} {text}" for at, text in sorted(events) if at < float("inf"))
    for seen in facts.observed:
        yield f"--- {seen.name}, {' '.join(seen.command.words)}; stderr:"
        yield from (seen.fact.err or "(nothing)").splitlines()


if __name__ == "__main__":
    sys.exit(main())

"""What soak and nights share: seeds on the command line, plays at once, and what is printed of what went wrong."""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Generic, Protocol, TypeVar

from tests.soak.facts import CommandFact, TaskFact


class Described(Protocol):
    """A plan that says for people what it is."""

    def describe(self) -> Iterable[str]: ...


Plan = TypeVar("Plan", bound=Described)
Facts = TypeVar("Facts")


@dataclass(frozen=True)
class Outcome(Generic[Plan, Facts]):
    """A plan that was played."""

    number: int
    plan: Plan
    facts: Facts
    complaints: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Seeded(Generic[Plan, Facts]):
    """A seeded tester.

    Attributes:
        name: Its target of make.
        unit: What one play is called.
        count: Plays of each seed.
        at_once: Plays at once for each core: nearly all of a play's time is waiting.
        generate: Makes the plan of a seed and a number.
        play: Plays it in a folder.
        judge: Tells what was wrong.
        story: All that happened, in the order of time.
        figures: What is printed of a seed.
    """

    name: str
    unit: str
    count: int
    at_once: int
    generate: Callable[[int, int], Plan]
    play: Callable[[Plan, Path], Facts]
    judge: Callable[[Facts], Sequence[str]]
    story: Callable[[Facts], Iterable[str]]
    figures: Callable[[Sequence[Outcome[Plan, Facts]]], str]

    def main(self) -> int:
        """Plays the seeds, and prints a line for each.

        Returns:
            1 if something was wrong.
        """
        unit, cores = self.unit, len(os.sched_getaffinity(0))
        parser = argparse.ArgumentParser(prog=f"make {self.name}")
        parser.add_argument("--seed", type=int, nargs="+", help="the seeds. Default: a random one")
        parser.add_argument(f"--{unit}s", type=int, default=self.count, help=f"{unit}s of each seed (%(default)s)")
        parser.add_argument(f"--{unit}", type=int, help=f"only the {unit} of this number, with all that it did")
        parser.add_argument("--at-once", type=int, default=self.at_once * cores)
        options = vars(parser.parse_args())
        seeds = options["seed"] or [SystemRandom().randrange(10_000)]
        if options[unit] is not None:
            return self._one(seeds[0], options[unit])
        return max([self._all(seed, options[f"{unit}s"], options["at_once"]) for seed in seeds])

    def _all(self, seed: int, count: int, at_once: int) -> int:
        began, outcomes = time.monotonic(), []
        with tempfile.TemporaryDirectory(prefix=f"{self.name}-") as folder, ThreadPoolExecutor(at_once) as pool:
            for outcome in pool.map(lambda number: self._play(seed, number, Path(folder)), range(count)):
                outcomes.append(outcome)
                for line in self._complaint(seed, outcome):
                    print(line, flush=True)
        took, load = time.monotonic() - began, os.getloadavg()[0]
        print(f"seed {seed}: {self.figures(outcomes)}; {took:.0f} s, load {load:.1f}", flush=True)
        return int(any(outcome.complaints for outcome in outcomes))

    def _one(self, seed: int, number: int) -> int:
        with tempfile.TemporaryDirectory(prefix=f"{self.name}-") as folder:
            outcome = self._play(seed, number, Path(folder))
        wrong = outcome.complaints or ["as it should be"]
        print(*outcome.plan.describe(), *self.story(outcome.facts), *wrong, sep="\n")
        return int(bool(outcome.complaints))

    def _play(self, seed: int, number: int, folder: Path) -> Outcome[Plan, Facts]:
        plan, own = self.generate(seed, number), folder / str(number)
        own.mkdir()
        facts = self.play(plan, own)
        return Outcome(number, plan, facts, self.judge(facts))

    def _complaint(self, seed: int, outcome: Outcome[Plan, Facts]) -> Iterator[str]:
        if outcome.complaints:
            yield f"seed {seed}, {self.unit} {outcome.number}:"
            yield from (f"    {line}" for line in outcome.complaints)
            yield from (f"    | {line}" for line in outcome.plan.describe())
            yield from (f"    : {line}" for line in self.story(outcome.facts))
            yield f"    again: make {self.name} SEED={seed} {self.unit.upper()}={outcome.number}"


def codes(commands: Iterable[CommandFact]) -> str:
    """Exit codes with how often they came: ``0:12 143:3``."""
    found = Counter("killed" if one.killed else str(one.code) for one in commands)
    return " ".join(f"{code}:{count}" for code, count in sorted(found.items(), key=lambda item: (-item[1], item[0])))


Event = tuple[float, str]


def of_task(name: str, task: TaskFact) -> Iterator[Event]:
    """When something happened to a task, and what."""
    what = f"{name} {task.id[:8]} of {task.run}"
    yield from ((task.created, f"{what} created"), (task.started, f"{what} begins"))
    yield task.stopped_at, f"{what} stopped by {task.stopper}"
    yield task.ended, f"{what} ends: {task.cause}, code {task.exit_code}, {len(task.lines)} lines"


def of_command(name: str, command: CommandFact) -> Iterator[Event]:
    """The same of a command."""
    yield from ((command.began, f"{name} begins"), (command.exited, f"{name} exits: {command.code}"))
    yield from ((signal.at, f"{name} gets signal {signal.number}") for signal in command.signals)
    yield from ((call.at, f"{name}: {call.operation} {call.outcome}".rstrip()) for call in command.calls)


def in_order(commands: Iterable[CommandFact], events: Iterable[Event]) -> Iterator[str]:
    """What happened, in seconds since the first command began."""
    begin = min((command.began for command in commands), default=0.0)
    yield from (f"{at - begin:8.2f} {text}" for at, text in sorted(events) if at < float("inf"))

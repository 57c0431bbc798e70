"""Seeded testers: seeds on the command line, plays at once, and what is printed of what went wrong."""

import argparse
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Generic, Protocol, TypeVar

from tests.soak.facts import CommandFact, Facts, TaskFact
from tests.soak.plan import Plan


class Described(Protocol):
    """A plan that says for people what it is."""

    def describe(self) -> Iterable[str]: ...


PlanT = TypeVar("PlanT", bound=Described)
FactsT = TypeVar("FactsT")


@dataclass(frozen=True)
class Outcome(Generic[PlanT, FactsT]):
    """A plan that was played."""

    number: int
    plan: PlanT
    facts: FactsT
    complaints: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Seeded(Generic[PlanT, FactsT]):
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
        leave: Ends what would go on, where somebody ends the tester.
    """

    name: str
    unit: str
    count: int
    at_once: int
    generate: Callable[[int, int], PlanT]
    play: Callable[[PlanT, Path], FactsT]
    judge: Callable[[FactsT], Sequence[str]]
    story: Callable[[FactsT], Iterable[str]]
    figures: Callable[[Sequence[Outcome[PlanT, FactsT]]], str]
    leave: Callable[[], None] = lambda: None

    def main(self) -> int:
        """Plays the seeds, and prints a line for each.

        Returns:
            1 if something was wrong.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._leave)
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
        wrong = sum(bool(outcome.complaints) for outcome in outcomes)
        played = f"{len(outcomes)} {self.unit}s, {wrong} wrong; {self.figures(outcomes)}"
        print(f"seed {seed}: {played}; {took:.0f} s, load {load:.1f}", flush=True)
        return int(bool(wrong))

    def _one(self, seed: int, number: int) -> int:
        with tempfile.TemporaryDirectory(prefix=f"{self.name}-") as folder:
            outcome = self._play(seed, number, Path(folder))
        wrong = outcome.complaints or ["as it should be"]
        print(*outcome.plan.describe(), *self.story(outcome.facts), *wrong, sep="\n")
        return int(bool(outcome.complaints))

    def _leave(self, number: int, frame: object) -> None:
        del frame
        self.leave()
        os._exit(128 + number)

    def _play(self, seed: int, number: int, folder: Path) -> Outcome[PlanT, FactsT]:
        plan, own = self.generate(seed, number), folder / str(number)
        own.mkdir()
        facts = self.play(plan, own)
        return Outcome(number, plan, facts, self.judge(facts))

    def _complaint(self, seed: int, outcome: Outcome[PlanT, FactsT]) -> Iterator[str]:
        if outcome.complaints:
            yield f"seed {seed}, {self.unit} {outcome.number}:"
            yield from (f"    {line}" for line in outcome.complaints)
            yield from (f"    | {line}" for line in outcome.plan.describe())
            yield from (f"    : {line}" for line in self.story(outcome.facts))
            yield f"    again: make {self.name} SEED={seed} {self.unit.upper()}={outcome.number}"


def figures(outcomes: Sequence[Outcome[Plan, Facts]]) -> str:
    """What is printed of a seed: among others exit codes with how often they came, ``0:12 143:3``."""
    plans = [outcome.plan for outcome in outcomes]
    commands = [seen.fact for outcome in outcomes for seen in outcome.facts.observed]
    counts = Counter("killed" if command.killed else str(command.code) for command in commands)
    codes = " ".join(f"{code}:{count}" for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    runs, trouble = (sum(figure) for figure in zip(*((plan.runs, plan.trouble) for plan in plans), strict=True))
    lines = sum(len((command.out or b"").splitlines()) for command in commands)
    return f"{runs} runs, {len(commands)} commands by code {codes}; {trouble} faults, {lines} lines"


Event = tuple[float, str]


def story(facts: Facts) -> Iterator[str]:
    """All that happened, in seconds since the first command began; and what the commands printed."""
    events: list[Event] = []
    for name, batch in facts.batches.items():
        for task in batch.tasks:
            events += _of_task(f"{name}'s task", task)
        for execution in batch.executions:
            events.append((execution.began, f"{name}'s execution {execution.run} begins"))
            events.append((execution.ended, f"{execution.run} ends: {execution.error}"))
    for seen in facts.observed:
        events += _of_command(f"{seen.name} {seen.command.verb}", seen.fact)
    begin = min((seen.fact.began for seen in facts.observed), default=0.0)
    yield from (f"{at - begin:8.2f} {text}" for at, text in sorted(events) if at < float("inf"))
    for seen in facts.observed:
        lines = len((seen.fact.out or b"").splitlines())
        yield f"--- {seen.name}, {' '.join(seen.command.words)}: {lines} lines on stdout; stderr:"
        yield from (seen.fact.err or "(not seen)").splitlines()


def _of_task(name: str, task: TaskFact) -> Iterator[Event]:
    """When something happened to a task, and what."""
    subject = f"{name} {task.id[:8]} of {task.run}"
    yield from ((task.created, f"{subject} created"), (task.started, f"{subject} begins"))
    yield task.stopped_at, f"{subject} stopped by {task.stopper}"
    yield task.ended, f"{subject} ends: {task.cause}, code {task.exit_code}, {len(task.lines)} lines"
    yield task.shown, f"{subject} is shown ended"


def _of_command(name: str, command: CommandFact) -> Iterator[Event]:
    """The same of a command."""
    yield from ((command.began, f"{name} begins"), (command.exited, f"{name} exits: {command.code}"))
    yield from ((sent.at, f"{name} gets signal {sent.number}") for sent in command.signals)
    yield from ((call.at, f"{name}: {call.operation} {call.outcome}".rstrip()) for call in command.calls)

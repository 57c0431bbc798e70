"""Backfills that are interrupted at random, on a clock of their own: ``python -m tests.soak.backfill``."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from batchwright_runner.contract.missed.judge import judge as judged
from batchwright_runner.contract.schedules.schedule import from_text
from batchwright_runner.host.backfill.end import DueEnd
from tests.kit.due_world import GOOD, Happened, Killed, World
from tests.soak.seeded import Outcome, Seeded

FAILURES = (1, 3, 124)
COMMANDS = 60
"""Commands that are given at most: by then each due time has succeeded."""
SCHEDULES = ("30 2 * * * Asia/Tokyo", "30 2 * * * Europe/Berlin", "0 */6 * * * UTC", "15 1,13 * * * America/New_York")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A backfill, decided: its command, of a hundred runs how many fail, how long they take (in seconds), how late ECS
    shows one, and how late the schedule's own runs are; none where no one starts them.
    """

    seed: str
    schedule: str
    begin: float
    first: date
    last: date
    keep_going: bool
    failing: int
    takes: float
    listed: float
    late: float | None

    def describe(self) -> Iterator[str]:
        """What it is, for people."""
        yield str(self)


@dataclass(frozen=True)
class Facts:
    """What came of it: the runs, the table of each command that was not killed, and how each command ended; the due
    times whose run was refused for another one, those of which the stage says that they did not run, and all notes.
    """

    plan: Plan
    runs: Sequence[Happened]
    tables: Sequence[Sequence[DueEnd]]
    commands: Sequence[str]
    swallowed: Sequence[float]
    missed: Sequence[float]
    notes: Sequence[str]


def generate(seed: int, number: int) -> Plan:
    """The plan of a seed and a number."""
    name = f"{seed}/{number}"
    chance = Random(name)
    begin = datetime(2026, chance.choice([3, 10, 11]), chance.randint(20, 29), tzinfo=UTC).timestamp()
    begin += chance.uniform(0, 86_400)
    last = datetime.fromtimestamp(begin, UTC).date() - timedelta(days=chance.randint(1, 3))
    return Plan(
        seed=name,
        schedule=chance.choice(SCHEDULES),
        begin=begin,
        first=last - timedelta(days=chance.randint(0, 6)),
        last=last,
        keep_going=chance.random() < 0.4,
        failing=chance.choice([0, 0, 20, 50]),
        takes=chance.choice([30.0, 600.0, 3600.0]),
        listed=chance.choice([0.0, 2.0, 8.0]),
        late=chance.choice([None, 0.0, 90.0]),
    )


def play(plan: Plan, folder: Path | None = None) -> Facts:
    """The same command, given until each due time has succeeded, and interrupted at random meanwhile."""
    del folder
    chance = Random(f"{plan.seed}/play")

    def takes() -> tuple[float, int]:
        code = chance.choice(FAILURES) if chance.randrange(100) < plan.failing else GOOD
        return plan.takes * chance.uniform(0.5, 1.6), code

    world = World(plan.begin, from_text(plan.schedule), takes=takes, nights=plan.late, listed=plan.listed)
    tables: list[list[DueEnd]] = []
    commands: list[str] = []
    for number in range(COMMANDS):
        rest = number > COMMANDS // 2  # the second half goes undisturbed
        way = chance.choice(["killed", "signal", "whole"]) if not rest else "whole"
        after = world.time + chance.choice([0.5, 1.5, 4.0, plan.takes, plan.takes * chance.uniform(0, 5)])
        world.kill = after if way == "killed" else None
        world.signal = after if way == "signal" else None
        try:
            ends = world.command(plan.first, plan.last, keep_going=plan.keep_going)
        except Killed:
            commands.append("killed")
        else:
            tables.append(ends)
            commands.append("signal" if world.signals else "whole")
            if all(end.state in ("succeeded", "left out") for end in ends):
                break
        world.kill = world.signal = None
        world.wait(chance.choice([0.1, 3.0, 700.0]))
        if rest and number > COMMANDS - 10:
            world.takes = lambda: (plan.takes, GOOD)
    world.kill = world.signal = None
    world.wait(3600.0 + 3 * plan.takes)
    watched, blind = world.known()
    lapses = judged(watched, blind, plan.begin, world.time).findings
    missed = [lapse.due.timestamp() for lapse in lapses if lapse.kind == "missed" and lapse.due is not None]
    return Facts(plan, world.runs, tables, commands, world.swallowed, missed, world.notes)


def judge(facts: Facts) -> list[str]:
    """What was wrong."""
    return list(_wrong(facts))


def _wrong(facts: Facts) -> Iterator[str]:
    ours = [run for run in facts.runs if run.backfill]
    good = Counter(run.due for run in ours if run.code == GOOD)
    yield from (f"due {_at(due)} has succeeded {count} times" for due, count in good.items() if count > 1)
    ids = Counter(run.id for run in facts.runs)
    yield from (f"{count} runs are called {name}" for name, count in ids.items() if count > 1)
    for end in facts.tables[-1]:
        if good[end.planned.due.timestamp()] != 1:
            yield f"due {end.planned.name} has not succeeded, and no command is left"
    yield from (f"two runs at once: {earlier.id} and {later.id}" for earlier, later in _at_once(facts.runs))
    for end in (end for table in facts.tables for end in table):
        run = next((run for run in ours if run.id == end.run), None)
        if end.run and (run is None or (run.code == GOOD) != (end.state == "succeeded")):
            yield f"the table says of {end.planned.name}: {end.word}, and its run {end.run} ended otherwise"
    silent = [due for due in facts.swallowed if due not in facts.missed]
    yield from (f"the run due at {_at(due)} was refused, and nobody says so" for due in silent)


def _at_once(runs: Sequence[Happened]) -> Iterator[tuple[Happened, Happened]]:
    in_order = sorted(runs, key=lambda run: run.began)
    return ((earlier, later) for earlier, later in pairwise(in_order) if later.began < earlier.ends)


def _at(due: float) -> str:
    return f"{datetime.fromtimestamp(due, UTC):%Y-%m-%d %H:%M}Z"


def story(facts: Facts) -> Iterator[str]:
    """All that happened."""
    yield f"commands: {', '.join(facts.commands)}"
    for run in sorted(facts.runs, key=lambda run: run.began):
        yield f"{_at(run.began)} {run.id} for {_at(run.due)}, until {_at(run.ends)}, code {run.code}"
    yield from facts.notes


def figures(outcomes: Sequence[Outcome[Plan, Facts]]) -> str:
    """What is printed of a seed."""
    commands = Counter(command for outcome in outcomes for command in outcome.facts.commands)
    runs = sum(len(outcome.facts.runs) for outcome in outcomes)
    swallowed = sum(len(outcome.facts.swallowed) for outcome in outcomes)
    counts = " ".join(f"{name}:{count}" for name, count in commands.most_common())
    return f"commands {counts}; {runs} starts, {swallowed} refused"


SOAK = Seeded(
    name="soak-backfill",
    unit="run",
    count=2000,
    at_once=1,
    generate=generate,
    play=play,
    judge=judge,
    story=story,
    figures=figures,
)

if __name__ == "__main__":
    sys.exit(SOAK.main())

"""The soak: ``python -m tests.soak``, from the repository's root."""

import sys
from collections.abc import Iterator, Sequence

from tests.soak.checks import judge
from tests.soak.facts import RunFacts
from tests.soak.generate import generate
from tests.soak.plan import Plan
from tests.soak.play import play
from tests.soak.seeded import Event, Outcome, Seeded, codes, in_order, of_command, of_task


def figures(outcomes: Sequence[Outcome[Plan, RunFacts]]) -> str:
    """What is printed of a seed."""
    commands = [command for outcome in outcomes for command in outcome.facts.commands]
    lines = sum(len(one.out.splitlines()) for one in commands if one.out is not None)
    wrong = sum(bool(outcome.complaints) for outcome in outcomes)
    trouble = sum(outcome.plan.trouble for outcome in outcomes)
    return (
        f"{len(outcomes)} runs, {wrong} wrong; {len(commands)} commands by code {codes(commands)}; "
        f"{trouble} faults, {lines} lines"
    )


def story(facts: RunFacts) -> Iterator[str]:
    """All that happened, in the order of time."""
    events: list[Event] = []
    for task in facts.tasks:
        events += [*of_task("task", task), (task.shown, f"task {task.id[:8]} of {task.run} is shown ended")]
    for command in facts.commands:
        events += of_command(command.name, command)
    yield from in_order(facts.commands, events)
    for command in facts.commands:
        yield f"--- {command.name}: {len((command.out or b'').splitlines())} lines on stdout; stderr:"
        yield command.err or "(not seen)"


SOAK = Seeded(
    name="soak",
    unit="run",
    count=200,
    at_once=10,
    generate=generate,
    play=play,
    judge=judge,
    story=story,
    figures=figures,
)

if __name__ == "__main__":
    sys.exit(SOAK.main())

"""Nights: ``python -m tests.nights``, from the repository's root."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence

from tests.nights.checks import judge
from tests.nights.facts import NightFacts
from tests.nights.generate import generate
from tests.nights.plan import Night
from tests.nights.play import end_all, play
from tests.soak.seeded import Event, Outcome, Seeded, codes, in_order, of_command, of_task


def figures(outcomes: Sequence[Outcome[Night, NightFacts]]) -> str:
    """What is printed of a seed."""
    nights = [outcome.plan for outcome in outcomes]
    commands = [seen.fact for outcome in outcomes for seen in outcome.facts.observed]
    return (
        f"{len(nights)} nights, {sum(night.runs for night in nights)} runs, "
        f"{sum(night.observers for night in nights)} observers, {sum(len(night.blips) for night in nights)} blips, "
        f"{sum(bool(outcome.complaints) for outcome in outcomes)} wrong; by code {codes(commands)}"
    )


def story(facts: NightFacts) -> Iterator[str]:
    """All that happened, in the order of time."""
    events: list[Event] = []
    for name, batch in facts.batches.items():
        for task in batch.tasks:
            events += of_task(f"{name}'s task", task)
        for one in batch.executions:
            events += [(one.began, f"{name}'s execution {one.run} begins"), (one.ended, f"{one.run} ends: {one.error}")]
    for seen in facts.observed:
        events += of_command(f"{seen.name} {seen.command.verb}", seen.fact)
    yield from in_order([seen.fact for seen in facts.observed], events)
    for seen in facts.observed:
        yield f"--- {seen.name}, {' '.join(seen.command.words)}; stderr:"
        yield from (seen.fact.err or "(nothing)").splitlines()


NIGHTS = Seeded(
    name="nights",
    unit="night",
    count=25,
    at_once=13,
    generate=generate,
    play=play,
    judge=judge,
    story=story,
    figures=figures,
)


def _leave(number: int, frame: object) -> None:
    del frame
    end_all()
    os._exit(128 + number)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    sys.exit(NIGHTS.main())

"""Backfills that are interrupted at random: each due time has succeeded once, or the table says that it has not."""

from dataclasses import replace

import pytest

from tests.kit.due_world import GOOD
from tests.soak.backfill import figures, generate, judge, play, story
from tests.soak.seeded import Outcome

SEED = 35


@pytest.mark.parametrize("number", range(40))
def test_each_due_time_has_succeeded_once(number: int) -> None:
    facts = play(generate(SEED, number))

    assert judge(facts) == [], "\n".join(story(facts))
    assert figures([Outcome(number, facts.plan, facts, [])]).startswith("commands ")


def test_what_is_wrong_is_seen() -> None:
    facts = play(generate(SEED, 0))
    first = next(run for run in facts.runs if run.backfill and run.code == GOOD)
    once_more = replace(first, id="due-once-more")
    others = [run for run in facts.runs if run is not first]

    for wrong, expected in (
        (replace(facts, runs=[*facts.runs, once_more]), ["has succeeded 2 times", "two runs at once"]),
        (replace(facts, runs=[*facts.runs, first]), [f"2 runs are called {first.id}"]),
        (replace(facts, runs=others), ["has not succeeded, and no command is left"]),
        (replace(facts, runs=[replace(first, code=3), *others]), ["the table says of"]),
        (replace(facts, swallowed=[0.0]), ["was refused, and nobody says so"]),
    ):
        complaints = "\n".join(judge(wrong))
        assert [complaint for complaint in expected if complaint not in complaints] == []

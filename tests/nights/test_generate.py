"""A seed and a number always give the same night, and all that may happen is among the nights."""

from collections.abc import Sequence

import pytest

from tests.nights.generate import SHARED, generate
from tests.nights.plan import SERVICES, Night

Nights = Sequence[Night]


@pytest.fixture(scope="module")
def some() -> Nights:
    return [generate(1, number) for number in range(150)]


def test_a_night_can_be_made_again_and_does_not_depend_on_those_before_it(some: Nights) -> None:
    assert generate(1, 100) == some[100]
    assert generate(2, 100) != some[100]


def test_a_seed_has_about_a_hundred_runs(some: Nights) -> None:
    assert 90 < sum(night.runs for night in some) / 6 < 130


def test_all_kinds_of_events_come_up(some: Nights) -> None:
    commands = [command for night in some for command in (*night.commands, *night.last)]
    manifests = [batch.manifest for night in some for batch in night.batches]

    assert {step.do for night in some for step in night.steps} == {
        "start", "signal", "kill", "execute", "renew", "late", "in time",
    }  # fmt: skip
    assert {command.verb for command in commands} == {
        "run", "attach", "stop", "logs", "runs", "pause", "resume", "list",
    }  # fmt: skip
    assert {command.foreign for command in commands} == {"", "settings", "project", "link"}
    assert {manifest["overlap"] for manifest in manifests} == {"allow", "forbid", "wait"}
    assert {blip.service for night in some for blip in night.blips} == SERVICES.keys()
    assert any(command.detach for command in commands)
    assert any("-e" in command.more for command in commands)
    assert any(night.quota for night in some)


def test_services_fail_within_ten_seconds_of_a_start(some: Nights) -> None:
    for night in some:
        starts = [0.0, *(step.at for step in night.steps if step.do == "start")]
        for blip in night.blips:
            assert any(at <= blip.at and blip.at + blip.seconds <= at + 10.001 for at in starts), night.number


def test_several_batches_share_an_id(some: Nights) -> None:
    for night in some:
        named = {step.who for step in night.steps if step.do == "execute" and step.run == SHARED}
        named |= {command.batch for command in night.commands if command.verb == "run" and command.run == SHARED}
        assert len(named) > 1


def test_a_night_is_described_in_lines_that_name_its_commands(some: Nights) -> None:
    text = "\n".join(some[0].describe())

    assert all(f"command {command.name}: {command.verb} " in text for command in some[0].commands)

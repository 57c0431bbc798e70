"""How long a run waits for another, and how often it looks."""

import pytest

from batchwright_runner.host.fargate.queue import PAUSES, SETTLED, pause_after
from tests.fake_aws.fixtures import sample_manifest


@pytest.mark.parametrize(("declared", "limit"), [(0, 1800), (60, 60)])
def test_it_waits_as_long_as_is_declared_or_as_the_batch_may_take(declared: int, limit: int) -> None:
    manifest = sample_manifest(overlap="wait", overlap_wait_seconds=declared)

    assert manifest.at_once.longest == limit


def test_who_has_waited_longer_looks_less_often() -> None:
    pauses = [pause_after(waited, lambda: 0.5) for waited in (0, SETTLED / 2, SETTLED, 100 * SETTLED)]

    assert pauses == [PAUSES[0], sum(PAUSES) / 2, PAUSES[1], PAUSES[1]]


def test_two_that_wait_equally_long_do_not_look_at_once() -> None:
    assert pause_after(0, lambda: 0.0) < pause_after(0, lambda: 0.9)

from email.utils import formatdate

from hypothesis import given
from hypothesis import strategies as st

from batchwright_runner.host.fargate.tasks import HEARD, AwsClock

LONGEST_WAY = 0.5


def answer(at: float) -> dict[str, object]:
    """An answer of AWS at that time; its date is cut to the second, as HTTP has it."""
    return {"ResponseMetadata": {"HTTPHeaders": {"date": formatdate(int(at), usegmt=True)}}}


class Here:
    """A clock of this host; AWS's shows 1000 more."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time

    @property
    def true(self) -> float:
        return 1000.0 + self.time


def shown(clock: AwsClock) -> float:
    now = clock.now()
    assert now is not None
    return now


def test_nothing_is_known_before_an_answer_with_a_date() -> None:
    clock = AwsClock(Here())
    clock.hear({})

    assert clock.now() is None


@given(st.lists(st.tuples(st.floats(0.01, 20), st.floats(0, LONGEST_WAY)), min_size=1, max_size=100))
def test_it_is_never_ahead_and_never_more_behind_than_a_date_and_its_way(steps: list[tuple[float, float]]) -> None:
    here = Here()
    clock = AwsClock(here)
    for pause, way in steps:
        here.time += pause
        heard = answer(here.true)
        here.time += way
        clock.hear(heard)

        assert here.true - 1 - LONGEST_WAY - 1e-6 <= shown(clock) <= here.true + 1e-6


def test_many_answers_tell_it_to_a_tenth_of_a_second() -> None:
    here = Here()
    clock = AwsClock(here)
    for _ in range(20):
        here.time += 0.85
        clock.hear(answer(here.true))

    assert here.true - 0.1 <= shown(clock) <= here.true


def test_a_single_wrong_date_is_not_taken() -> None:
    here = Here()
    clock = AwsClock(here)
    for at in (here.true, 9999.0):
        clock.hear(answer(at))

    assert here.true - 1 <= shown(clock) <= here.true


def test_wrong_dates_are_forgotten() -> None:
    here = Here()
    clock = AwsClock(here)
    for at in (9999.0, 9998.0):
        clock.hear(answer(at))
    for _ in range(HEARD):
        here.time += 0.85
        clock.hear(answer(here.true))

    assert shown(clock) <= here.true

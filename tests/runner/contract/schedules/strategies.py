"""Schedules for property tests."""

from hypothesis import strategies as st

from batchwright_runner.contract.schedules import cron
from batchwright_runner.contract.schedules.schedule import CronSchedule


def _some(whole: tuple[int, ...], size: int = 8) -> st.SearchStrategy[tuple[int, ...]]:
    numbers = st.sets(st.sampled_from(whole), min_size=1, max_size=size)
    steps = st.integers(1, len(whole) - 1).map(lambda step: whole[::step])
    return st.one_of(st.just(whole), steps, numbers.map(lambda chosen: tuple(sorted(chosen))))


@st.composite
def schedules(draw: st.DrawFn, zone: str = "UTC") -> CronSchedule:
    """Any schedule of a zone that is due at least every month that it names."""
    by_day = draw(st.booleans())
    # A day that each month has is among them, so that any months may go with it.
    days = tuple(sorted({*draw(_some(cron.DAY.all)), draw(st.integers(1, 28))})) if by_day else cron.DAY.all
    return CronSchedule(
        minutes=draw(_some(cron.MINUTE.all)),
        hours=draw(_some(cron.HOUR.all)),
        days=days,
        months=draw(_some(cron.MONTH.all)),
        weekdays=cron.EVERY_WEEKDAY if by_day else draw(_some(cron.EVERY_WEEKDAY)),
        zone=zone,
    )

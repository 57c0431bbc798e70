"""How long the last runs took, as the bars of a small chart. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from batchwright_runner.workbench.page.catalog import ShownRun

BAR = 22
"""Pixels from one bar to the next."""
HEIGHT = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A run.

    Attributes:
        run: The run.
        x: The left edge of its bar.
        height: Its height; 0 where it is not known how long it took.
    """

    run: ShownRun
    x: int
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The chart.

    Attributes:
        bars: The runs, the oldest first.
        width: Its width in pixels.
        height: Its height in pixels.
        longest: The seconds of the highest bar.
    """

    bars: tuple[Bar, ...]
    width: int
    height: int
    longest: int


def chart_of(runs: Sequence[ShownRun]) -> Chart | None:
    """The chart of runs; none where it is not known of any how long it took.

    Args:
        runs: The runs, the oldest first.
    """
    longest = max((one.seconds or 0 for one in runs), default=0)
    if not longest:
        return None
    bars = [
        Bar(run=one, x=number * BAR, height=round((one.seconds or 0) / longest * HEIGHT, 1))
        for number, one in enumerate(runs)
    ]
    return Chart(bars=tuple(bars), width=len(runs) * BAR, height=HEIGHT, longest=longest)

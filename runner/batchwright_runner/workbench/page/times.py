"""Where the time of a batch's runs goes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from batchwright_runner.contract.run import Run
from batchwright_runner.host.runs.phases import phases

SHOWN = ("provisioning", "image pull", "starting", "running", "stopping")
PULL = "image pull"
LONG_PULL = 20.0
"""Seconds from which a pull is worth a word."""
PULL_DOMINATES = (
    "pulling the image takes longer than anything else, and Fargate keeps no copy of it: each run pulls all of it. A "
    "smaller image starts sooner: a slim base, build tools left in an earlier stage, layers compressed with zstd"
)


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase of a batch's runs.

    Attributes:
        name: ``image pull``.
        median: Half of the runs took no longer, in seconds.
        worst: The longest, in seconds.
        runs: Of how many runs it is known.
    """

    name: str
    median: float
    worst: float
    runs: int


def times_of(runs: Iterable[Run]) -> list[Mapping[str, float]]:
    """Of each attempt of the runs that have ended, the moments that ECS reports."""
    return [attempt.state.times for run in runs if not run.in_progress for attempt in run.attempts]


def where_time_goes(times: Sequence[Mapping[str, float]]) -> list[Phase]:
    """The phases of runs that have ended, in their order; none where none is known.

    Args:
        times: Of each run the moments that ECS reports, in seconds since 1970.
    """
    took: dict[str, list[float]] = {}
    for one in times:
        for name, seconds in phases(one).items():
            took.setdefault(name, []).append(seconds)
    return [Phase(name, median(took[name]), max(took[name]), len(took[name])) for name in SHOWN if name in took]


def advice(found: Sequence[Phase]) -> str:
    """What to do where the pull dominates; empty where it does not."""
    pull = next((one for one in found if one.name == PULL), None)
    if pull is None or pull.median < LONG_PULL:
        return ""
    others = [one.median for one in found if one.name != PULL]
    return PULL_DOMINATES if all(pull.median >= other for other in others) else ""

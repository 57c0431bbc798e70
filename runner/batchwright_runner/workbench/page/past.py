"""How a batch's last runs went: what is counted of them, a strip of them, and where their time went. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any, Literal

from batchwright_runner.contract.duration import format_duration
from batchwright_runner.contract.last import Last, slow, usual
from batchwright_runner.contract.moments import DAY, iso, shown
from batchwright_runner.contract.run import Run
from batchwright_runner.contract.verdicts import Row, named, word
from batchwright_runner.host.runs.phases import phases

KEPT = 20
"""Runs of a batch that are shown."""
LEVELS = "▁▂▃▄▅▆▇█"
"""The bars of a terminal, the lowest first."""
HIGHEST = 4
"""How many times as long as usual a run with the highest bar takes, unless one took longer."""
_NEITHER = frozenset({Row.OVERLAP, Row.PAUSED, Row.STOPPED_BY_OTHERS})
"""Ends of runs that gave way, or that somebody stopped: they neither succeeded nor failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A run that has ended, as a strip shows it."""

    # When it ended, in ISO 8601, UTC
    ended: str
    kind: Literal["succeeded", "failed", "neither"]
    # How it ended, in a word or two
    word: str
    # How long it took; none where that is not known
    seconds: int | None
    # Its height, from 1 to 8
    level: int = 1

    @property
    def said(self) -> str:
        """All of it in words."""
        took = f", {format_duration(self.seconds)}" if self.seconds else ""
        return f"{shown(self.ended, DAY)}: {self.word}{took}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """How the last runs of a batch ended."""

    # The runs, the oldest first; `KEPT` at most
    bars: Sequence[Bar] = ()
    # When one last ended well, in ISO 8601, UTC; empty where none is known
    last_success: str = ""
    failures_in_row: int = 0
    # Good runs that the two durations are of
    good: int = 0
    usual_seconds: int | None = None
    slow_seconds: int | None = None

    @property
    def strip(self) -> str:
        """A bar for each run, the oldest at the left: ``▂▂▃▂x▂▅``; one that neither succeeded nor failed is a dot."""
        forms = {"failed": "x", "neither": "·"}
        return "".join(forms.get(bar.kind, LEVELS[bar.level - 1]) for bar in self.bars)

    @property
    def words(self) -> str:
        """What a strip shows, without looking at it: ``usually 12m00s, 1 of 7 failed``."""
        failed = sum(bar.kind == "failed" for bar in self.bars)
        took = f"usually {format_duration(self.usual_seconds)}, " if self.usual_seconds else ""
        return f"{took}{failed or 'none'} of {len(self.bars)} failed"

    def to_dict(self) -> dict[str, Any]:
        """For ``--json``; the runs are beside it."""
        names = ("last_success", "failures_in_row", "usual_seconds", "slow_seconds")
        return {name: getattr(self, name) for name in names}


def past_of(runs: Sequence[Run], last: Last) -> Past:
    """How the last runs ended: those that are known, and what the record of the last ends adds."""
    ended = sorted((run for run in runs if not run.in_progress and not run.backfill), key=_end)
    bars = [_bar(run) for run in ended] or _recorded(last)
    good = [bar for bar in bars if bar.kind == "succeeded"]
    lasted = tuple(bar.seconds for bar in good[-KEPT:] if bar.seconds)
    durations = lasted if last.usual_seconds is None else last.durations
    took = usual(durations)
    counted = [bar.kind for bar in reversed(bars) if bar.kind != "neither"]
    failures = counted.index("succeeded") if "succeeded" in counted else len(counted)
    return Past(
        bars=_with_levels(bars[-KEPT:], took),
        last_success=last.succeeded or (good[-1].ended if good else ""),
        failures_in_row=last.failures or failures,
        good=len(last.durations) if last.usual_seconds else len(good),
        usual_seconds=round(took) if took else None,
        slow_seconds=slow(durations),
    )


def _end(run: Run) -> float:
    return run.ended or run.created


def _bar(run: Run) -> Bar:
    seconds = run.seconds(_end(run))
    kind = _kind(run.verdict.row if run.verdict else None, succeeded=run.succeeded)
    return Bar(ended=iso(_end(run)), kind=kind, word=run.last.word, seconds=round(seconds) if seconds else None)


def _kind(row: Row | None, *, succeeded: bool) -> Literal["succeeded", "failed", "neither"]:
    return "succeeded" if succeeded else "neither" if row in _NEITHER else "failed"


def _recorded(last: Last) -> list[Bar]:
    """The one run that a record describes; none where none has ended yet."""
    if not last.ended or not last.verdict:
        return []
    row, code = named(last.verdict)
    kind = _kind(row, succeeded=row is Row.OWN and code == 0)
    return [Bar(ended=last.ended, kind=kind, word=word(row, code), seconds=last.seconds or None)]


def _with_levels(bars: Sequence[Bar], usual: float | None) -> tuple[Bar, ...]:
    """The bars with their heights: a run of the usual length is low, so that a longer one is seen."""
    highest = max([(usual or 0) * HIGHEST, *(bar.seconds or 0 for bar in bars)], default=0) or 1
    return tuple(replace(bar, level=max(1, round((bar.seconds or 0) / highest * len(LEVELS)))) for bar in bars)


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
    """A phase of a batch's runs."""

    # ``image pull``
    name: str
    # Half of the runs took no longer, in seconds
    median: float
    # The longest, in seconds
    worst: float
    runs: int


def where_time_goes(times: Sequence[Mapping[str, float]]) -> list[Phase]:
    """The phases of runs that have ended, in their order; none where none is known.

    `times`: Of each run the moments that ECS reports, in seconds since 1970.
    """
    took: dict[str, list[float]] = {}
    for moments in times:
        for name, seconds in phases(moments).items():
            took.setdefault(name, []).append(seconds)
    return [Phase(name, median(took[name]), max(took[name]), len(took[name])) for name in SHOWN if name in took]


def advice(phases: Sequence[Phase]) -> str:
    """What to do where the pull dominates; empty where it does not."""
    pull = next((phase for phase in phases if phase.name == PULL), None)
    if pull is None or pull.median < LONG_PULL:
        return ""
    others = [phase.median for phase in phases if phase.name != PULL]
    return PULL_DOMINATES if all(pull.median >= time for time in others) else ""

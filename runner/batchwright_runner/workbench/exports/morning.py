"""The look in the morning at what was due and did not run: ``batchwright runs --missed``, by the same scheduler. Pure.

A dead scheduler does not start this look either: it is a job like any other. The watch that AWS keeps does not depend
on it (docs/schedules.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.workbench.exports.job import Job
from batchwright_runner.workbench.exports.settings import fields_of

NAME = "missed_runs"
"""The job's name. No batch has an underscore in its name."""
KEY = "missed_schedule"
"""The key of batchwright.toml that says when."""
SCHEDULE = "0 8 * * *"
"""When, unless the project says so."""
NEVER = "never"

_HOUR = 3600
_DAY = 24 * _HOUR
_LOOKS = 800  # so many are compared: two years and more of daily ones
_FROM = datetime(2026, 1, 1, tzinfo=UTC)  # any day would do, and the text is the same on all days


@dataclass(frozen=True, slots=True)
class Morning:
    """The look."""

    due: CronSchedule
    # How far back it looks: as long as it is from one look to the next, at most
    since: str

    def command(self, runner: str, stage: str, more: str = "") -> str:
        """The command.

        `runner`: what stands in the place of ``batchwright``.
        """
        return f"{runner} runs -s {stage} --missed --since {self.since}{more}"


def morning(jobs: Iterable[Job], scheduler: str, fields: str, zone: str) -> Morning | None:
    """The look of a scheduler; none where it starts no batch of the stage, or the project wants none.

    `fields`: when, as the five fields of a crontab; ``never`` for none, and empty for eight in the morning.
    """
    if fields == NEVER or not any(job.started_by(scheduler) for job in jobs):
        return None
    hint = f"Write five fields, or {NEVER} for no such job"
    due = fields_of(fields or SCHEDULE, f"{scheduler}.{KEY}", zone, hint)
    times = [time.astimezone(UTC) for time in next_times(due, _FROM, _LOOKS)]
    longest = max((later - earlier).total_seconds() for earlier, later in pairwise(times))
    hours = max(1, -(-int(longest) // _HOUR))
    return Morning(due, f"{hours * _HOUR // _DAY}d" if hours % 24 == 0 else f"{hours}h")

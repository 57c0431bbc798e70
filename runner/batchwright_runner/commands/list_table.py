"""The table of ``batchwright list``. Pure."""

from collections.abc import Sequence
from datetime import datetime

from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.times import next_times
from batchwright_runner.contract.sizes import NOBODY

_NONE = "-"


def list_table(manifests: Sequence[BatchManifest], now: datetime) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The head and the rows of the table.

    Where no batch has a schedule or a scheduler, the images stand in their place.

    Args:
        manifests: The batches, one at least.
        now: The time from which on the next due times count. With a time zone.
    """
    if not any(one.schedule or one.scheduler for one in manifests):
        return ("NAME", "OWNER", "IMAGE", "DESCRIPTION"), [
            (one.batch, one.owner, one.image.name or one.image.repository or _NONE, _description(one))
            for one in manifests
        ]
    zones = {one.schedule.rpartition(" ")[2] for one in manifests if one.schedule}
    zone = zones.pop() if len(zones) == 1 else ""
    rows: list[Sequence[str]] = [
        (
            one.batch,
            one.owner,
            one.schedule.rpartition(" ")[0] if zone else one.schedule or _NONE,
            one.scheduler or NOBODY,
            _next(one.schedule, now),
            _description(one),
        )
        for one in manifests
    ]
    rows = [[cell or _NONE for cell in row] for row in rows]
    return ("NAME", "OWNER", "SCHEDULE", "STARTED BY", f"NEXT ({zone})" if zone else "NEXT", "DESCRIPTION"), rows


def _next(schedule: str, now: datetime) -> str:
    """When it is due next, in its own zone; a dash where it has no schedule or the zone is not known here."""
    if not schedule:
        return _NONE
    try:
        return f"{next_times(CronSchedule.from_text(schedule), now)[0]:%Y-%m-%d %H:%M}"
    except ScheduleError:
        return "not known here"


def _description(manifest: BatchManifest) -> str:
    return " ".join(manifest.description.split())

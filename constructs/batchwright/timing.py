"""When a batch is due and who starts it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from batchwright.errors import DeclarationError, unknown, wrong
from batchwright.lookups import is_pending
from batchwright.schedule import Schedule
from batchwright_runner.contract.checks import DESCRIPTION_LIMIT, SCHEDULER
from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.schedules.zones import UTC, check_zone
from batchwright_runner.contract.sizes import AWS, KNOWN_SCHEDULERS, NOBODY

_RUNDECK_UUID = re.compile(r"[A-Za-z0-9_+.-]{1,255}")
"""What Rundeck takes for a job's UUID: usually 36 characters, and any name by which a job was once imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a batch is due, and who starts it."""

    # When, with a zone; ``None`` if it has no schedule
    schedule: CronSchedule | None
    # Who starts it; empty for none
    scheduler: str
    # What the declaration still lacks, in words; empty for nothing
    unfinished: str = ""

    @property
    def by_aws(self) -> bool:
        """Whether AWS starts it."""
        return self.scheduler == AWS

    @property
    def window_seconds(self) -> int:
        """Seconds after a due time within which AWS starts it at some moment; 0 where it does so at once, or others."""
        return 60 * self.schedule.window if self.by_aws and isinstance(self.schedule, Schedule) else 0

    def manifest_fields(self) -> dict[str, Any]:
        """The manifest's fields about it."""
        return {"schedule": str(self.schedule or ""), "scheduler": self.scheduler, "unfinished": self.unfinished}


def timing(
    subject: str,
    schedule: object,
    scheduler: object,
    unfinished: Sequence[str] = (),
    *,
    timezone: str | None,
    usual: str,
) -> Timing:
    """When a batch is due and who starts it, with the stage's values where it does not say.

    `timezone`: the zone of a schedule that has none; empty for UTC, ``None`` where that is not known.
    `usual`: who starts the stage's batches; empty for none.
    """
    if schedule is not None and not isinstance(schedule, CronSchedule):
        raise _not_a_schedule(subject, schedule)
    chosen = usual if scheduler is None else check_scheduler(subject, "scheduler", scheduler)
    if schedule is not None and not schedule.zone:
        if timezone is None:
            problem = (
                f"{str(schedule)!r} was given without a zone, and only the app that deploys the stage knows its zone; "
                "allowed: Schedule(…, zone='Asia/Tokyo'), or timezone='Asia/Tokyo' given to from_deployed"
            )
            raise DeclarationError(subject, "schedule", problem)
        schedule = replace(schedule, zone=timezone or UTC)
    return Timing(schedule=schedule, scheduler=chosen, unfinished=_unfinished(subject, unfinished, chosen))


def _unfinished(subject: str, unfinished: object, scheduler: str) -> str:
    """What a declaration still lacks, in one line; AWS starts no such batch, as what it replaces still runs."""
    if not isinstance(unfinished, list | tuple) or not all(
        isinstance(text, str) and text.strip() and text.isprintable() for text in unfinished
    ):
        raise wrong(subject, "unfinished", unfinished, "a list of what is left to do, ['subnets']")
    if unfinished and scheduler == AWS:
        problem = f"{unfinished[0]!r} is left to do, and scheduler={AWS!r} would start it; allowed: one of the two"
        raise DeclarationError(subject, "unfinished", problem, remedy="delete unfinished= when it is done")
    text = ", ".join(unfinished)
    return text if len(text) <= DESCRIPTION_LIMIT else f"{text[: DESCRIPTION_LIMIT - 1]}…"


def check_scheduler(subject: str, argument: str, scheduler: object) -> str:
    """The scheduler's name; empty for ``nobody``, and where none is given."""
    if scheduler is None:
        return ""
    if scheduler in KNOWN_SCHEDULERS:
        return "" if scheduler == NOBODY else str(scheduler)
    near = [known for known in KNOWN_SCHEDULERS if isinstance(scheduler, str) and _edits(scheduler.lower(), known) <= 2]
    if near or not isinstance(scheduler, str) or not SCHEDULER.fullmatch(scheduler):
        allowed = f"{', '.join(KNOWN_SCHEDULERS)}, or another word of 2 to 30 of a-z, 0-9 and dashes"
        meant = f"; did you mean {' or '.join(near)}? Another word differs from these by three letters" if near else ""
        raise wrong(subject, argument, scheduler, f"{allowed}{meant}")
    return scheduler


def _edits(given: str, known: str) -> int:
    """Letters to insert, to delete or to replace, to make one word of another (Levenshtein)."""
    row = list(range(len(known) + 1))
    for place, letter in enumerate(given, 1):
        before, row[0] = row[0], place
        for column, other in enumerate(known, 1):
            before, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, before + (letter != other))
    return row[-1]


def check_timezone(subject: str, argument: str, timezone: object) -> str:
    """The zone's name; empty where none is given, or the CDK still has to look it up."""
    if timezone is None or is_pending(timezone):
        return ""
    try:
        check_zone(timezone)
    except ScheduleError as error:
        raise DeclarationError(subject, argument, str(error)) from error
    return str(timezone)


def check_rundeck_uuid(
    subject: str, uuids: str | Mapping[str, str] | None, *, stage: str, stages: Collection[str]
) -> str:
    """The UUID of the job in Rundeck that stands for a batch in a stage already; empty where none was given."""
    argument = "rundeck_uuid"
    if isinstance(uuids, str) and len(stages) > 1:
        problem = f"{uuids!r} was given, which would be the job of every stage; write {{{stage!r}: {uuids!r}}}"
        raise DeclarationError(subject, argument, problem)
    by_stage = dict.fromkeys(stages, uuids) if isinstance(uuids, str) else uuids or {}
    for name, uuid in by_stage.items():
        if name not in stages:
            raise unknown(subject, argument, name, stages)
        if not isinstance(uuid, str) or not _RUNDECK_UUID.fullmatch(uuid):
            raise wrong(subject, argument, uuid, "a job's UUID as its file says it, 'uuid: …'")
    return by_stage.get(stage, "")


def _not_a_schedule(subject: str, schedule: object) -> DeclarationError:
    if isinstance(schedule, str):
        return DeclarationError(subject, "schedule", f"{schedule!r} was given; write Schedule.cron({schedule!r})")
    place = type(schedule).__module__
    if place.startswith("aws_cdk"):
        problem = (
            f"a {type(schedule).__name__} of {place} was given; allowed: one of 'from batchwright import Schedule'"
        )
        return DeclarationError(subject, "schedule", problem)
    return wrong(subject, "schedule", schedule, "a Schedule, such as Schedule.daily('02:30')")

"""Sections of batchwright.toml that say what a scheduler's jobs have in common. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule, from_cron
from batchwright_runner.errors import RunnerError

STAGES = "stages"


def section(content: Mapping[str, Any] | None, name: str, stage: str, source: str) -> dict[str, Any]:
    """What a section says for a stage: its own keys, and then those of ``[NAME.stages.STAGE]``.

    `content`: the section, whose keys are known; ``None`` where there is none.
    """
    for path, table in tables_of(content, name).items():
        for key, value in table.items():
            if isinstance(value, str) and (not value.strip() or not value.isprintable()):
                raise RunnerError(f"{source} cannot be used: {path}.{key} must be a string of one line")
    general = dict(content or {})
    own = general.pop(STAGES, {}).get(stage, {})
    return {**general, **own}


def tables_of(content: Mapping[str, Any] | None, name: str) -> dict[str, Mapping[str, Any]]:
    """A section, and those of its stages, by what they are called."""
    whole = content or {}
    return {name: whole, **{f"{name}.{STAGES}.{stage}": own for stage, own in whole.get(STAGES, {}).items()}}


def fields_of(fields: str, name: str, zone: str, hint: str = "") -> CronSchedule:
    """The schedule that a key says in the five fields of a crontab."""
    try:
        return from_cron(fields, zone)
    except ScheduleError as error:
        raise RunnerError(f"{name} cannot be used: {error}", hint=hint) from error

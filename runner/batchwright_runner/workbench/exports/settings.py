"""Sections of batchwright.toml that say what a scheduler's jobs have in common. Pure."""

from collections.abc import Mapping
from typing import Any

from batchwright_runner.contract.schedules.cron import ScheduleError
from batchwright_runner.contract.schedules.schedule import CronSchedule
from batchwright_runner.contract.settings import TOML_KEYS, Key
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.terminal.text import did_you_mean

STAGES = "stages"


def section(said: object, name: str, stage: str, source: str) -> dict[str, Any]:
    """What a section says for a stage: its own keys, and then those of ``[NAME.stages.STAGE]``. All stages are checked.

    Args:
        said: The section; ``None`` where there is none.
        name: What it is called.
        stage: The stage.
        source: The file, for messages.

    Raises:
        RunnerError: A key is unknown, or a text is none.
    """
    keys = TOML_KEYS[name].keys
    general = dict(_checked(said or {}, name, keys, source))
    stages = general.pop(STAGES, {})
    if not isinstance(stages, dict):
        raise RunnerError(f"{source} cannot be used: {name}.{STAGES} must be a table")
    for one, own in stages.items():
        _checked(own, f"{name}.{STAGES}.{one}", keys[STAGES].keys, source)
    return {**general, **stages.get(stage, {})}


def fields_of(said: str, name: str, zone: str, hint: str = "") -> CronSchedule:
    """The schedule that a key says in the five fields of a crontab.

    Args:
        said: The fields.
        name: What the key is called.
        zone: The time zone.
        hint: What else may be written.

    Raises:
        RunnerError: They cannot be read.
    """
    try:
        return CronSchedule.from_cron(said, zone)
    except ScheduleError as error:
        raise RunnerError(f"{name} cannot be used: {error}", hint=hint) from error


def _checked(said: object, name: str, known: Mapping[str, Key], source: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise RunnerError(f"{source} cannot be used: {name} must be a table")
    for key, value in said.items():
        if key not in known:
            raise RunnerError(f"{source} cannot be used: unknown key {name}.{key}", hint=did_you_mean(key, known))
        is_text = known[key].form.get("type") == "string"
        if is_text and (not isinstance(value, str) or not value.strip() or not value.isprintable()):
            raise RunnerError(f"{source} cannot be used: {name}.{key} must be a string of one line")
    return said

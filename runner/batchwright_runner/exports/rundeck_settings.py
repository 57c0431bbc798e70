"""``[rundeck]`` of batchwright.toml: what a project says of its jobs in Rundeck. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.errors import RunnerError
from batchwright_runner.exports.job import Job
from batchwright_runner.exports.rundeck_notification import notification
from batchwright_runner.terminal.text import did_you_mean

SECTION = "rundeck"

_TEXTS = ("project", "group", "nodes", "command")
_KEYS = (*_TEXTS, "notification", "stages")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_PLACES = ("project", "stage", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class RundeckSettings:
    """How a project's jobs are in Rundeck.

    Attributes:
        project: The project in Rundeck; empty where nothing says it.
        group: The group of the jobs, ``batches/{stage}``; ``{project}``, ``{stage}`` and ``{owner}`` are filled in.
        nodes: The filter of the one node that the command runs on; empty for the Rundeck server itself.
        command: What stands in the place of ``batchwright``: ``docker run --rm … batchwright-runner``.
        notification: What Rundeck tells whom, in its own form.
    """

    project: str = ""
    group: str = "{stage}"
    nodes: str = ""
    command: str = "batchwright"
    notification: Mapping[str, Any] = field(default_factory=dict)

    def group_of(self, job: Job) -> str:
        """The group of a batch's job. A slash in an owner's name makes no group of its own."""
        known = {"project": job.project, "stage": job.stage, "owner": job.owner.strip().replace("/", "-")}
        return _PLACEHOLDER.sub(lambda found: known[found[1]], self.group)


def read_settings(said: object, stage: str, source: str) -> RundeckSettings:
    """The settings for a stage: those of ``[rundeck]``, and then those of ``[rundeck.stages.STAGE]``.

    Args:
        said: The section; ``None`` where there is none.
        stage: The stage.
        source: The file, for messages.

    Raises:
        RunnerError: A key is unknown or has another form.
    """
    general = _section(said or {}, SECTION, _KEYS, source)
    stages = general.pop("stages", {})
    if not isinstance(stages, dict):
        raise RunnerError(f"{source} cannot be used: {SECTION}.stages must be a table")
    own = [(name, _section(one, f"{SECTION}.stages.{name}", _KEYS[:-1], source)) for name, one in stages.items()]
    merged = {**general, **dict(own).get(stage, {})}
    return RundeckSettings(**merged)


def _section(said: object, name: str, keys: Sequence[str], source: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise RunnerError(f"{source} cannot be used: {name} must be a table")
    for key, value in said.items():
        if key not in keys:
            raise RunnerError(f"{source} cannot be used: unknown key {name}.{key}", hint=did_you_mean(key, keys))
        if key in _TEXTS and (not isinstance(value, str) or not value.strip() or not value.isprintable()):
            raise RunnerError(f"{source} cannot be used: {name}.{key} must be a string of one line")
    if "group" in said:
        _check_group(said["group"], f"{name}.group", source)
    read = dict(said)
    if "notification" in said:
        read["notification"] = notification(said["notification"], f"{name}.notification", source)
    return read


def _check_group(group: str, name: str, source: str) -> None:
    for place in _PLACEHOLDER.findall(group):
        if place not in _PLACES:
            hint = f"It may hold {', '.join(f'{{{one}}}' for one in _PLACES)}"
            raise RunnerError(f"{source} cannot be used: {name} holds {{{place}}}, which is not known", hint=hint)
    if any(part.strip() in ("", ".", "..") for part in group.split("/")):
        raise RunnerError(f"{source} cannot be used: {name} is {group!r}", hint="Write it as batches/{stage}")

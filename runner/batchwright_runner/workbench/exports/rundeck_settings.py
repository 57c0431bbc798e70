"""``[rundeck]`` of batchwright.toml: what a project says of its jobs in Rundeck. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.errors import RunnerError
from batchwright_runner.workbench.exports.job import Job
from batchwright_runner.workbench.exports.rundeck_notification import notification
from batchwright_runner.workbench.exports.rundeck_runner import runner_command
from batchwright_runner.workbench.exports.settings import STAGES, section

SECTION = "rundeck"

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
        runner_image: The runner's image, with its tag, which one job pulls; empty for a runner that is installed.
        runner_schedule: When it is pulled, as the five fields of a crontab; empty for every half hour.
        missed_schedule: When missed runs are looked for, as the five fields of a crontab; empty for eight in the
            morning, ``never`` for no such job.
        show_result: Whether a job shows a run's result as a table, and hands it on as ``${data.batchwright_code}``.
        notification: What Rundeck tells whom, in its own form.
    """

    project: str = ""
    group: str = "{stage}"
    nodes: str = ""
    command: str = "batchwright"
    runner_image: str = ""
    runner_schedule: str = ""
    missed_schedule: str = ""
    show_result: bool = False
    notification: Mapping[str, Any] = field(default_factory=dict)

    def group_of(self, job: Job) -> str:
        """The group of a batch's job."""
        return self.group_for(job.project, job.stage, job.owner)

    def group_for(self, project: str, stage: str, owner: str) -> str:
        """The group of what an owner has. A slash in an owner's name makes no group of its own."""
        known = {"project": project, "stage": stage, "owner": owner.strip().replace("/", "-")}
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
    found = section(said, SECTION, stage, source)
    whole: Any = said or {}
    stages = {f"{SECTION}.{STAGES}.{one}": own for one, own in whole.get(STAGES, {}).items()}
    for name, own in {SECTION: whole, **stages}.items():
        if "group" in own:
            _check_group(own["group"], f"{name}.group", source)
        if "notification" in own:
            notification(own["notification"], f"{name}.notification", source)
    if "notification" in found:
        found["notification"] = notification(found["notification"], f"{SECTION}.notification", source)
    if "runner_image" in found:
        found.setdefault("command", runner_command(found["runner_image"]))
    return RundeckSettings(**found)


def _check_group(group: str, name: str, source: str) -> None:
    for place in _PLACEHOLDER.findall(group):
        if place not in _PLACES:
            hint = f"It may hold {', '.join(f'{{{one}}}' for one in _PLACES)}"
            raise RunnerError(f"{source} cannot be used: {name} holds {{{place}}}, which is not known", hint=hint)
    if any(part.strip() in ("", ".", "..") for part in group.split("/")):
        raise RunnerError(f"{source} cannot be used: {name} is {group!r}", hint="Write it as batches/{stage}")

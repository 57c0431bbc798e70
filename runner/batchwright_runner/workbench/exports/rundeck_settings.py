"""``[rundeck]`` of batchwright.toml: the settings of a project's jobs in Rundeck, and of the runner in them. Pure.

Each run of a batch is a ``docker run`` of its own: the next one takes the image that was pulled, those in progress keep
theirs, and nothing is restarted.

A trigger's notifications are written as one map, and as a list of maps as soon as some trigger has two of a kind
(rundeck/rundeck, ``JobYAMLFormat.performMapping`` and ``ScheduledExecution.toMap``, 2026-11).
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from batchwright_runner.contract.names import registry_place
from batchwright_runner.contract.schedules.zones import UTC
from batchwright_runner.errors import RunnerError
from batchwright_runner.host.terminal.text import did_you_mean
from batchwright_runner.workbench.exports.job import KEY, section, tables_of

SECTION = "rundeck"
RUNNER_JOB = "runner_image"
"""The job's name. No batch has an underscore in its name."""
RUNNER_SCHEDULE = "*/30 * * * *"
"""When it is pulled, unless the project says so."""
_CONFIG = "/etc/batchwright"

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_PLACES = ("project", "stage", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class RundeckSettings:
    """How a project's jobs are in Rundeck."""

    # The project in Rundeck; empty where none is given
    project: str = ""
    # The group of the jobs, ``batches/{stage}``; ``{project}``, ``{stage}`` and ``{owner}`` are filled in
    group: str = "{stage}"
    # The filter of the one node that the command runs on; empty for the Rundeck server itself
    nodes: str = ""
    # What stands in the place of ``batchwright``: ``docker run --rm … batchwright-runner``
    command: str = "batchwright"
    # The runner's image, with its tag, which one job pulls; empty for a runner that is installed
    runner_image: str = ""
    # When it is pulled, as the five fields of a crontab; empty for every half hour
    runner_schedule: str = ""
    # Whether a job shows a run's result as a table, and hands it on as ``${data.batchwright_code}``
    show_result: bool = False
    notification: Mapping[str, Any] = field(default_factory=dict)
    # The time zone of the schedule by which the image is pulled
    zone: str = UTC

    def group_for(self, project: str, stage: str, owner: str) -> str:
        """The group of what an owner has. A slash in an owner's name makes no group of its own."""
        places = {"project": project, "stage": stage, "owner": owner.strip().replace("/", "-")}
        group = _PLACEHOLDER.sub(lambda match: places[match[1]], self.group)
        if not _is_group(group):
            raise RunnerError(f"owner {owner!r} cannot be exported: the group of its jobs would be {group!r}")
        return group


def read_settings(content: Mapping[str, Any] | None, stage: str, source: str, zone: str = UTC) -> RundeckSettings:
    """The settings for a stage: those of ``[rundeck]``, and then those of ``[rundeck.stages.STAGE]``.

    `content`: the section; ``None`` where there is none.
    """
    settings = section(content, SECTION, stage, source)
    settings.pop(KEY, None)  # every scheduler has this key
    for name, own in tables_of(content, SECTION).items():
        if "group" in own:
            _check_group(own["group"], f"{name}.group", source)
        if "notification" in own:
            notification(own["notification"], f"{name}.notification", source)
    if "notification" in settings:
        settings["notification"] = notification(settings["notification"], f"{SECTION}.notification", source)
    if "runner_image" in settings:
        settings.setdefault("command", runner_command(settings["runner_image"]))
    return RundeckSettings(zone=zone, **settings)


def _check_group(group: str, name: str, source: str) -> None:
    for place in _PLACEHOLDER.findall(group):
        if place not in _PLACES:
            hint = f"It may hold {', '.join(f'{{{place_name}}}' for place_name in _PLACES)}"
            raise RunnerError(f"{source} cannot be used: {name} holds {{{place}}}, which is not known", hint=hint)
    if not _is_group(group):
        raise RunnerError(f"{source} cannot be used: {name} is {group!r}", hint="Write it as batches/{stage}")


def _is_group(group: str) -> bool:
    return all(part.strip() not in ("", ".", "..") for part in group.split("/"))


def runner_command(image: str) -> str:
    """The command that runs the image in the place of ``batchwright``."""
    variables = "-e RD_JOB_EXECID -e RD_JOB_SERVERURL"
    return f"docker run --rm {variables} -v {_CONFIG}:{_CONFIG}:ro {shlex.quote(image)}"


def runner_step(image: str) -> dict[str, Any]:
    """The job's one step: it signs in at ECR, pulls, says what it has now, and removes what no run uses any more."""
    name, host = shlex.quote(image), image.partition("/")[0]
    repository = shlex.quote(image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image)
    lines = ["set -eu"]
    if place := registry_place(host):
        lines += [f"aws ecr get-login-password --region {place[1]} |"]
        lines += [f"  docker login --username AWS --password-stdin {host}"]
    lines += [
        f"docker pull --quiet {name}",
        f"docker image inspect --format '{{{{join .RepoDigests \" \"}}}}' {name}",
        "# What was pulled before, unless a run is still using it.",
        f"docker images --quiet --filter dangling=true {repository} | xargs -r docker rmi >/dev/null 2>&1 || true",
    ]
    return {
        "description": "pull the newest image of the runner",
        "interpreterArgsQuoted": False,
        "script": "\n".join(lines),
        "scriptInterpreter": "/bin/sh",
    }


TRIGGERS = ("onsuccess", "onfailure", "onstart", "onavgduration", "onretryablefailure")
_KINDS = ("email", "urls", "plugin")
_BESIDE_URLS = ("format", "httpMethod")
_PLUGIN = frozenset({"type", "configuration"})

Entry = tuple[str, dict[str, Any]]
"""A notification: its kind, and the map that Rundeck has for it."""


def notification(table: object, name: str, source: str) -> dict[str, Any]:
    """The notifications as Rundeck writes them.

    `table`: the section, in Rundeck's words: trigger to ``email``, ``urls`` or ``plugin``.
    """
    if not isinstance(table, dict):
        raise RunnerError(f"{source} cannot be used: {name} must be a table")
    for trigger in table:
        if trigger not in TRIGGERS:
            problem = f"{source} cannot be used: unknown trigger {name}.{trigger}"
            raise RunnerError(problem, hint=did_you_mean(trigger, TRIGGERS))
    by_trigger = {trigger: _entries(value, f"{name}.{trigger}", source) for trigger, value in table.items()}
    if any(len({kind for kind, _ in entries}) < len(entries) for entries in by_trigger.values()):
        return {trigger: _as_list(entries) for trigger, entries in by_trigger.items()}
    return {
        trigger: {key: part for _, content in entries for key, part in content.items()}
        for trigger, entries in by_trigger.items()
    }


def _entries(value: object, name: str, source: str) -> list[Entry]:
    """A trigger's notifications, one by one."""
    tables = value if isinstance(value, list) else [value]
    entries: list[Entry] = []
    for table in tables:
        if not isinstance(table, dict) or not any(kind in table for kind in _KINDS):
            raise RunnerError(
                f"{source} cannot be used: {name} has no notification", hint=f"It is one of {', '.join(_KINDS)}"
            )
        for key in table:
            if key not in (*_KINDS, *_BESIDE_URLS):
                problem = f"{source} cannot be used: unknown key {name}.{key}"
                raise RunnerError(problem, hint=did_you_mean(key, (*_KINDS, *_BESIDE_URLS)))
        if "email" in table:
            entries.append(("email", {"email": table["email"]}))
        if "urls" in table:
            entries.append(("urls", {key: table[key] for key in ("urls", *_BESIDE_URLS) if key in table}))
        entries += [("plugin", {"plugin": plugin}) for plugin in _plugins(table.get("plugin", []), name, source)]
    return entries


def _plugins(value: Any, name: str, source: str) -> list[dict[str, Any]]:  # noqa: ANN401 - what the file says
    plugins = value if isinstance(value, list) else [value]
    for plugin in plugins:
        if not isinstance(plugin, dict) or not isinstance(plugin.get("type"), str) or plugin.keys() - _PLUGIN:
            hint = 'It has type = "SlackNotification", for example, and a table configuration'
            raise RunnerError(f"{source} cannot be used: {name}.plugin is not a plugin's notification", hint=hint)
    return [{"configuration": {}, **plugin} for plugin in plugins]


def _as_list(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    contents: list[dict[str, Any]] = [content for kind, content in entries if kind != "plugin"]
    all_plugins = [content["plugin"] for kind, content in entries if kind == "plugin"]
    plugins = sorted(all_plugins, key=lambda plugin: str(plugin["type"]))
    return [*contents, {"plugin": plugins}] if plugins else contents

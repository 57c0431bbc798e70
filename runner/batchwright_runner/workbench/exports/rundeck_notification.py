"""The notifications of a job, in the form in which Rundeck itself exports them. Pure.

Rundeck writes a trigger as one map, and as a list of maps as soon as some trigger has two notifications of a kind
(rundeck/rundeck, ``JobYAMLFormat.performMapping`` and ``ScheduledExecution.toMap``, 2026-11).
"""

from collections.abc import Sequence
from typing import Any

from batchwright_runner.errors import RunnerError
from batchwright_runner.host.terminal.text import did_you_mean

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

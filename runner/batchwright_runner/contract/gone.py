"""What was removed, and what to do instead. Each row is one line; both halves read it. Standard library only.

A line is a sentence without its full stop, as hints are. ``tests/test_gone.py`` plays every row.
"""

from collections.abc import Mapping, Sequence

from batchwright_runner.contract.project_pages import with_addresses

COMMANDS: dict[str, str] = {
    "alerts mute": "Pause the batch, declare alerts=False for it, or filter a subscription: docs/alerts.md",
    "alerts preview": "Read what arrives: docs/alerts.md#what-arrives",
    "alerts unmute": "Nothing is muted any more: docs/alerts.md",
    "catalog --format mermaid": "Open Picture in the site, which shows who writes and reads what: docs/catalog.md",
    "export github-actions": "Write a workflow that calls batchwright run: docs/schedules.md#github-actions",
    "export systemd": "Write a timer that calls batchwright run: docs/schedules.md#systemd",
    "image push --commit": "Check the commit out, and push from there: git worktree add ../at COMMIT",
    "new --from copilot": "Read its task definition: docs/moving/crontab-copilot-eventbridge.md",
    "params copy": "Write a loop of params get and params set, as docs/values-and-secrets.md shows",
    "run --verify": "Run batchwright verify first, which exits with 1 if a run would not start",
}
"""What was typed: a verb (``params copy``), a verb and an option (``run --verify``), or that and its value."""

_FILTER = "Give the subscription a filter by the attribute kind: docs/alerts.md#recipes"
_OWNED = "Write slack and emails of the owner, in place of the stage's"
KEYS: dict[str, str] = {
    "cdk.json stages.*.alerts.datadog": "Let Datadog read CloudWatch's metrics: docs/alerts.md#recipes",
    "cdk.json stages.*.alerts.key": "Delete it: the function may use the key of the topic that is given",
    "cdk.json stages.*.alerts.kinds": _FILTER,
    "cdk.json stages.*.alerts.owners.*.channel": _OWNED,
    "cdk.json stages.*.alerts.owners.*.kinds": _FILTER,
    "cdk.json stages.*.alerts.slack.kinds": _FILTER,
    "cdk.json stages.*.alerts.stopped": "Delete it: a run that was stopped with its host is told as failed",
    "batchwright.toml github-actions": "Delete it, and write a workflow: docs/schedules.md#github-actions",
    "batchwright.toml systemd": "Delete it, and write a timer: docs/schedules.md#systemd",
}
"""File and key: ``cdk.json stages.*.alerts.datadog``, below its context; ``batchwright.toml``; ``manifest``."""

NAMES: dict[str, str] = {
    "DeployRole": "Bootstrap the stage with a qualifier of its own, and make CI's role, as docs/ci.md shows",
    "DeployedPlatform": "Write BatchPlatform.from_deployed(…), which makes a BatchPlatform",
    "Place": "Write Environment(account=…, region=…), of aws_cdk",
    "Start": 'Write Fargate(startable="command")',
}
"""What was imported from ``batchwright``."""

ARGUMENTS: dict[str, str] = {
    "Alerts(channel)": "Write slack of its owner, in alerts of the stage: docs/alerts.md",
    "FargateBatch(depends_on)": "Write Sidecar(…, main_waits_for=…), which says what the main container waits for",
    "FargateBatch(retries)": "Write retry=Retry(times=…, on=[…])",
    "FargateBatch(retry_on)": "Write retry=Retry(times=…, on=[…])",
}
"""Class and argument: ``Alerts(channel)``."""

for _rows in (COMMANDS, KEYS, NAMES, ARGUMENTS):
    _rows.update({row: with_addresses(line) for row, line in _rows.items()})


def removed_key(file: str, data: object) -> tuple[str, str] | None:
    """The first removed key that a file has, by its whole name, and what to do instead."""
    for row, line in KEYS.items():
        name, _, path = row.partition(" ")
        found = _found(data, path.split(".")) if name == file else None
        if found is not None:
            return ".".join(found), line
    return None


def _found(data: object, path: Sequence[str]) -> list[str] | None:
    if not path:
        return []
    for name, value in data.items() if isinstance(data, Mapping) else ():
        rest = _found(value, path[1:]) if path[0] in ("*", name) else None
        if rest is not None:
            return [name, *rest]
    return None

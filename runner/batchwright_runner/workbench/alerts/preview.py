"""What would be said of a batch's run, for each channel. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from batchwright_runner.contract.judgment.verdict import verdict
from batchwright_runner.contract.last import Last
from batchwright_runner.contract.manifest import BatchManifest
from batchwright_runner.contract.notices.channels import amazon_q, datadog_event, plain, slack
from batchwright_runner.contract.notices.note import Kind, Notice, note
from batchwright_runner.contract.notices.rules import LINES as LINES_USUAL
from batchwright_runner.contract.notices.rules import Ask
from batchwright_runner.contract.notices.text import log_lines
from batchwright_runner.contract.stop_reasons import advice
from batchwright_runner.contract.verdicts import Row, name
from batchwright_runner.workbench.alerts.samples import LINES, SAMPLES

TASK = "0123456789abcdef0123456789abcdef"
OTHERS: Mapping[str, Kind] = {"recovered": "recovered", "slow": "slow", "missed": "missed"}
"""What may be told beside an end of a row."""
WHEN, BEFORE = "2026-11-24T17:42:10Z", "2026-11-23T17:40:02Z"
MISSED = "It was due at 2026-11-25 02:30 UTC, and no run has ended well since."
UNKNOWN_CHANNEL = "the stage's channel"


def sample_notice(manifest: BatchManifest, row: Row | str, last: Last, ask: Ask) -> Notice:
    """A notice of a batch, as if a run had just ended so.

    Args:
        manifest: The batch.
        row: A row that people are told of, or one of `OTHERS`.
        last: Its last ends, for how long it usually takes and when it last ended well.
        ask: What it asks of its alerts.
    """
    task = f"{manifest.task_definition.partition(':task-definition/')[0]}:task/{_cluster(manifest)}/{TASK}"
    usual = round(last.usual_seconds or 0)
    of = Notice(
        kind="failed",
        stage=manifest.stage,
        region=manifest.region,
        cluster=_cluster(manifest),
        batch=manifest.batch,
        owner=manifest.owner,
        runbook=manifest.runbook,
        run="9f1c2d3e",
        task=task,
        seconds=723,
        usual=usual,
        failures=max(ask.after_failures, last.failures + 1),
        failing_since=last.failing_since or WHEN,
        succeeded=last.succeeded,
        log_group=manifest.log_group,
        stream=f"{manifest.log_stream_prefix}/{manifest.container}/{TASK}",
    )
    if isinstance(row, str):
        return _other(of, OTHERS[row], last)
    ending = replace(SAMPLES[row], container=manifest.container)
    found = verdict(ending)
    return replace(
        of,
        verdict=name(found.row, found.code),
        code=found.code,
        why=found.why,
        advice=advice(found, ending.reason),
        again=found.again,
        lines=_lines(manifest, ask) if ending.began else (),
    )


def _other(of: Notice, kind: Kind, last: Last) -> Notice:
    good = name(Row.OWN, 0)
    if kind == "recovered":
        since = last.failing_since or BEFORE
        return replace(of, kind=kind, verdict=good, failures=max(last.failures, 1), failing_since=since)
    if kind == "slow":
        usual = of.usual or 600
        return replace(of, kind=kind, verdict=good, seconds=3 * usual + 300, usual=usual, failures=0)
    return replace(of, kind=kind, run="", task="", seconds=0, usual=0, failures=0, stream="", why=MISSED)


def _lines(manifest: BatchManifest, ask: Ask) -> tuple[str, ...]:
    ours = manifest.log_group.startswith(f"/{manifest.project}/{manifest.stage}/")
    return log_lines(LINES, LINES_USUAL if ask.lines is None else ask.lines) if ours else ()


def _cluster(manifest: BatchManifest) -> str:
    return manifest.cluster.rpartition("/")[2]


WRITERS: Mapping[str, Callable[[Notice, str, str], str]] = {
    "email": lambda of, _project, _channel: plain(note(of)),
    "chat": lambda of, _project, _channel: _json(amazon_q(of, note(of))),
    "slack": lambda of, _project, channel: _json(slack(of, note(of), channel)),
    "datadog": lambda of, project, _channel: _json(datadog_event(of, note(of), project)),
}
"""Channel to what writes its message: of a notice, for a project, into a Slack channel."""
TITLES = {
    "email": "e-mail, through SNS",
    "chat": "Amazon Q Developer in chat, through SNS",
    "slack": "Slack, chat.postMessage",
    "datadog": "Datadog, an event",
}


def _json(body: object) -> str:
    return json.dumps(body, indent=2, ensure_ascii=False)
